// What the packages publish: each of their doors, as `exports` of their package.json names them.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));

export const LIBRARIES = ["core", "schemes", "stores", "node", "nestjs", "client"];

/** Each door of each package: the name that is imported, and its source. */
export function doors() {
  return LIBRARIES.flatMap((library) => {
    const { name, exports } = JSON.parse(
      readFileSync(join(root, "libs", library, "package.json"), "utf8"),
    );
    return Object.entries(exports).flatMap(([door, { "@lacre/source": source }]) =>
      source === undefined
        ? []
        : [{ name: `${name}${door.slice(1)}`, source: join(root, "libs", library, source) }],
    );
  });
}
