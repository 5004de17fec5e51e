// Copies into a package what its tarball has of the whole project: the changelog, and what is named behind the command.
// npm runs it in the folder of the package. `node ../../scripts/prepack.mjs docs/errors.md`
import { readFileSync, writeFileSync } from "node:fs";
import { basename } from "node:path";

const ROOT = new URL("../", import.meta.url);
const { homepage } = JSON.parse(readFileSync("package.json", "utf8"));

for (const path of ["CHANGELOG.md", ...process.argv.slice(2)]) {
  const text = readFileSync(new URL(path, ROOT), "utf8");
  // What a link names is not in the tarball.
  const base = homepage.replace("#readme", "/blob/main/");
  writeFileSync(basename(path), text.replaceAll(/\]\((?![a-z]+:|#)/g, `](${base}`));
}
