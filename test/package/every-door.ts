import { access, readFile, readdir } from "node:fs/promises";
import { dirname, join } from "node:path";

/** A subpath that an installed package publishes. */
export interface Door {
  /** `@lacre/nestjs/swagger` */
  readonly specifier: string;
  /** What its declarations export, types and values. */
  readonly names: readonly string[];
  /** Packages that its declarations import and that are not installed. */
  readonly missing: readonly string[];
}

type Target = string | { readonly [condition: string]: Target };

const SCOPE = "@lacre";

/** Every subpath of every package of ours in a node_modules folder, as their package.json say. */
export async function doorsIn(nodeModules: string): Promise<Door[]> {
  const doors: Door[] = [];
  for (const name of await readdir(join(nodeModules, SCOPE))) {
    const folder = join(nodeModules, SCOPE, name);
    const { exports = {} } = JSON.parse(await readFile(join(folder, "package.json"), "utf8")) as {
      exports?: Record<string, Target>;
    };
    for (const [subpath, target] of Object.entries(exports)) {
      if (subpath === "./package.json") continue;
      const declarations = join(folder, declarationsOf(target));
      const foreign = await foreignImports(declarations);
      doors.push({
        specifier: `${SCOPE}/${name}${subpath.slice(1)}`,
        names: namesIn(await readFile(declarations, "utf8")),
        missing: await missingOf(foreign, nodeModules),
      });
    }
  }
  return doors;
}

/** A program that imports each door, and each name of each, types included. */
export function programOf(doors: readonly Door[]): string {
  const lines = doors.flatMap(({ specifier, names }, index) => [
    `import * as door${index} from "${specifier}";`,
    `export type Door${index} = typeof door${index};`,
    `export type { ${names.map((name) => `${name} as ${name}${index}`).join(", ")} } from "${specifier}";`,
  ]);
  return `${lines.join("\n")}\n`;
}

function declarationsOf(target: Target): string {
  const found = stringsIn(target).find((path) => /\.d\.[cm]?ts$/.test(path));
  if (found === undefined) throw new Error(`no declarations in ${JSON.stringify(target)}`);
  return found;
}

const stringsIn = (target: Target): string[] =>
  typeof target === "string" ? [target] : Object.values(target).flatMap(stringsIn);

function namesIn(declarations: string): string[] {
  const declared = declarations.matchAll(
    /^export (?:declare )?(?:abstract )?(?:interface|type|class|function|const|enum) (\w+)/gm,
  );
  const listed = declarations.matchAll(/^export (?:type )?\{([^}]*)\}/gm);
  return [
    ...[...declared].map(([, name = ""]) => name),
    ...[...listed].flatMap(([, list = ""]) =>
      list.split(",").map((each) => /(\w+)\s*$/.exec(each)?.[1] ?? ""),
    ),
  ].filter((name) => name !== "");
}

/** The packages that declarations import, wherever they do, but for ours. */
async function foreignImports(file: string): Promise<ReadonlySet<string>> {
  const found = new Set<string>();
  const read = new Set<string>();
  const visit = async (path: string): Promise<void> => {
    if (read.has(path)) return;
    read.add(path);
    const text = await readFile(path, "utf8");
    for (const [, specifier = ""] of text.matchAll(/(?:from |import\(|import )"([^"]+)"/g))
      if (specifier.startsWith(".")) await visit(join(dirname(path), asDeclarations(specifier)));
      else if (!specifier.startsWith("node:") && !specifier.startsWith("#"))
        found.add(/^(?:@[^/]+\/)?[^/]+/.exec(specifier)?.[0] ?? specifier);
  };
  await visit(file);
  for (const own of [...found].filter((name) => name.startsWith(`${SCOPE}/`))) found.delete(own);
  return found;
}

const asDeclarations = (path: string): string => path.replace(/\.([cm]?)js$/, ".d.$1ts");

async function missingOf(names: ReadonlySet<string>, nodeModules: string): Promise<string[]> {
  const missing: string[] = [];
  for (const name of names) await access(join(nodeModules, name)).catch(() => missing.push(name));
  return missing;
}
