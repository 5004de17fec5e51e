// Plugins of esbuild: which files the program `lacre` comes in, and what is in each.
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const CORE = new URL("../libs/core/src/", import.meta.url);
const DOORS = { "@lacre/core": "index.ts", "@lacre/core/scheme": "scheme.ts" };

/** Where each name of a door is written. */
async function readDoor(file) {
  const code = await readFile(new URL(file, CORE), "utf8");
  const places = new Map();
  for (const [, names, from] of code.matchAll(/^export \{([^}]*)\} from "\.\/([^"]+)\.js";/gm))
    for (const name of namesIn(names)) places.set(name, fileURLToPath(new URL(`${from}.ts`, CORE)));
  return places;
}

/** Those that are values. */
const namesIn = (list) =>
  list.split(",").flatMap((each) => /^\s*(?!type\s)(\w+)\s*$/.exec(each)?.[1] ?? []);

/** What signing by LACRE1 needs. */
const TO_SIGN = ["keygen", "sign", "presign", "curl"].map((name) => `commands/${name}`);

/**
 * What is loaded only where it is asked for comes in two parts, that for signing and that for all else: Node takes longer
 * to find ten files than to read one of their size.
 * @param folder of the sources
 */
export const inTwoParts = (folder) => ({
  name: "in-two-parts",
  async setup(build) {
    const commands = (await readdir(join(folder, "commands"))).map(
      (name) => `commands/${name.replace(/\.ts$/, "")}`,
    );
    const parts = {
      "to-sign": ["profile", ...TO_SIGN],
      "all-else": [
        "schemes",
        "shown-scheme",
        ...commands.filter((each) => !TO_SIGN.includes(each)),
      ],
    };
    build.onResolve({ filter: /^\.{1,2}\// }, ({ path, resolveDir, kind }) => {
      if (kind !== "dynamic-import") return undefined;
      const file = join(resolveDir, path).replace(/\.js$/, "");
      const named = Object.keys(parts).find((part) =>
        parts[part].some((each) => join(folder, each) === file),
      );
      return named && { path: named, namespace: "part" };
    });
    build.onLoad({ filter: /.*/, namespace: "part" }, ({ path }) => ({
      contents: parts[path].map((file) => `export * from "./${file}.js";`).join("\n"),
      resolveDir: folder,
    }));
  },
});

/**
 * The program imports from the files of the core that it needs, not through the core's doors. Whatever comes
 * through a door counts as needing all that anybody needs of it, and would be loaded for a command that needs little.
 * @param folder of the sources in question
 */
export const withoutDoors = (folder) => ({
  name: "without-doors",
  async setup(build) {
    const doors = new Map();
    for (const [door, file] of Object.entries(DOORS)) doors.set(door, await readDoor(file));
    build.onLoad({ filter: /\.ts$/ }, async ({ path }) => {
      if (!path.startsWith(folder)) return undefined;
      const code = await readFile(path, "utf8");
      const contents = code.replace(
        /^(?:im|ex)port \{([^}]*)\} from "(@lacre\/core(?:\/scheme)?)";/gm,
        (statement, names, door) =>
          namesIn(names)
            .map(
              (name) =>
                `${statement.slice(0, 6)} { ${name} } from ${JSON.stringify(placeOf(doors, door, name))};`,
            )
            .join(" "),
      );
      return { contents, loader: "ts" };
    });
  },
});

function placeOf(doors, door, name) {
  const place = doors.get(door).get(name);
  if (place === undefined) throw new Error(`${door} has no ${name} of a file of its own`);
  return place;
}

/** commander runs programs for commands that are files of their own. There are none, and what runs them takes time to load. */
export const commanderWithoutPrograms = {
  name: "commander-without-programs",
  setup: (build) =>
    build.onLoad({ filter: /\bcommander\/lib\/command\.js$/ }, async ({ path }) => ({
      contents: (await readFile(path, "utf8")).replace(
        "require('node:child_process')",
        "undefined",
      ),
    })),
};
