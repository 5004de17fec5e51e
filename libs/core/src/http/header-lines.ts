/** The header lines of one message as they were sent: every line counts, none hides another. */
export class HeaderLines {
  // Side by side and searched from the front: for the ten or so lines of a request that is faster than a map.
  readonly #names: readonly string[];
  readonly #values: readonly string[];
  /** Whether some name has a `_`, which CGI and WSGI read as `-`. */
  readonly #hasUnderscores: boolean;

  private constructor(flat: readonly string[]) {
    const names: string[] = [];
    const values: string[] = [];
    let hasUnderscores = false;
    for (let i = 0; i + 1 < flat.length; i += 2) {
      const name = (flat[i] as string).toLowerCase();
      if (name.startsWith(":")) continue; // RFC 9113 §8.3: a pseudo-header is no field
      names.push(name);
      values.push(trimWhiteSpace(flat[i + 1] as string));
      if (name.includes("_")) hasUnderscores = true;
    }
    this.#names = names;
    this.#values = values;
    this.#hasUnderscores = hasUnderscores;
  }

  /** From a flat list of names and values, as `http.IncomingMessage.rawHeaders` holds them. */
  static fromRaw(raw: readonly string[]): HeaderLines {
    return new HeaderLines(raw);
  }

  /** From pairs of name and value: an array of pairs, a `Headers`, a `Map`. */
  static fromEntries(entries: Iterable<readonly [string, string]>): HeaderLines {
    return new HeaderLines([...entries].flat());
  }

  /** The same lines with one more, in place of any of this name. */
  with(name: string, value: string): HeaderLines {
    const kept = this.#names.flatMap((known, i) =>
      known === name ? [] : [known, this.#values[i] as string],
    );
    return new HeaderLines([...kept, name, value]);
  }

  /** Whether more than one line has this name (lower case). */
  isRepeated(name: string): boolean {
    const at = this.#names.indexOf(name);
    return at >= 0 && this.#names.includes(name, at + 1);
  }

  /** Whether at least one line has this name (lower case). */
  has(name: string): boolean {
    return this.#names.includes(name);
  }

  /** The value of the only line of this name; undefined when there is none or more than one. */
  only(name: string): string | undefined {
    const at = this.#names.indexOf(name);
    return at < 0 || this.#names.includes(name, at + 1) ? undefined : this.#values[at];
  }

  /** The values of all lines of this name, in order of appearance. */
  all(name: string): readonly string[] {
    return this.#values.filter((_, i) => this.#names[i] === name);
  }

  /** Whether some line equals this name only after `_` is read as `-`. */
  hasTwin(name: string): boolean {
    return (
      this.#hasUnderscores &&
      this.#names.some((other) => other !== name && other.replaceAll("_", "-") === name)
    );
  }

  /** The names that occur, in lower case, each once. */
  names(): Iterable<string> {
    return new Set(this.#names);
  }
}

const isWhiteSpace = (code: number): boolean => code === 0x20 || code === 0x09;

// RFC 9110 §5.5: SP and HTAB around a value are not part of it. `trim()` would take more than that.
function trimWhiteSpace(value: string): string {
  let start = 0;
  let end = value.length;
  while (start < end && isWhiteSpace(value.charCodeAt(start))) start++;
  while (end > start && isWhiteSpace(value.charCodeAt(end - 1))) end--;
  return start === 0 && end === value.length ? value : value.slice(start, end);
}
