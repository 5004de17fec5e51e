/** Shorter texts would be found everywhere. */
const SHORTEST_SECRET = 8;
/** A header's whole value may be shorter: a PIN, for one. */
const SHORTEST_VALUE = 4;

/** The first bytes of an answer, as text that a log and a database can keep. */
export class AnswerText {
  readonly #most: number;
  readonly #secrets: readonly string[];
  readonly #chunks: Buffer[] = [];
  #bytes = 0;

  /**
   * @param most how many bytes are kept
   * @param secrets what a receiver might repeat, and no log may hold: all of it, and each of its parts
   * @param values of headers that the endpoint has of its own: the same, and short ones and numbers too
   */
  constructor(most: number, secrets: readonly string[], values: readonly string[] = []) {
    this.#most = most;
    const parts = [...secrets, ...values]
      .flatMap((secret) => [secret, ...secret.split(/[\s,;=:_"\\]/)])
      .filter((secret) => secret.length >= SHORTEST_SECRET && !/^\d+$/.test(secret));
    const whole = values
      .flatMap((value) => [value, JSON.stringify(value).slice(1, -1)])
      .filter((value) => value.length >= SHORTEST_VALUE);
    this.#secrets = [...parts, ...whole].toSorted((a, b) => b.length - a.length);
  }

  take(chunk: Buffer): void {
    if (this.#bytes >= this.#read) return;
    const part = chunk.subarray(0, this.#read - this.#bytes);
    this.#chunks.push(part);
    this.#bytes += part.length;
  }

  /** Null where nothing is kept. */
  get text(): string | null {
    if (this.#most === 0 || this.#bytes === 0) return null;
    const whole = Buffer.concat(this.#chunks).toString();
    // As many characters as there were, so that nothing moves into what is kept.
    const clean = this.#secrets.reduce(
      (text, secret) => text.replaceAll(secret, "*".repeat(secret.length)),
      whole,
    );
    const shown = Buffer.from(clean).subarray(0, this.#most).toString();
    return shown.replaceAll(/[^\P{C}\n\t]/gu, " ").replace(/\ufffd+$/, "");
  }

  /** Beyond what is kept, so that a secret which the end would cut is found whole. */
  get #read(): number {
    const [longest = ""] = this.#secrets;
    return this.#most === 0 ? 0 : this.#most + Buffer.byteLength(longest);
  }
}
