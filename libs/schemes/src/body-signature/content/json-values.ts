import type { ContentPath } from "./content-path.js";

/*
 * Values of JSON by their paths, in one pass and without an object of it: so that a name that stands there twice is seen,
 * no name of JavaScript's own objects is found, and a number is what the sender wrote.
 */

/** What is wrong with JSON, seen from what is looked for. Caught by who asks. */
export class NoSuchJson extends Error {}

/** What is looked for at one place, and within it. */
export interface JsonPlace {
  /** The path, where its end is here. */
  name?: string;
  readonly inner: Map<string, JsonPlace>;
  /** Those of `inner` whose name is an index. */
  readonly entries: Map<number, JsonPlace>;
}

const newPlace = (): JsonPlace => ({ inner: new Map(), entries: new Map() });

/** All paths as one tree. */
export function placesOf(paths: readonly ContentPath[]): JsonPlace {
  const root = newPlace();
  for (const { name, steps } of paths) {
    let place = root;
    for (const step of steps) {
      const next = place.inner.get(step) ?? newPlace();
      place.inner.set(step, next);
      if (INDEX.test(step)) place.entries.set(Number(step), next);
      place = next;
    }
    place.name = name;
  }
  return root;
}

/**
 * What stands at the end of each path: a text as what it says, a number or a truth value as it is written. Nothing for
 * what is not there, or null. What is not on a path is passed over: whether it is JSON is for whoever parses it.
 * @param isAlone whether a list on a path must have one entry: where nobody signs the others
 * @throws NoSuchJson for a name that stands twice on a path, for a list or an object at its end, and for what is no JSON
 */
export function valuesInJson(
  json: string,
  places: JsonPlace,
  isAlone = false,
): ReadonlyMap<string, string> {
  const reader = new JsonReader(json, isAlone);
  reader.readAll(places);
  return reader.found;
}

const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const WORD = /true|false|null/y;
const INDEX = /^(?:0|[1-9]\d{0,5})$/;
const MAX_DIGITS = 64;
/** How many names an object may have on the way to a value: each of them is read. */
const MAX_NAMES = 1000;
const [QUOTE, COMMA, COLON, BACKSLASH] = [0x22, 0x2c, 0x3a, 0x5c];
const [BEGIN_LIST, END_LIST, BEGIN_OBJECT, END_OBJECT] = [0x5b, 0x5d, 0x7b, 0x7d];

class JsonReader {
  readonly found = new Map<string, string>();
  readonly #json: string;
  readonly #isAlone: boolean;
  #at = 0;

  constructor(json: string, isAlone: boolean) {
    this.#json = json;
    this.#isAlone = isAlone;
  }

  readAll(places: JsonPlace): void {
    this.#read(places);
    if (!Number.isNaN(this.#next())) throw noJson();
  }

  #read(place: JsonPlace): void {
    const first = this.#next();
    const isScalar = first !== BEGIN_OBJECT && first !== BEGIN_LIST;
    if (place.name !== undefined && !isScalar)
      throw new NoSuchJson(`${place.name} is a list or an object`);
    if (first === BEGIN_OBJECT) this.#readObject(place);
    else if (first === BEGIN_LIST) this.#readList(place);
    else this.#readScalar(first, place.name);
  }

  #readScalar(first: number, name: string | undefined): void {
    const value = first === QUOTE ? this.#text() : this.#word();
    if (name !== undefined && (first === QUOTE || value !== "null")) this.found.set(name, value);
  }

  /** All names are looked at, since the last of two would count elsewhere. */
  #readObject({ inner }: JsonPlace): void {
    const seen = new Set<string>();
    let names = 0;
    this.#at++;
    if (this.#takes(END_OBJECT)) return;
    do {
      if (++names > MAX_NAMES) throw new NoSuchJson(`more than ${MAX_NAMES} names in one object`);
      if (this.#next() !== QUOTE) throw noJson();
      const name = this.#text();
      if (!this.#takes(COLON)) throw noJson();
      const place = inner.get(name);
      if (place === undefined) this.#passOver();
      else {
        if (seen.has(name)) throw new NoSuchJson(`${name} stands twice in one object`);
        seen.add(name);
        this.#read(place);
      }
    } while (this.#takes(COMMA));
    if (!this.#takes(END_OBJECT)) throw noJson();
  }

  #readList({ entries: wanted }: JsonPlace): void {
    this.#at++;
    if (this.#takes(END_LIST)) return;
    let entries = 0;
    do {
      const place = wanted.get(entries++);
      if (place === undefined) this.#passOver();
      else this.#read(place);
    } while (this.#takes(COMMA));
    if (!this.#takes(END_LIST)) throw noJson();
    if (this.#isAlone && entries > 1) throw new NoSuchJson("a list has more than one entry");
  }

  /** Over one value, however deep it is. */
  #passOver(): void {
    let depth = 0;
    do {
      const code = this.#next();
      if (code === QUOTE) this.#overText();
      else if (code === BEGIN_OBJECT || code === BEGIN_LIST) depth += this.#step(1);
      else if (code === END_OBJECT || code === END_LIST) depth += this.#step(-1);
      else if (depth > 0 && (code === COMMA || code === COLON)) this.#at++;
      else this.#overWord();
      if (depth < 0) throw noJson();
    } while (depth > 0);
  }

  #overWord(): void {
    const start = this.#at;
    while (!ENDS_WORD.has(this.#json[this.#at])) this.#at++;
    if (this.#at === start) throw noJson();
  }

  #step(depth: number): number {
    this.#at++;
    return depth;
  }

  #text(): string {
    const start = this.#at;
    this.#overText();
    const text = this.#json.slice(start + 1, this.#at - 1);
    if (!text.includes("\\")) return text;
    try {
      return JSON.parse(`"${text}"`) as string;
    } catch {
      throw noJson();
    }
  }

  #overText(): void {
    let end = this.#at;
    do end = this.#json.indexOf('"', end + 1);
    while (end > 0 && this.#isEscaped(end));
    if (end < 0) throw noJson();
    this.#at = end + 1;
  }

  #isEscaped(quote: number): boolean {
    let first = quote;
    while (this.#json.charCodeAt(first - 1) === BACKSLASH && first - 1 > this.#at) first--;
    return (quote - first) % 2 === 1;
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
    throw noJson();
  }

  /** The next character that is no blank; NaN at the end. */
  #next(): number {
    let code = this.#json.charCodeAt(this.#at);
    while (code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09)
      code = this.#json.charCodeAt(++this.#at);
    return code;
  }

  #takes(code: number): boolean {
    if (this.#next() !== code) return false;
    this.#at++;
    return true;
  }
}

/** Undefined at the end. */
const ENDS_WORD: ReadonlySet<string | undefined> = new Set([...' \t\n\r,:[]{}"', undefined]);

const noJson = (): NoSuchJson => new NoSuchJson("no JSON");
