/*
 * A value of JSON by its path, without an object of it: so that a name that stands there twice is seen, no name of
 * JavaScript's own objects is found, and a number is what the sender wrote.
 */

/** What is wrong with JSON, seen from one path. Caught by who asks. */
export class NoSuchPlace extends Error {}

const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const WORD = /true|false|null/y;
const MAX_DIGITS = 64;

/**
 * The value at a path: a text as what it says, a number or a truth value as it is written; undefined for one that is not
 * there, or null. Whether the rest is JSON is for whoever parses it.
 * @throws NoSuchPlace for a name that stands twice on the way, for a list or an object at its end, and what is no JSON
 */
export function valueInJson(json: string, steps: readonly string[]): string | undefined {
  const cursor = new Cursor(json);
  for (const step of steps) if (!cursor.enter(step)) return undefined;
  return cursor.scalar();
}

class Cursor {
  readonly #json: string;
  #at = 0;

  constructor(json: string) {
    this.#json = json;
  }

  /** Goes to the value of this name or index; false where there is none, or what stands here is no list or object. */
  enter(step: string): boolean {
    this.#blanks();
    const opening = this.#json[this.#at];
    if (opening !== "{" && opening !== "[") {
      this.#skip();
      return false;
    }
    this.#at++;
    return opening === "{" ? this.#enterObject(step) : this.#enterList(step);
  }

  /** All names of an object are looked at, since the last of two would count elsewhere. */
  #enterObject(name: string): boolean {
    let found: number | undefined;
    if (this.#takes("}")) return false;
    do {
      this.#blanks();
      const key = this.#text();
      this.#expect(":");
      if (key === name) {
        if (found !== undefined) throw new NoSuchPlace(`${name} stands twice in one object`);
        this.#blanks();
        found = this.#at;
      }
      this.#skip();
    } while (this.#takes(","));
    this.#expect("}");
    if (found === undefined) return false;
    this.#at = found;
    return true;
  }

  #enterList(step: string): boolean {
    if (!/^(?:0|[1-9]\d{0,5})$/.test(step) || this.#takes("]")) return false;
    for (let i = 0; i < Number(step); i++) {
      this.#skip();
      if (!this.#takes(",")) return false;
    }
    return true;
  }

  scalar(): string | undefined {
    this.#blanks();
    const first = this.#json[this.#at] ?? "";
    if (first === '"') return this.#text();
    if (first === "{" || first === "[") throw new NoSuchPlace("a list or an object stands there");
    const word = this.#word();
    return word === "null" ? undefined : word;
  }

  /** Over one value, however deep it is. */
  #skip(): void {
    let depth = 0;
    do {
      this.#blanks();
      const character = this.#json[this.#at];
      if (character === '"') this.#overText();
      else if (character === "{" || character === "[") depth += this.#over(1);
      else if (character === "}" || character === "]") depth += this.#over(-1);
      else if (depth > 0 && (character === "," || character === ":")) this.#at++;
      else this.#word();
      if (depth < 0) throw new NoSuchPlace("no JSON");
    } while (depth > 0);
  }

  #over(depth: number): number {
    this.#at++;
    return depth;
  }

  #text(): string {
    const start = this.#at;
    this.#overText();
    try {
      return JSON.parse(this.#json.slice(start, this.#at)) as string;
    } catch {
      throw new NoSuchPlace("no JSON");
    }
  }

  #overText(): void {
    if (this.#json[this.#at] !== '"') throw new NoSuchPlace("no JSON");
    for (let i = this.#at + 1; i < this.#json.length; i++) {
      const code = this.#json.charCodeAt(i);
      if (code === BACKSLASH) i++;
      else if (code === QUOTE) {
        this.#at = i + 1;
        return;
      }
    }
    throw new NoSuchPlace("no JSON");
  }

  #word(): string {
    for (const pattern of [NUMBER, WORD]) {
      pattern.lastIndex = this.#at;
      const word = pattern.exec(this.#json)?.[0];
      if (word === undefined) continue;
      if (word.length > MAX_DIGITS) break;
      this.#at += word.length;
      return word;
    }
    throw new NoSuchPlace("no JSON");
  }

  #blanks(): void {
    while (BLANKS.includes(this.#json[this.#at] ?? "x")) this.#at++;
  }

  #takes(character: string): boolean {
    this.#blanks();
    if (this.#json[this.#at] !== character) return false;
    this.#at++;
    return true;
  }

  #expect(character: string): void {
    if (!this.#takes(character)) throw new NoSuchPlace("no JSON");
  }
}

const BLANKS = " \t\n\r";
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
