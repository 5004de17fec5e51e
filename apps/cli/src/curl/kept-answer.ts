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

/** How often it is looked what has come. It is what an answer that cannot be right may fill the disk with. */
const LOOK_EVERY_MS = 10;

/** What a check of the head alone comes to where nothing is wrong with it. */
class AsksForContent extends Error {}

/** The request that it must be the answer to. */
interface Asked {
  readonly method: string;
  readonly signed: Signed;
}

/** What curl answers with, in files until it is checked: of its content no more than a part is ever in memory. */
export class KeptAnswer {
  readonly #head: string;
  readonly #content: string;
  readonly #mostBytes: number;
  readonly #early = new AbortController();

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
      ...["--max-filesize", String(this.#mostBytes), "--no-progress-meter", "--no-buffer"],
      ...words,
    ];
  }

  get isTooLong(): boolean {
    return this.#size > this.#mostBytes;
  }

  /** Whether its end was not waited for, since it cannot be right. */
  get isEndedEarly(): boolean {
    return this.#early.signal.aborted;
  }

  /**
   * Ends what receives it once it cannot be right: its head is judged when the first of its content is there, and
   * curl's own limit is for lengths that are said beforehand.
   */
  async within(
    { method, signed }: Asked,
    receive: (signal: AbortSignal) => Promise<number>,
  ): Promise<number> {
    let isJudged = false;
    const look = (): void => {
      if (this.isTooLong) this.#early.abort();
      if (isJudged || this.#size === 0 || !isWhole(this.#readHead())) return;
      isJudged = true;
      void this.#isHeadWrong(method, signed).then((isWrong) => isWrong && this.#early.abort());
    };
    const watch = setInterval(look, LOOK_EVERY_MS);
    try {
      return await receive(this.#early.signal);
    } finally {
      clearInterval(watch);
    }
  }

  /** Why it cannot be believed, for people; undefined where its signature is right. */
  async faultOf({ method, signed }: Asked): Promise<string | undefined> {
    const tooLong = `it has more than ${this.#mostBytes} bytes, which are not checked`;
    const { status, headers } = parseHead(this.#readHead());
    const content = (): StoredContent => {
      if (this.isTooLong) throw new AsksForContent();
      return this.#stored;
    };
    try {
      await signed.check({ method, status, headers, content });
      return undefined;
    } catch (error) {
      if (error instanceof AsksForContent) return tooLong;
      if (!(error instanceof ResponseRefusal)) throw error;
      return `${error.message}. Status ${status}${startOf(await this.#start())}`;
    }
  }

  async #isHeadWrong(method: string, signed: Signed): Promise<boolean> {
    const content = (): never => {
      throw new AsksForContent();
    };
    try {
      await signed.check({ method, ...parseHead(this.#readHead()), content });
      return false;
    } catch (error) {
      return error instanceof ResponseRefusal;
    }
  }

  #readHead(): string {
    return readFileSync(this.#head, "latin1");
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

/** curl writes the last line of a head before the first byte of the content. */
const isWhole = (text: string): boolean => /\r?\n\r?\n/.test(text);

/** The last head: proxies and 100 Continue come before it, trailers behind it. */
function parseHead(text: string): Pick<ResponseToCheck, "status" | "headers"> {
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
