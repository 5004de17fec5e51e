import { readdirSync } from "node:fs";
import { join, posix } from "node:path";
import { describe, expect, it } from "@jest/globals";
import { brokenLinks, read, ROOT } from "./markdown.js";

const CONTENTS = "docs/README.md";

/** Each line of the contents: the page, and what it is called there. */
const entries = [...read(CONTENTS).matchAll(/^- \[(.+?)\]\((.+?)\)(?:: .+)?$/gm)].map(
  ([, title = "", link = ""]) => ({ title, path: posix.join("docs", link) }),
);

describe(CONTENTS, () => {
  it("lists every file of docs once, a line each", () => {
    const listed = entries.map(({ path }) => path).filter((path) => path.startsWith("docs/"));
    const files = readdirSync(join(ROOT, "docs"), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map(({ parentPath, name }) => posix.relative(ROOT, posix.join(parentPath, name)))
      .filter((path) => !/^docs\/(?:\.vitepress|api)\//.test(path)); // the site, and what it makes
    expect(listed.toSorted()).toEqual(files.filter((path) => path !== CONTENTS).toSorted());
    const lines = read(CONTENTS).split("\n- ").length - 1;
    expect(entries).toHaveLength(lines);
  });

  it("calls each page by its own heading", () => {
    for (const { title, path } of entries.filter(({ path }) => path.endsWith(".md"))) {
      const [heading = ""] = read(path).split("\n", 1);
      expect([path, heading.startsWith(`# ${title}`)]).toEqual([path, true]);
    }
  });

  it("has no link that leads nowhere, and is the last word of the README", () => {
    expect(brokenLinks(CONTENTS)).toEqual([]);
    expect(read("README.md").trimEnd().split("\n").at(-1)).toContain(`](${CONTENTS})`);
  });
});
