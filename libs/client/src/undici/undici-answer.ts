import type { Duplex } from "node:stream";
import type { HeaderEntry } from "@lacre/core";
import type { Dispatcher } from "undici";
import { ContentBuffer } from "../answers/content-buffer.js";
import { linesOf, linesOfRaw } from "../header-lines.js";
import type { OpenAnswer } from "../send.js";
import { Turns } from "../turns.js";

type Handler = Dispatcher.DispatchHandler;
type Controlled = Dispatcher.DispatchController;
export type ParsedHeaders = Parameters<NonNullable<Handler["onResponseStart"]>>[2];

/** What an answer begins with. */
export type Head = { readonly status: number; readonly headers: ParsedHeaders } & (
  | { readonly is: "response"; readonly message: string | undefined }
  | { readonly is: "upgrade"; readonly socket: Duplex }
);

/** How far undici has come with the content. */
type Source =
  | { readonly is: "arriving" }
  | { readonly is: "complete"; readonly trailers: ParsedHeaders }
  | { readonly is: "failed"; readonly error: Error };

/** What becomes of the answer. */
type Fate =
  | { readonly is: "undecided" | "discarded" | "over" }
  /** The handler is told the head, then the content. */
  | { readonly is: "accepted" | "telling"; readonly to: Handler };

/** How much of an answer is kept before it is known what becomes of it, and read of one that nobody wants. */
const KEPT_BYTES = 65_536;

/** The answer to one attempt: held until it is known what becomes of it. */
export class UndiciAnswer implements OpenAnswer {
  readonly #front: Controlled;
  readonly #controller: Controlled;
  readonly #head: Head;
  readonly #turns = new Turns();
  #source: Source = { is: "arriving" };
  #fate: Fate = { is: "undecided" };
  #held: Buffer[] = [];
  #bytes = 0;
  /** What is held to be checked; until somebody asks for it, undici is paused beyond what is kept. */
  #content: ContentBuffer | undefined;
  /** Whoever waits for more, or for the end. */
  #changed = (): void => {};
  readonly headers: readonly HeaderEntry[];

  /**
   * @param front what the handler is given as a controller
   * @param controller undici's own, for this attempt
   */
  constructor(front: Controlled, controller: Controlled, head: Head) {
    this.#front = front;
    this.#controller = controller;
    this.#head = head;
    this.headers = linesSent(controller, head);
    if (head.is === "upgrade") this.end({}); // what follows is not an answer
  }

  get status(): number {
    return this.#head.status;
  }

