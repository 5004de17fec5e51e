import { describe, expect, it } from "@jest/globals";
import { readApp, Refusal, REFUSAL_CODES, RESPONSE_FAULTS } from "@lacre/core";
import { ROUTE_OPTIONS } from "@lacre/node";
import { signFetch } from "@lacre/client";
import { HMAC_MODULE_OPTIONS } from "../../libs/nestjs/src/hmac.options.js";
import { REFUSAL_NOTES } from "../../apps/cli/src/refusal-notes.js";
import { brokenLinks, firstColumn, read } from "./markdown.js";

const PATH = "docs/errors.md";

/** The text below a heading, to the next one. */
function below(heading: string): string {
  const [, rest = ""] = read(PATH).split(`\n${heading}\n`);
  return rest.split(/^#/m, 1)[0] as string;
}

/** The names that a message lists: what is known where a stranger is refused. */
function listedBy(act: () => unknown): string[] {
  try {
    act();
  } catch (error) {
    const [, names = ""] = /(?:Options|Known): (.*)\.$/.exec((error as Error).message) ?? [];
    return names.split(", ");
  }
  throw new Error("nothing was refused");
}

describe(PATH, () => {
  it("explains every code of the closed list, in its order, and no other", () => {
    const [codes = ""] = read(PATH).split("\n## Wrong configuration\n");
    const headings = [...codes.matchAll(/^### (.+)$/gm)].map(([, heading]) => heading);
    expect(headings).toEqual([...REFUSAL_CODES]);
  });

  it.each(REFUSAL_CODES)("says of %s what the table that programs show says", (code) => {
    const { means, callerSaw, causes, cure } = REFUSAL_NOTES[code];
    expect(below(`### ${code}`)).toBe(`
${means}

- **Caller saw:** ${callerSaw}
- **Usual causes:** ${causes.join("; ")}.
- **What to do:** ${cure}

`);
  });

  it.each(REFUSAL_CODES)("says of %s the status, and all in whole sentences", (code) => {
    const { means, callerSaw, causes, cure } = REFUSAL_NOTES[code];
    expect(means).toMatch(/^[A-Z].+\.$/);
    expect(callerSaw.startsWith(String(new Refusal(code).status))).toBe(true);
    for (const cause of causes) expect(cause).toMatch(/^[^\n;]+[^.;]$/);
    expect(cure).toMatch(/^.+\.$/);
  });

  it("names every option, and no other", () => {
    const strange = { stranger: 1 } as never;
    expect(firstColumn(PATH, "### Options of the module and the gate").toSorted()).toEqual(
      Object.keys(HMAC_MODULE_OPTIONS).toSorted(),
    );
    expect(firstColumn(PATH, "### Options of a route")).toEqual(Object.keys(ROUTE_OPTIONS));
    expect(firstColumn(PATH, "### Records of apps")).toEqual(listedBy(() => readApp(strange, [])));
    expect(firstColumn(PATH, "### Options of clients")).toEqual(
      listedBy(() => signFetch(fetch, strange)),
    );
  });

  it("names every fault of an answer, and no other", () => {
    const rows = [
      ...below("## Answers that a client does not believe").matchAll(/^\| `([a-z-]+)`/gm),
    ];
    expect(rows.map(([, fault]) => fault)).toEqual([...RESPONSE_FAULTS]);
  });

  it("links to nothing but itself, since it is published without the other pages", () => {
    expect(brokenLinks(PATH)).toEqual([]);
    expect(read(PATH)).not.toMatch(/\]\((?!#)/);
  });

  it("is published with the package that the log names", () => {
    const manifest = JSON.parse(read("libs/core/package.json")) as {
      name: string;
      files: string[];
      scripts: { prepack: string };
    };
    expect(manifest.name).toBe("@lacre/core");
    expect(manifest.files).toContain("errors.md");
    expect(manifest.scripts.prepack).toBe("node ../../scripts/prepack.mjs docs/errors.md");
  });
});
