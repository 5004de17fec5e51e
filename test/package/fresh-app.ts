import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { freePort } from "../support/postgres-server.js";
import { finish, strangersEnvironment } from "./packed.js";

export type NestMajor = 11 | 12;

const CLI: Readonly<Record<NestMajor, string>> = {
  11: "@nestjs/cli@11",
  12: "@nestjs/cli@12.0.8",
};

type Variables = Readonly<Record<string, string>>;

/** Packages by their place below node_modules, with their versions. */
type Installed = ReadonlyMap<string, string>;

/** An application as `nest new` makes it; nothing in it is written by us but what the tests add. */
export class FreshApp {
  private constructor(
    readonly nest: NestMajor,
    readonly folder: string,
  ) {}

  /**
   * Generates it and installs what it asks for.
   * @param into the folder in which its folder is made
   */
  static async generate(nest: NestMajor, into: string): Promise<FreshApp> {
    const name = `nest-${nest}`;
    const flags = ["--skip-git", "--package-manager", "npm", "--skip-install"];
    await outputOf(into, "npx", ["-y", CLI[nest], "new", name, ...flags]);
    const app = new FreshApp(nest, join(into, name));
    await app.install();
    await app.install(); // npm takes out what it judges to be too much only when it is called again
    return app;
  }

  /**
   * `npm install`, in one command.
   * @returns what npm says, and which packages came, as `name@version`
   */
  async install(...what: string[]): Promise<{ output: string; added: string[] }> {
    const before = await this.#installed();
    const flags = ["--no-audit", "--no-fund", "--prefer-offline"];
    const output = await outputOf(this.folder, "npm", ["install", ...flags, ...what]);
    const known = new Set(identities(before));
    const added = identities(await this.#installed()).filter((each) => !known.has(each));
    return { output, added: [...new Set(added)].toSorted() };
  }

  /** `npm run test:e2e`; what it printed. */
  async npm(args: readonly string[], env: Variables = {}): Promise<string> {
    return outputOf(this.folder, "npm", args, env);
  }

  /** A program that is installed in it: `tsc`; what it printed. */
  async tool(name: string, ...args: string[]): Promise<string> {
    return outputOf(this.folder, join(this.folder, "node_modules", ".bin", name), args);
  }

  /** One of its files, in plain Node; what it printed. */
  async node(args: readonly string[], env: Variables = {}): Promise<string> {
    return outputOf(this.folder, process.execPath, args, env);
  }

  /** What npm finds wrong with what is installed. */
  async problems(): Promise<string[]> {
    const { stdout } = await finish(this.folder, "npm", ["ls", "--all", "--json"]).catch(
      (error: Error) => error.cause as { stdout: string }, // it fails where there are any
    );
    return (JSON.parse(stdout) as { problems?: string[] }).problems ?? [];
  }

  async read(file: string): Promise<string> {
    return readFile(join(this.folder, file), "utf8");
  }

  async write(files: Readonly<Record<string, string>>): Promise<void> {
    for (const [name, text] of Object.entries(files))
      await writeFile(join(this.folder, name), text);
  }

  /** Changes a file as its author would: each text, which stands there once, by another. */
  async edit(file: string, ...changes: readonly [RegExp | string, string][]): Promise<void> {
    let text = await this.read(file);
    for (const [from, to] of changes) {
      if (text.split(from).length !== 2)
        throw new Error(`${file} does not have ${String(from)} once:\n${text}`);
      text = text.replace(from, () => to);
    }
    await this.write({ [file]: text });
  }

  /** Starts what was built, on a free port. */
  async start(env: Variables = {}): Promise<RunningApp> {
    const port = await freePort();
    return RunningApp.start(this.folder, { ...env, PORT: String(port) }, port);
  }

  async #installed(): Promise<Installed> {
    try {
      const lock = await this.read("node_modules/.package-lock.json");
      const { packages } = JSON.parse(lock) as { packages: Record<string, { version: string }> };
      return new Map(Object.entries(packages).map(([path, { version }]) => [path, version]));
    } catch {
      return new Map(); // nothing is installed yet
    }
  }
}

/** The application in a process of its own, as `npm run start:prod` starts it. */
export class RunningApp {
  #log = "";

  private constructor(
    private readonly process: ChildProcess,
    readonly url: string,
  ) {
    for (const stream of [process.stdout, process.stderr])
      stream?.on("data", (text: Buffer) => (this.#log += text.toString("utf8")));
  }

  static async start(cwd: string, env: Variables, port: number): Promise<RunningApp> {
    const child = spawn(process.execPath, ["dist/main"], {
      cwd,
      env: { ...strangersEnvironment(), ...env },
    });
    const app = new RunningApp(child, `http://localhost:${port}`);
    try {
      await app.#untilReady();
    } catch (error) {
      await app.stop();
      throw error;
    }
    return app;
  }

  /** What it has printed so far. */
  get log(): string {
    return this.#log;
  }

  async stop(): Promise<void> {
    if (this.process.exitCode !== null || this.process.signalCode !== null) return;
    this.process.kill();
    await once(this.process, "exit");
  }

  async #untilReady(): Promise<void> {
    const end = Date.now() + 30_000;
    while ((await fetch(this.url).catch(() => undefined)) === undefined) {
      if (this.process.exitCode !== null || Date.now() > end)
        throw new Error(`the application did not start:\n${this.#log}`);
      await wait(20);
    }
  }
}

/** `name@version` of each package, without where it lies. */
function identities(installed: Installed): string[] {
  return [...installed].map(
    ([path, version]) => `${path.replace(/^.*node_modules\//, "")}@${version}`,
  );
}

/** What the program printed, on both streams. */
async function outputOf(
  cwd: string,
  program: string,
  args: readonly string[],
  env: Variables = {},
): Promise<string> {
  const { stdout, stderr } = await finish(cwd, program, args, { ...env, NO_COLOR: "1" });
  return stdout + stderr;
}
