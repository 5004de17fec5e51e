// Reads the built site as a browser does: every link leads to a page or a file that is there, every anchor to a place in
// it, and no page loads anything from elsewhere. `npm run docs:build` ends with this.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, posix, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";

const dist = fileURLToPath(new URL("../docs/.vitepress/dist", import.meta.url));

const files = readdirSync(dist, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile())
  .map(({ parentPath, name }) => relative(dist, join(parentPath, name)).split(sep).join("/"));
const read = (file) => readFileSync(join(dist, file), "utf8");
const unescaped = (text) =>
  text.replaceAll("&quot;", '"').replaceAll("&lt;", "<").replaceAll("&amp;", "&");
const valuesOf = (html, pattern) =>
  [...html.matchAll(pattern)].map(([, value]) => unescaped(value));

const pages = new Map(
  files
    .filter((file) => file.endsWith(".html"))
    .map((file) => {
      const html = read(file);
      return [
        file,
        {
          anchors: new Set(valuesOf(html, /\sid="([^"]*)"/g)),
          links: valuesOf(html, /<a\s[^>]*?href="([^"]*)"/g),
          loads: [
            ...valuesOf(html, /<(?:script|img|iframe|source)\s[^>]*?src="([^"]*)"/g),
            ...valuesOf(html, /<link\s[^>]*?href="([^"]*)"/g),
          ],
        },
      ];
    }),
);

const IS_ELSEWHERE = /^(?:[a-z][a-z0-9+.-]*:)?\/\//i;

function faultOf(file, link) {
  if (/^(?:https?|mailto):/.test(link)) return undefined;
  const { pathname, hash } = new URL(link, `http://site/${file}`);
  const path = decodeURI(pathname.slice(1));
  const target = path === "" || path.endsWith("/") ? `${path}index.html` : path;
  const page = pages.get(target);
  if (page === undefined && !existsSync(join(dist, target))) return "leads nowhere";
  if (hash.length > 1 && page?.anchors.has(decodeURIComponent(hash.slice(1))) !== true)
    return "has an anchor that is not there";
  return undefined;
}

/** Each fault once, with the first page that has it: what is in the navigation is on all of them. */
const faults = new Map();
const report = (fault, file) => faults.has(fault) || faults.set(fault, file);

for (const [file, { links, loads }] of pages) {
  for (const link of links) {
    const fault = faultOf(file, link);
    if (fault !== undefined) report(`${link} ${fault}`, file);
  }
  for (const url of loads) if (IS_ELSEWHERE.test(url)) report(`loads ${url}`, file);
}
for (const file of files.filter((each) => posix.extname(each) === ".css"))
  for (const url of valuesOf(read(file), /(?:url\(|@import\s*)["']?([^"')]+)/g))
    if (IS_ELSEWHERE.test(url)) report(`loads ${url}`, file);
if (pages.size === 0) report("has no pages; npm run docs:build makes them", dist);

for (const [fault, file] of faults) console.error(`${file}: ${fault}`);
console.log(`${pages.size} pages, ${faults.size} faults`);
process.exitCode = faults.size === 0 ? 0 : 1;
