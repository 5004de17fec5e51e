/*
 * Structured field values (RFC 9651): dictionaries, lists and items, parsed and serialised. All but display strings,
 * which are younger than what is signed with them here.
 */

/** A value without parameters. Of bytes, the base64 that stands between the colons, strict and with its padding. */
export type BareItem =
  | { readonly type: "string" | "token" | "bytes"; readonly value: string }
  | { readonly type: "integer" | "decimal" | "date"; readonly value: number }
  | { readonly type: "boolean"; readonly value: boolean };

/** What stands behind a `;`, in the order sent. */
type Parameters = ReadonlyMap<string, BareItem>;

/** A value with its parameters. */
export interface Item {
  readonly item: BareItem;
  readonly parameters: Parameters;
}

/** `(a b c)` with its parameters. */
export interface InnerList {
  readonly items: readonly Item[];
  readonly parameters: Parameters;
}

export type Member = Item | InnerList;
export type Dictionary = ReadonlyMap<string, Member>;

/**
 * `as-sent` is the parser of RFC 9651 §4.2. `one-spelling` also refuses what that one mends without a word: a key that
 * comes twice, of which the last would win, and a number with zeros that it does not need.
 */
type Strictness = "as-sent" | "one-spelling";

/** Members, items and parameters of one field together: as many as RFC 9651 §3.1 has every parser take of members. */
const MAX_PARTS = 1024;

/** Reads a dictionary (RFC 9651 §4.2.2); undefined for what is none. */
export function parseDictionary(text: string, strictness: Strictness): Dictionary | undefined {
  return parseWhole(text, strictness, (scanner) => scanner.dictionary());
}

/** Reads a list (RFC 9651 §4.2.1); undefined for what is none. */
export function parseList(text: string, strictness: Strictness): readonly Member[] | undefined {
  return parseWhole(text, strictness, (scanner) => scanner.list());
}

/** Reads an item (RFC 9651 §4.2.3); undefined for what is none. */
export function parseItem(text: string, strictness: Strictness): Item | undefined {
  return parseWhole(text, strictness, (scanner) => scanner.item());
}

export const isInnerList = (member: Member): member is InnerList => "items" in member;

/** Writes a dictionary (RFC 9651 §4.1.2). */
export function serialiseDictionary(dictionary: Dictionary): string {
  return Array.from(dictionary, ([key, member]) =>
    !isInnerList(member) && member.item.value === true
      ? key + serialiseParameters(member.parameters)
      : `${key}=${serialiseMember(member)}`,
  ).join(", ");
}

/** Writes a list (RFC 9651 §4.1.1). */
export function serialiseList(list: readonly Member[]): string {
  return list.map(serialiseMember).join(", ");
}

/** Writes an item or an inner list, with its parameters (RFC 9651 §4.1.1.1, §4.1.3). */
export function serialiseMember(member: Member): string {
  const value = isInnerList(member)
    ? `(${member.items.map(serialiseMember).join(" ")})`
    : serialiseBareItem(member.item);
  return value + serialiseParameters(member.parameters);
}

function serialiseParameters(parameters: Parameters): string {
  let text = "";
  for (const [key, item] of parameters)
    text += item.value === true ? `;${key}` : `;${key}=${serialiseBareItem(item)}`;
  return text;
}

function serialiseBareItem({ type, value }: BareItem): string {
  switch (type) {
    case "string":
      return `"${value.replace(/["\\]/g, "\\$&")}"`;
    case "bytes":
      return `:${value}:`;
    case "boolean":
      return value ? "?1" : "?0";
    case "date":
      return `@${value}`;
    case "decimal":
      return value.toFixed(3).replace(/0{1,2}$/, "");
    case "integer":
    case "token":
      return String(value);
  }
}

/** Ends the reading of a text that is not what it should be. Never leaves this file. */
class NotStructured extends Error {}

function parseWhole<T>(
  text: string,
  strictness: Strictness,
  read: (scanner: Scanner) => T,
): T | undefined {
  try {
    const scanner = new Scanner(text, strictness === "one-spelling");
    scanner.skip(SPACES);
    const value = read(scanner);
    scanner.skip(SPACES);
    return scanner.isAtEnd ? value : undefined;
  } catch (error) {
    if (error instanceof NotStructured) return undefined;
    throw error;
  }
}

