/** Up to so many lines are searched from the front, which is faster than a map. */
const FEW_LINES = 32;

/** The header lines of one message as they were sent: every line counts, none hides another. */
export class HeaderLines {
  // Side by side.
  readonly #names: readonly string[];
  readonly #values: readonly string[];
  /** The values by name, where there are so many lines that a search for each of some names would cost. */
  readonly #index: ReadonlyMap<string, readonly string[]> | undefined;
  /** The names that have a `_`, with the `-` that CGI and WSGI read in its place; undefined where none has one. */
  readonly #twins: ReadonlySet<string> | undefined;
  /** What readers made of these lines. */
  #readings: Map<unknown, unknown> | undefined;

  /** @param names in lower case */
  private constructor(names: readonly string[], values: readonly string[]) {
    let twins: Set<string> | undefined;
    for (const name of names)
      if (name.includes("_")) (twins ??= new Set()).add(name.replaceAll("_", "-"));
    this.#names = names;
    this.#values = values;
    this.#twins = twins;
    this.#index = names.length > FEW_LINES ? indexOf(names, values) : undefined;
  }

  /** From a flat list of names and values, as `http.IncomingMessage.rawHeaders` holds them. */
  static fromRaw(raw: readonly string[]): HeaderLines {
    const names: string[] = [];
    const values: string[] = [];
    for (let i = 0; i + 1 < raw.length; i += 2)
      addLine(names, values, raw[i] as string, raw[i + 1] as string);
    return new HeaderLines(names, values);
  }

  /** From pairs of name and value: an array of pairs, a `Headers`, a `Map`. */
  static fromEntries(entries: Iterable<readonly [string, string]>): HeaderLines {
    const names: string[] = [];
    const values: string[] = [];
    for (const [name, value] of entries) addLine(names, values, name, value);
    return new HeaderLines(names, values);
  }

  /** The same lines with one more, in place of any of this name. */
  with(name: string, value: string): HeaderLines {
    const names: string[] = [];
    const values: string[] = [];
    const added = name.toLowerCase();
    for (let i = 0; i < this.#names.length; i++) {
      const known = this.#names[i] as string;
      if (known === added) continue;
      names.push(known);
      values.push(this.#values[i] as string);
    }
    addLine(names, values, added, value);
    return new HeaderLines(names, values);
  }

  /** Whether more than one line has this name (lower case). */
  isRepeated(name: string): boolean {
    if (this.#index !== undefined) return this.all(name).length > 1;
    const at = this.#names.indexOf(name);
    return at >= 0 && this.#names.includes(name, at + 1);
  }

  /** Whether at least one line has this name (lower case). */
  has(name: string): boolean {
    return this.#index === undefined ? this.#names.includes(name) : this.all(name).length > 0;
  }

  /** The value of the only line of this name; undefined when there is none or more than one. */
  only(name: string): string | undefined {
    if (this.#index !== undefined) {
      const values = this.all(name);
      return values.length === 1 ? values[0] : undefined;
    }
    const at = this.#names.indexOf(name);
    return at < 0 || this.#names.includes(name, at + 1) ? undefined : this.#values[at];
  }

  /** The values of all lines of this name, in order of appearance. */
  all(name: string): readonly string[] {
    return this.#index === undefined
      ? this.#values.filter((_, i) => this.#names[i] === name)
      : (this.#index.get(name) ?? []);
  }

  /** Whether some line equals this name only after `_` is read as `-`. */
  hasTwin(name: string): boolean {
    return this.#twins?.has(name) === true;
  }

  /** The names that occur, in lower case, each once. */
  names(): Iterable<string> {
    return new Set(this.#names);
  }

  /**
   * What a reader makes of these lines, made once however often it is asked for. It must depend on nothing else, and be
   * the same function each time. What it throws is not kept.
   */
  readOnce<T>(reader: (lines: HeaderLines) => T): T {
    this.#readings ??= new Map();
    if (!this.#readings.has(reader)) this.#readings.set(reader, reader(this));
    return this.#readings.get(reader) as T;
  }
}

function addLine(names: string[], values: string[], name: string, value: string): void {
  if (name.charCodeAt(0) === COLON) return; // RFC 9113 §8.3: a pseudo-header is no field
  names.push(name.toLowerCase());
  values.push(trimWhiteSpace(value));
}

const COLON = 0x3a;

function indexOf(
  names: readonly string[],
  values: readonly string[],
): ReadonlyMap<string, readonly string[]> {
  const index = new Map<string, string[]>();
  for (const [i, name] of names.entries()) {
    const known = index.get(name);
    if (known === undefined) index.set(name, [values[i] as string]);
    else known.push(values[i] as string);
  }
  return index;
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
