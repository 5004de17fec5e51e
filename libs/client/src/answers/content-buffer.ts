import { ResponseRefusal } from "@lacre/core/portable";

/** The error for an answer that has more content than is held in memory to check it. */
export const tooLarge = (limit: number): ResponseRefusal =>
  new ResponseRefusal(
    "content-too-large",
    `the answer has more than ${limit} bytes, and is checked in memory: raise maxAnswerBytes if it may be so long`,
  );

/** By how much memory grows within a limit: what is left behind at a step is an eighth of what there is then. */
const GROWTH = 8;
/** How many bytes are reserved in advance, at most. */
const RESERVE_BYTES = 2 ** 30;

/**
 * Content that arrives piece by piece, copied into one piece of memory: there is never much more of it than there are
 * bytes, however small the pieces are.
 */
export class ContentBuffer {
  readonly #limit: number;
  #memory: Uint8Array<ArrayBuffer>;
  #byteLength = 0;

  /**
   * @param limit how many bytes it takes; Infinity for any number
   * @param declared how many are expected. What is not filled takes no memory: systems give it page by page.
   */
  constructor(limit: number, declared = 0) {
    this.#limit = limit;
    this.#memory = new Uint8Array(Math.min(limit, declared, RESERVE_BYTES));
  }

  /** @throws ResponseRefusal beyond the limit */
  add(piece: Uint8Array): void {
    const end = this.#byteLength + piece.byteLength;
    if (end > this.#limit) throw tooLarge(this.#limit);
    if (end > this.#memory.byteLength) this.#grow(end);
    this.#memory.set(piece, this.#byteLength);
    this.#byteLength = end;
  }

  /** All of it; the memory behind it may be longer. */
  get bytes(): Uint8Array<ArrayBuffer> {
    return this.#memory.subarray(0, this.#byteLength);
  }

  #grow(needed: number): void {
    const filled = this.bytes;
    const wanted = Math.max(needed, filled.byteLength + this.#further(filled.byteLength));
    this.#memory = new Uint8Array(Math.min(this.#limit, wanted));
    this.#memory.set(filled);
  }

  #further(byteLength: number): number {
    if (this.#limit === Infinity) return Math.min(byteLength, RESERVE_BYTES);
    // All of it at once where it is near: a last step would leave nearly all behind.
    const isNear = byteLength * GROWTH * GROWTH > this.#limit;
    return Math.min(isNear ? this.#limit : byteLength * (GROWTH - 1), RESERVE_BYTES);
  }
}
