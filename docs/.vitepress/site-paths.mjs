// Where the files of the repository stand on the site. The pages link to each other as files do, so that a repository
// browser can follow their links; the site translates them.
import { existsSync } from "node:fs";
import { join, posix, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";

export const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** What has Markdown in it that is not for readers of the site: globs, relative to the root. */
export const NOT_PAGES = [
  "test/**",
  "scripts/**",
  "{libs,apps}/*/!(README).md", // copies for the tarballs
  "**/src/**",
  "**/fixtures/**",
];
const IS_NOT_PAGE =
  /^(?:test|scripts)\/|^(?:libs|apps)\/\w+\/(?!README\.md$)|(?:^|\/)(?:src|fixtures)\//;

/** Each file that some page links to and that is no page: copied as it is. */
export const linkedFiles = new Set();

/** The page of a Markdown file: `docs/schemes/README.md` → `schemes/index.md`. */
export function pageOf(path) {
  if (path === "README.md") return "index.md";
  if (path === "docs/README.md") return "contents.md";
  if (path.startsWith("docs/")) return path.slice(5).replace(/README\.md$/, "index.md");
  const folder = /([^/]+)\/README\.md$/.exec(path)?.[1];
  if (folder !== undefined) return `packages/${folder}.md`;
  return path.toLowerCase();
}

/** Where a plain file can be read: as text, whatever a server thinks of its name. */
export const fileUrlOf = (path) => `/files/${path}.txt`;

/** Makes every relative link of a Markdown file one of the site. */
export function translateLinks(md) {
  md.core.ruler.push("site_links", ({ tokens, env }) => {
    const from = relative(ROOT, env.realPath ?? env.path)
      .split(sep)
      .join("/");
    for (const { children } of tokens)
      for (const token of children ?? [])
        if (token.type === "link_open") token.attrSet("href", urlOf(token.attrGet("href"), from));
  });
}

function urlOf(link, from) {
  if (/^(?:[a-z][a-z0-9+.-]*:|#|\/)/i.test(link)) return link;
  const [file, heading] = link.split("#");
  const path = posix.join(posix.dirname(from), decodeURI(file));
  const end = heading === undefined ? "" : `#${heading}`;
  if (path.endsWith(".md") && !IS_NOT_PAGE.test(path))
    return `/${pageOf(path).replace(/(?<=^|\/)index\.md$|\.md$/, (is) => (is === ".md" ? ".html" : ""))}${end}`;
  if (!existsSync(join(ROOT, path))) throw new Error(`${from}: ${link} leads nowhere`);
  linkedFiles.add(path);
  return fileUrlOf(path);
}

/** The name of a heading in links, as repository browsers make it. */
export const slugify = (text) =>
  text
    .trim()
    .toLowerCase()
    .replace(/[^\p{L}\p{N} _-]/gu, "")
    .replaceAll(" ", "-");
