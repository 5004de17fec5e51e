// The navigation: the table of contents, docs/README.md, which a test holds complete, and the reference, docs/api, which
// scripts/docs-api.mjs has written before.
import { readFileSync } from "node:fs";
import { join, posix } from "node:path";
import { pageOf, ROOT } from "./site-paths.mjs";

/** A section of more entries than this is closed until one of its pages is open. */
const LONG_SECTION = 10;

export function sidebar() {
  return [...sectionsOf(readFileSync(join(ROOT, "docs/README.md"), "utf8")), reference()];
}

/** Each heading of the second level, with the pages that are listed below it. */
function sectionsOf(contents) {
  const [, ...sections] = contents.split(/^## /m);
  return sections.map((section) => {
    const [text] = section.split("\n", 1);
    const items = [...section.matchAll(/^- \[(.+?)\]\((.+?\.md)\)/gm)].map(([, title, link]) => ({
      text: title,
      link: `/${pageOf(posix.join("docs", link))}`,
    }));
    return { text, items, collapsed: items.length > LONG_SECTION };
  });
}

/** The doors, by package, as the index of the reference names them. */
function reference() {
  const index = readFileSync(join(ROOT, "docs/api/index.md"), "utf8");
  const doors = [...index.matchAll(/^- \[(.+?)\]\((.+?)\)/gm)].map(([, text, link]) => ({
    text,
    link: `/api/${link}`,
  }));
  const byPackage = new Map(doors.map(({ text }) => [packageOf(text), []]));
  for (const door of doors) byPackage.get(packageOf(door.text)).push(door);
  const items = [...byPackage].map(([text, items]) =>
    items.length === 1 ? items[0] : { text, items, collapsed: true },
  );
  return { text: "API reference", link: "/api/", items, collapsed: true };
}

const packageOf = (door) => door.split("/", 2).join("/");
