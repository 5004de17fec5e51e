import { programOf, type Door } from "./every-door.js";
import type { FreshApp, NestMajor } from "./fresh-app.js";

/** How a compiler finds modules: options that stand in place of those of the fresh application. */
export interface Resolution {
  readonly module: string;
  readonly moduleResolution: string;
  /** In which kinds of module the program is written. */
  readonly extensions: readonly string[];
  /** Doors whose peers have no declarations for it themselves. */
  readonly without?: readonly string[];
}

/** Where each kind of module reads declarations of its own. */
export const NODE_16: Resolution = {
  module: "node16",
  moduleResolution: "node16",
  extensions: ["ts", "mts"],
};

const SINCE_NODE_16: readonly Resolution[] = [
  NODE_16,
  { module: "nodenext", moduleResolution: "nodenext", extensions: ["ts", "mts", "cts"] },
  { module: "esnext", moduleResolution: "bundler", extensions: ["ts"] },
];

const NODE_10: Resolution = {
  module: "commonjs",
  moduleResolution: "node10",
  extensions: ["ts"],
  without: ["@lacre/client/got"],
};

/** The compiler of a fresh Nest 12 takes node10 only under protest. */
export const RESOLUTIONS: Readonly<Record<NestMajor, readonly Resolution[]>> = {
  11: [NODE_10, ...SINCE_NODE_16],
  12: SINCE_NODE_16,
};

/**
 * Compiles a program that imports all of the doors, with the declarations of all packages read.
 * @returns what the compiler says of the program and of our declarations; what it says of others' is theirs
 */
export async function complaintsOf(
  app: FreshApp,
  doors: readonly Door[],
  { module, moduleResolution, extensions, without = [] }: Resolution,
): Promise<string[]> {
  const files = extensions.map((extension) => `doors.${extension}`);
  const program = programOf(doors.filter(({ specifier }) => !without.includes(specifier)));
  const compilerOptions = {
    module,
    moduleResolution,
    skipLibCheck: false,
    // Whoever has these reads our declarations more strictly than we do.
    strictNullChecks: true,
    exactOptionalPropertyTypes: true,
    noEmit: true,
    incremental: false,
    rootDir: "..",
    // Only those who know of package.json's exports may say that they read them.
    resolvePackageJsonExports: moduleResolution === "node10" ? null : true,
  };
  const config = { extends: "../tsconfig.json", compilerOptions, files, include: [] };
  // Its build leaves the folder of its tests out.
  await app.write({
    ...Object.fromEntries(files.map((file) => [`test/${file}`, program])),
    "test/tsconfig.doors.json": JSON.stringify(config),
  });
  const said = await app.tool("tsc", "-p", "test/tsconfig.doors.json", "--pretty", "false").then(
    () => "",
    (error: unknown) => String(error),
  );
  if (said !== "" && !said.includes("error TS")) throw new Error(said);
  return said
    .split("\n")
    .filter((line) => line.includes("error TS"))
    .filter((line) => !/^node_modules\/(?!@lacre\/)/.test(line));
}
