/** The header lines of one message as they were sent: every line counts, none hides another. */
export class HeaderLines {
  readonly #values = new Map<string, string | string[]>();
  /** Names with a `_`, as they read once CGI or WSGI has turned it into `-`. Nearly always empty. */
  readonly #twins: string[] = [];

  private constructor() {}

  /** From a flat list of names and values, as `http.IncomingMessage.rawHeaders` holds them. */
  static fromRaw(raw: readonly string[]): HeaderLines {
    const lines = new HeaderLines();
    for (let i = 0; i + 1 < raw.length; i += 2) lines.#add(raw[i] as string, raw[i + 1] as string);
    return lines;
  }

  /** From pairs of name and value: an array of pairs, a `Headers`, a `Map`. */
  static fromEntries(entries: Iterable<readonly [string, string]>): HeaderLines {
    const lines = new HeaderLines();
    for (const [name, value] of entries) lines.#add(name, value);
    return lines;
  }

  /** The same lines with one more, in place of any of this name. */
  with(name: string, value: string): HeaderLines {
    const lines = HeaderLines.fromEntries(this.#entries(name));
    lines.#add(name, value);
    return lines;
  }

  *#entries(except: string): Iterable<[string, string]> {
    for (const name of this.names())
      if (name !== except) for (const value of this.all(name)) yield [name, value];
  }

  #add(rawName: string, rawValue: string): void {
    const name = rawName.toLowerCase();
    if (name.startsWith(":")) return; // RFC 9113 §8.3: a pseudo-header is no field
    const value = trimWhiteSpace(rawValue);
    const before = this.#values.get(name);
    if (before === undefined) {
      this.#values.set(name, value);
      if (name.includes("_")) this.#twins.push(name.replaceAll("_", "-"));
    } else if (typeof before === "string") this.#values.set(name, [before, value]);
    else before.push(value);
  }

  /** How many lines have this name (lower case). */
  count(name: string): number {
    const value = this.#values.get(name);
    return value === undefined ? 0 : typeof value === "string" ? 1 : value.length;
  }

  /** Whether at least one line has this name (lower case). */
  has(name: string): boolean {
    return this.#values.has(name);
  }

  /** The value of the only line of this name; undefined when there is none or more than one. */
  only(name: string): string | undefined {
    const value = this.#values.get(name);
    return typeof value === "string" ? value : undefined;
  }

  /** The values of all lines of this name, in order of appearance. */
  all(name: string): readonly string[] {
    const value = this.#values.get(name);
    return value === undefined ? [] : typeof value === "string" ? [value] : value;
  }

  /** Whether some line equals this name only after `_` is read as `-`. */
  hasTwin(name: string): boolean {
    return this.#twins.length > 0 && this.#twins.includes(name);
  }

  /** The names that occur, in lower case, each once. */
  names(): Iterable<string> {
    return this.#values.keys();
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
