import { spawnSync } from "node:child_process";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { transformSync, type Options } from "@swc/core";
import type { DynamicModule, INestApplication } from "@nestjs/common";
import { NestFactory } from "@nestjs/core";
import { blocksOf, ROOT, type Block } from "./markdown.js";

/** Text of a document, and what stands in its place while it runs: a free port, for one. */
export type Replacements = Readonly<Record<string, string>>;

/**
 * A folder with the code of one document in it, where every package of the project can be found. TypeScript is
 * compiled with the options of .swcrc; a block whose first line is a file's name can be imported by others.
 */
export class Workshop {
  readonly folder: string;
  readonly blocks: readonly Block[];

  constructor(path: string, replacements: Replacements = {}) {
    const cache = join(ROOT, "node_modules", ".cache");
    mkdirSync(cache, { recursive: true });
    this.folder = mkdtempSync(join(cache, "lacre-docs-"));
    this.blocks = blocksOf(path).filter(({ kind }) => kind === "ts" || kind === "js");
    writeFileSync(join(this.folder, "package.json"), '{ "type": "module" }');
    for (const { file, code, kind } of this.blocks) {
      const source = Object.entries(replacements).reduce(
        (text, [from, to]) => text.replaceAll(from, to),
        code,
      );
      this.#write(file, kind === "ts" ? source : exportingAll(source));
      if (kind === "ts") this.#write(file.replace(/ts$/, "js"), exportingAll(compile(source)));
    }
  }

  #write(file: string, text: string): void {
    const path = join(this.folder, file);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  }

  /**
   * What the type-checker says of the document's TypeScript; empty when it has nothing to say.
   * @param options of the compiler, further ones
   */
  typeErrors(options: Readonly<Record<string, unknown>> = {}): string {
    const tsconfig = join(this.folder, "tsconfig.json");
    writeFileSync(
      tsconfig,
      JSON.stringify({
        extends: relative(this.folder, join(ROOT, "tsconfig.json")),
        // A document shows what it speaks of, and need not use it.
        compilerOptions: { noUnusedLocals: false, noUnusedParameters: false, ...options },
        include: [],
        files: this.blocks.filter(({ kind }) => kind === "ts").map(({ file }) => file),
      }),
    );
    const tsc = join(ROOT, "node_modules", ".bin", "tsc");
    const done = spawnSync(tsc, ["-p", tsconfig], {
      encoding: "utf8",
      shell: process.platform === "win32",
    });
    return done.status === 0 ? "" : `${done.stdout}${done.stderr}`;
  }

  /**
   * Runs a file of the document. What it gives: its top-level names.
   * @param anew runs it once more, alone, for each other text
   */
  async run(file: string, anew = ""): Promise<Record<string, unknown>> {
    if (!this.blocks.some((block) => block.file === file))
      throw new Error(`no block is called ${file}: ${this.blocks.map((each) => each.file).join()}`);
    const path = join(this.folder, file.replace(/ts$/, "js"));
    const query = anew === "" ? "" : `?${encodeURIComponent(anew)}`;
    return (await import(`${path}${query}`)) as Record<string, unknown>;
  }

  close(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

const OPTIONS = JSON.parse(readFileSync(join(ROOT, ".swcrc"), "utf8")) as Options;

function compile(source: string): string {
  return transformSync(source, { ...OPTIONS, swcrc: false, sourceMaps: false }).code;
}

/** So that a test can reach, and end, what a document starts: its top-level constants and classes. */
function exportingAll(code: string): string {
  const names = [...code.matchAll(/^(?:const|let|class) (\w+)/gm)].map(([, name]) => name);
  const exported = [...code.matchAll(/^export \{(.*)\}/gm)].flatMap(([, list = ""]) =>
    list.split(",").map((name) => name.trim()),
  );
  const hidden = names.filter((name) => !exported.includes(name as string));
  return hidden.length === 0 ? code : `${code}\nexport { ${hidden.join(", ")} };\n`;
}

/** Starts an application of these modules only, which reads and checks all their options. */
export async function boot(...imports: DynamicModule[]): Promise<void> {
  const app = await NestFactory.create({ module: class Docs {}, imports } as never, {
    logger: false,
    abortOnError: false,
  });
  await app.init();
  await app.close();
}

/** The modules that a block exports. */
export const modulesIn = (names: Record<string, unknown>): DynamicModule[] =>
  Object.values(names).filter(
    (value): value is DynamicModule =>
      typeof value === "object" && value !== null && "module" in value,
  );

export const portOf = (app: unknown): number =>
  ((app as INestApplication).getHttpServer().address() as AddressInfo).port;

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