  async content(limit: number, declared?: number): Promise<Uint8Array> {
    this.#content = new ContentBuffer(limit, declared);
    for (const chunk of this.#held.splice(0)) this.#hold(chunk);
    if (this.#source.is === "arriving") this.#controller.resume();
    while (this.#source.is === "arriving") await this.#change();
    if (this.#source.is === "failed") throw this.#source.error;
    this.#source = { is: "complete", trailers: {} }; // trailers are not signed
    const { bytes } = this.#content;
    this.#content = undefined;
    const { buffer, byteOffset, byteLength } = bytes;
    this.#held = byteLength === 0 ? [] : [Buffer.from(buffer, byteOffset, byteLength)];
    return bytes;
  }

  async *beginning(): AsyncGenerator<Uint8Array> {
    for (let told = 0; ;) {
      while (told < this.#held.length) yield this.#held[told++] as Buffer;
      if (this.#source.is !== "arriving") return;
      await this.#change();
    }
  }

  discard(): void {
    this.#fate = { is: "discarded" };
    this.#held = [];
    this.#content = undefined;
    if (this.#source.is === "arriving") this.#controller.resume(); // to its end, if that is near: the connection can then be used again
  }

  /** Tells the handler the answer, as fast as it listens. */
  handOn(to: Handler): void {
    this.#fate = { is: "accepted", to };
    this.flush();
  }

  // What undici tells.

  push(chunk: Buffer): void {
    if (this.#fate.is === "over" || this.#source.is !== "arriving") return;
    this.#bytes += chunk.byteLength;
    if (this.#fate.is === "discarded") {
      if (this.#bytes > KEPT_BYTES) this.#controller.abort(new Error("nobody reads this answer"));
      return;
    }
    this.#hold(chunk);
    this.#changed();
    this.flush();
  }

  end(trailers: ParsedHeaders): void {
    this.#settle({ is: "complete", trailers });
  }

  fail(error: Error): void {
    this.#settle({ is: "failed", error });
  }

  // What the caller's controller asks for.

  /** Tells what there is to tell. A handler may call back at any step of it. */
  flush(): void {
    this.#turns.take(() => {
      const fate = this.#fate;
      if (fate.is !== "accepted" && fate.is !== "telling") return;
      try {
        if (fate.is === "accepted") this.#tellHead(fate.to);
        this.#tellContent(fate.to);
      } catch (error) {
        this.#giveUp(fate.to, error as Error);
      }
    });
  }

  /** Stops an answer that nobody will hear to its end. */
  abort(reason: Error): void {
    this.#controller.abort(reason);
    // An upgraded connection is the caller's once the caller has been told of it.
    if (this.#head.is === "upgrade" && this.#fate.is !== "over") this.#head.socket.destroy();
  }

  #hold(chunk: Buffer): void {
    if (this.#content === undefined) {
      this.#held.push(chunk);
      if (this.#fate.is === "undecided" && this.#bytes > KEPT_BYTES) this.#controller.pause();
      return;
    }
    try {
      this.#content.add(chunk);
    } catch (error) {
      this.#content = undefined;
      this.fail(error as Error);
    }
  }

  async #change(): Promise<void> {
    await new Promise<void>((resolve) => (this.#changed = resolve));
  }

  #settle(source: Source): void {
    this.#source = source;
    this.#changed();
    this.flush();
  }

  #tellHead(to: Handler): void {
    const { status, headers } = this.#head;
    if (this.#head.is === "upgrade") {
      this.#fate = { is: "over" };
      to.onRequestUpgrade?.(this.#front, status, headers, this.#head.socket);
    } else {
      this.#fate = { is: "telling", to };
      to.onResponseStart?.(this.#front, status, headers, this.#head.message);
    }
  }

  #tellContent(to: Handler): void {
    while (!this.#front.paused && this.#held.length > 0 && this.#fate.is !== "over") {
      const chunk = this.#held.shift() as Buffer; // also where nobody wants it
      to.onResponseData?.(this.#front, chunk);
    }
    if (this.#fate.is === "over") return;
    if (this.#source.is === "failed") this.#giveUp(to, this.#source.error);
    else if (this.#front.paused) this.#controller.pause();
    else if (this.#source.is === "arriving") this.#controller.resume();
    else this.#tellEnd(to, this.#source.trailers);
  }

  #tellEnd(to: Handler, trailers: ParsedHeaders): void {
    this.#fate = { is: "over" };
    try {
      to.onResponseEnd?.(this.#front, trailers);
    } catch (error) {
      to.onResponseError?.(this.#front, error as Error);
    }
  }

  #giveUp(to: Handler, error: Error): void {
    if (this.#fate.is === "over") return;
    this.#fate = { is: "over" };
    this.#held = [];
    this.#controller.abort(error);
    to.onResponseError?.(this.#front, error);
  }
}

/** The header lines as they were sent; before 7.1 undici gives them parsed alone. */
function linesSent({ rawHeaders }: Controlled, { headers }: Head): readonly HeaderEntry[] {
  return Array.isArray(rawHeaders)
    ? linesOfRaw(rawHeaders.map((part: Buffer | string) => latin1(part)))
    : linesOf(headers);
}

const latin1 = (part: Buffer | string): string =>
  typeof part === "string" ? part : part.toString("latin1");
