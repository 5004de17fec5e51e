import { execFile } from "node:child_process";
import { mkdir, readdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const root = fileURLToPath(new URL("../..", import.meta.url));
const tool = (name: string): string => join(root, "node_modules", ".bin", name);

/** Runs a program to its end, as a user of npm would; its output, also when it fails. */
export async function run(cwd: string, program: string, ...args: string[]): Promise<string> {
  // npm hands its own settings down to what it runs; a user's npm has none of them.
  const env = Object.fromEntries(
    Object.entries(process.env).filter(
      ([name]) => !/^(?:npm_(?!config_)|NODE_OPTIONS$)/.test(name),
    ),
  );
  try {
    const { stdout } = await promisify(execFile)(program, args, { cwd, env, maxBuffer: 2 ** 26 });
    return stdout;
  } catch (error) {
    const { stdout, stderr, message } = error as Error & { stdout?: string; stderr?: string };
    throw new Error(`${message}\n${stdout ?? ""}\n${stderr ?? ""}`, { cause: error });
  }
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
