/** How much is said of one outage. */
const MOST_SAID = 5;

/** Says each thing once for each outage. */
export class OutageLog {
  readonly #said = new Set<string>();

  /** Says it, unless it was said of this outage, or enough else was. */
  once(what: string, say: () => void): void {
    if (this.#said.has(what) || this.#said.size >= MOST_SAID) return;
    this.#said.add(what);
    say();
  }

  /** The outage is over: of one thing, or all of it. */
  over(what?: string): void {
    if (what === undefined) this.#said.clear();
    else this.#said.delete(what);
  }
}
