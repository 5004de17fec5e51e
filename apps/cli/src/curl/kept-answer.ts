import { createHash } from "node:crypto";
import { createReadStream, createWriteStream, readFileSync, statSync } from "node:fs";
import { open, readFile } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { ResponseRefusal, type ResponseToCheck, type StoredContent } from "@lacre/core";
import { UsageError } from "../exit.js";
import type { Output } from "../io.js";
import type { Signed } from "../signing.js";
import { writeAll } from "../write-all.js";

/** Longer answers are not checked: the disk may be small. */
const MAX_BYTES = 1024 * 1024 * 1024;

/** How often it is looked whether it has become longer. */
const LOOK_EVERY_MS = 100;

/** What curl answers with, in files until it is checked: of its content no more than a part is ever in memory. */
export class KeptAnswer {
  readonly #head: string;
  readonly #content: string;
  readonly #mostBytes: number;

  /** @param folder which holds no other */
  constructor(folder: string, mostBytes = MAX_BYTES) {
    this.#head = join(folder, "answer-head");
    this.#content = join(folder, "answer");
    this.#mostBytes = mostBytes;
  }

  /** The command with which curl keeps it. `--disable` counts only as the first. */
  keepingIt([disable = "", ...words]: readonly string[]): string[] {
    return [
      disable,
      ...["--dump-header", this.#head, "--output", this.#content],
      // Of an answer that says its length curl then reads nothing.
      ...["--max-filesize", String(this.#mostBytes), "--no-progress-meter"],
      ...words,
    ];
  }

  get isTooLong(): boolean {
    return this.#size > this.#mostBytes;
  }

  /** Ends what receives it once it is too long: curl's own limit is for lengths that are said beforehand. */
  async within(receive: (signal: AbortSignal) => Promise<number>): Promise<number> {
    const tooLong = new AbortController();
    const watch = setInterval(() => this.isTooLong && tooLong.abort(), LOOK_EVERY_MS);
    try {
      return await receive(tooLong.signal);
    } finally {
      clearInterval(watch);
    }
  }

  /** Why it cannot be believed, for people; undefined where its signature is right. */
  async faultOf(method: string, signed: Signed): Promise<string | undefined> {
    if (this.isTooLong) return `it has more than ${this.#mostBytes} bytes, which are not checked`;
    const { status, headers } = readHead(readFileSync(this.#head, "latin1"));
    try {
      await signed.check({ method, status, headers, content: () => this.#stored });
      return undefined;
    } catch (error) {
      if (!(error instanceof ResponseRefusal)) throw error;
      return `${error.message}. Status ${status}${startOf(await this.#start())}`;
    }
  }

  /**
   * Hands the content on.
   * @param path the file that it goes to; the output unless given
   * @throws UsageError where it cannot be written
   */
  async writeTo(path: string | undefined, output: Output): Promise<void> {
    try {
      if (path !== undefined) await pipeline(this.#chunks(), createWriteStream(path));
      else for await (const chunk of this.#chunks()) if (!(await writeAll(output, chunk))) return;
    } catch (error) {
      throw new UsageError(`The answer cannot be written: ${(error as Error).message}.`);
    }
  }

  get #stored(): StoredContent {
    return {
      byteLength: this.#size,
      bytes: async () => (this.#size === 0 ? new Uint8Array() : readFile(this.#content)),
      digest: async (algorithm, encoding) => {
        const hash = createHash(algorithm);
        for await (const chunk of this.#chunks()) hash.update(chunk);
        return hash.digest(encoding);
      },
    };
  }

  /** curl makes no file of nothing. */
  get #size(): number {
    return statSync(this.#content, { throwIfNoEntry: false })?.size ?? 0;
  }

  async *#chunks(): AsyncGenerator<Buffer> {
    if (this.#size > 0) yield* createReadStream(this.#content) as AsyncIterable<Buffer>;
  }

  async #start(): Promise<Buffer> {
    if (this.#size === 0) return Buffer.alloc(0);
    const file = await open(this.#content);
    try {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(100), 0, 100, 0);
      return buffer.subarray(0, bytesRead);
    } finally {
      await file.close();
    }
  }
}

/** The last head: proxies and 100 Continue come before it, trailers behind it. */
function readHead(text: string): Pick<ResponseToCheck, "status" | "headers"> {
  const heads = text.split(/\r?\n\r?\n/).filter((block) => block.startsWith("HTTP/"));
  const [line = "", ...fields] = (heads.at(-1) ?? "").split(/\r?\n/);
  return {
    status: Number(/^HTTP\/\S+ (\d{3})/.exec(line)?.[1] ?? 0),
    headers: fields.map((field) => {
      const colon = field.indexOf(":");
      return [field.slice(0, colon), field.slice(colon + 1).trim()] as const;
    }),
  };
}

/** Its first bytes, as nothing that a terminal would act on. */
function startOf(content: Buffer): string {
  if (content.length === 0) return ", without content";
  const start = content.toString("latin1").replace(/[^\x20-\x7e]/g, ".");
  return `; its content begins with ${JSON.stringify(start)}`;
}
