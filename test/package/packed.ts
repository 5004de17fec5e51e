import { execFile } from "node:child_process";
import { mkdir, readdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const root = fileURLToPath(new URL("../..", import.meta.url));
const tool = (name: string): string => join(root, "node_modules", ".bin", name);

/** The environment of a user's shell: npm and jest hand their own settings down to what they run. */
export function strangersEnvironment(): NodeJS.ProcessEnv {
  const ours = /^(?:npm_(?!config_)|NODE_OPTIONS$|NODE_ENV$|JEST_)/;
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !ours.test(name)));
}

/**
 * Runs a program to its end, in a user's shell.
 * @param env further variables
 * @throws with its whole output where it fails
 */
export async function finish(
  cwd: string,
  program: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
): Promise<{ stdout: string; stderr: string }> {
  const options = { cwd, env: { ...strangersEnvironment(), ...env }, maxBuffer: 2 ** 26 };
  try {
    return await promisify(execFile)(program, args, options);
  } catch (error) {
    const { stdout, stderr, message } = error as Error & { stdout?: string; stderr?: string };
    throw new Error(`${message}\n${stdout ?? ""}\n${stderr ?? ""}`, { cause: error });
  }
}

/** The same; what it printed on stdout. */
export async function run(cwd: string, program: string, ...args: string[]): Promise<string> {
  return (await finish(cwd, program, args)).stdout;
}

/**
 * Builds packages and packs them, as for npm.
 * @param folders those of the packages: `libs/core`
 * @param into where the tarballs go
 * @returns the tarballs' paths
 */
export async function pack(folders: readonly string[], into: string): Promise<string[]> {
  const projects = folders.flatMap((folder) =>
    (folder.startsWith("apps/")
      ? ["tsconfig.app.json"]
      : ["tsconfig.lib.json", "tsconfig.commonjs.json"]
    ).map((name) => join(folder, name)),
  );
  await run(root, tool("tsc"), "-b", ...projects);
  await run(root, process.execPath, "scripts/dist.mjs");
  const workspaces = folders.flatMap((folder) => ["--workspace", folder]);
  await run(root, "npm", "pack", "--pack-destination", into, ...workspaces);
  return (await readdir(into))
    .filter((name) => name.endsWith(".tgz"))
    .map((name) => join(into, name));
}

/** Somebody else's package: strict, outside of this repository, with nothing but the tarballs installed in it. */
export class StrangersPackage {
  readonly folder: string;

  private constructor(folder: string) {
    this.folder = folder;
  }

  /**
   * @param files sources by name
   * @throws where the tarballs need what the registry alone has
   */
  static async create(
    folder: string,
    files: Readonly<Record<string, string>>,
    tarballs: readonly string[],
  ): Promise<StrangersPackage> {
    const manifest = { name: "stranger", version: "1.0.0", private: true, type: "module" };
    const compilerOptions = {
      target: "es2023",
      lib: ["es2023"],
      module: "nodenext",
      strict: true,
      noUncheckedIndexedAccess: true,
      exactOptionalPropertyTypes: true,
      skipLibCheck: false, // so that the declarations of the tarballs are read too
      declaration: true,
      typeRoots: [join(root, "node_modules", "@types")],
      types: ["node"],
      outDir: "dist",
    };
    const all = {
      ...files,
      "package.json": JSON.stringify(manifest),
      "tsconfig.json": JSON.stringify({
        compilerOptions,
        files: Object.keys(files).filter((name) => name.endsWith(".ts")),
      }),
    };
    for (const [name, text] of Object.entries(all)) {
      await mkdir(dirname(join(folder, name)), { recursive: true });
      await writeFile(join(folder, name), text);
    }
    await run(folder, "npm", "install", "--offline", "--no-audit", "--no-fund", ...tarballs);
    return new StrangersPackage(folder);
  }

  /** @throws with what the compiler says */
  async compile(): Promise<void> {
    await run(this.folder, tool("tsc"), "-p", "tsconfig.json");
  }

  /** Runs one of its compiled files with plain Node; what it prints. */
  async run(file: string): Promise<string> {
    return run(this.folder, process.execPath, join("dist", file));
  }
}