const NO_PARAMETERS: Parameters = new Map();
const SPACES = / */y;
const BLANKS = /[ \t]*/y;
const COMMA = /,[ \t]*/y;
const OPENING = /\( */y;
const BEFORE_NEXT = / +|(?=\))/y;
const KEY = /[a-z*][a-z0-9_\-.*]*/y;
const NUMBER = /-?(?:[0-9]{1,12}\.[0-9]{1,3}|[0-9]{1,15})(?![0-9.])/y;
const STRING = /"([ !#-[\]-~]*(?:\\["\\][ !#-[\]-~]*)*)"/y;
const TOKEN = /[A-Za-z*][!#$%&'*+\-.^_`|~0-9A-Za-z:/]*/y;
// RFC 9651 §4.2.7 lets a parser refuse missing padding and stray bits in the last character.
const BYTES =
  /:((?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}[AEIMQUYcgkosw048]=|[A-Za-z0-9+/][AQgw]==)?):/y;
const BOOLEAN = /\?([01])/y;
const DATE = /@(-?[0-9]{1,15})(?![0-9.])/y;

class Scanner {
  readonly #text: string;
  readonly #oneSpelling: boolean;
  #at = 0;
  #parts = 0;

  constructor(text: string, oneSpelling: boolean) {
    this.#text = text;
    this.#oneSpelling = oneSpelling;
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#text.length;
  }

  dictionary(): Dictionary {
    const members = new Map<string, Member>();
    this.#separated(() => {
      const key = this.#take(KEY);
      this.#enter(members, key, this.#goesOnWith("=") ? this.#member() : this.#yes());
    });
    return members;
  }

  list(): readonly Member[] {
    const members: Member[] = [];
    this.#separated(() => void members.push(this.#member()));
    return members;
  }

  item(): Item {
    this.#count();
    const item = this.#bareItem();
    return { item, parameters: this.#parameters() };
  }

  /** Passes over what matches here. */
  skip(pattern: RegExp): void {
    this.#find(pattern);
  }

  #separated(readOne: () => void): void {
    if (this.isAtEnd) return;
    for (;;) {
      readOne();
      this.skip(BLANKS);
      if (this.isAtEnd) return;
      this.#take(COMMA);
    }
  }

  #member(): Member {
    return this.#text[this.#at] === "(" ? this.#innerList() : this.item();
  }

  #innerList(): InnerList {
    const items: Item[] = [];
    this.#count();
    this.#take(OPENING);
    while (!this.#goesOnWith(")")) {
      items.push(this.item());
      this.#take(BEFORE_NEXT);
    }
    return { items, parameters: this.#parameters() };
  }

  /** A member of which only the key is written. */
  #yes(): Item {
    this.#count();
    return { item: { type: "boolean", value: true }, parameters: this.#parameters() };
  }

  #parameters(): Parameters {
    if (this.#text[this.#at] !== ";") return NO_PARAMETERS;
    const parameters = new Map<string, BareItem>();
    while (this.#goesOnWith(";")) {
      this.skip(SPACES);
      this.#count();
      const key = this.#take(KEY);
      const item: BareItem = this.#goesOnWith("=")
        ? this.#bareItem()
        : { type: "boolean", value: true };
      this.#enter(parameters, key, item);
    }
    return parameters;
  }

  #count(): void {
    if (++this.#parts > MAX_PARTS) throw new NotStructured();
  }

  #enter<T>(known: Map<string, T>, key: string, value: T): void {
    if (this.#oneSpelling && known.has(key)) throw new NotStructured();
    known.set(key, value);
  }

  #bareItem(): BareItem {
    switch (this.#text.charAt(this.#at)) {
      case '"':
        return { type: "string", value: this.#take(STRING).replace(/\\(.)/g, "$1") };
      case ":":
        return { type: "bytes", value: this.#take(BYTES) };
      case "?":
        return { type: "boolean", value: this.#take(BOOLEAN) === "1" };
      case "@":
        return this.#number(DATE);
      default:
        return /[-0-9]/.test(this.#text.charAt(this.#at))
          ? this.#number(NUMBER)
          : { type: "token", value: this.#take(TOKEN) };
    }
  }

  #number(pattern: RegExp): BareItem {
    const start = this.#at;
    const digits = this.#take(pattern);
    const type = pattern === DATE ? "date" : digits.includes(".") ? "decimal" : "integer";
    const item: BareItem = { type, value: Number(digits) + 0 }; // -0 is 0
    if (this.#oneSpelling && serialiseBareItem(item) !== this.#text.slice(start, this.#at))
      throw new NotStructured();
    return item;
  }

  #goesOnWith(character: string): boolean {
    if (this.#text[this.#at] !== character) return false;
    this.#at++;
    return true;
  }

  /** What matches here, or the group inside it. */
  #take(pattern: RegExp): string {
    const [whole, group] = this.#find(pattern) ?? [];
    if (whole === undefined) throw new NotStructured();
    return group ?? whole;
  }

  #find(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text);
    if (found !== null) this.#at += found[0].length;
    return found;
  }
}
