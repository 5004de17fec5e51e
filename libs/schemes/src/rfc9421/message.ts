import {
  type Dictionary,
  type HeaderLines,
  parseDictionary,
  parseItem,
  parseList,
  queryOf,
  queryPairs,
  refuseManyParameters,
  serialiseDictionary,
  serialiseList,
  serialiseMember,
  type SignableRequest,
  type SignableResponse,
} from "@lacre/core/scheme";

/*
 * What components are taken from. Each field and the query are read once, however many components cover them: whoever
 * sends a request chooses both.
 */

/** What a structured field is (RFC 9651 §3). */
export type FieldType = "list" | "dictionary" | "item";

/** Where a component is taken from: a field's name, and whether it is the request's in the signature of a response. */
interface Place {
  readonly name: string;
  readonly ofRequest: boolean;
}

/** What is signed: a request, or a response and the request that it answers. */
export class Message {
  #parameters: ReadonlyMap<string, readonly string[]> | undefined;

  constructor(
    readonly request: SignableRequest,
    readonly response?: SignableResponse,
  ) {}

  headersOf({ ofRequest }: Place): HeaderLines {
    return (ofRequest || this.response === undefined ? this.request : this.response).headers;
  }

  fieldsOf(place: Place): Fields {
    return this.isHost(place)
      ? new Fields(() => [this.request.host])
      : Fields.of(this.headersOf(place));
  }

  /** HTTP/2 has no Host line, and a signer writes none. */
  isHost({ name, ofRequest }: Place): boolean {
    return name === "host" && (ofRequest || this.response === undefined);
  }

  /**
   * The values of this query parameter. Name and values are decoded as a form and encoded again (RFC 9421 §2.2.8).
   * @throws Refusal `target-malformed` for more than 1000 parameters
   */
  parametersNamed(name: string): readonly string[] {
    this.#parameters ??= readParameters(queryOf(this.request.target) ?? "");
    return this.#parameters.get(name) ?? [];
  }
}

function readParameters(query: string): ReadonlyMap<string, readonly string[]> {
  refuseManyParameters(query);
  const parameters = new Map<string, string[]>();
  const encoded = new URLSearchParams(query).toString().replaceAll("+", "%20");
  for (const [name, value] of queryPairs(encoded)) {
    const values = parameters.get(name);
    if (values === undefined) parameters.set(name, [value]);
    else values.push(value);
  }
  return parameters;
}

/** The fields of one head, by name. */
export class Fields {
  readonly #linesOf: (name: string) => readonly string[];
  readonly #texts = new Map<string, string>();
  readonly #dictionaries = new Map<string, Dictionary | undefined>();
  readonly #serialised = new Map<string, string | undefined>();

  constructor(linesOf: (name: string) => readonly string[]) {
    this.#linesOf = linesOf;
  }

  static of(headers: HeaderLines): Fields {
    return headers.readOnce(fieldsIn);
  }

  /** RFC 9421 §2.1: without folds. */
  lines(name: string): readonly string[] {
    return this.#linesOf(name).map((line) => line.replace(FOLD, " "));
  }

  /** All lines, joined. */
  text(name: string): string {
    return once(this.#texts, name, () => this.lines(name).join(", "));
  }

  /** The field as a dictionary; undefined where it is none. */
  dictionary(name: string): Dictionary | undefined {
    return once(this.#dictionaries, name, () => parseDictionary(this.text(name), "one-spelling"));
  }

  /** The field, read and written anew; undefined where it is not of this type. */
  serialised(name: string, type: FieldType): string | undefined {
    return once(this.#serialised, `${type} ${name}`, () => {
      const text = this.text(name);
      switch (type) {
        case "dictionary":
          return mapped(this.dictionary(name), serialiseDictionary);
        case "list":
          return mapped(parseList(text, "one-spelling"), serialiseList);
        case "item":
          return mapped(parseItem(text, "one-spelling"), serialiseMember);
      }
    });
  }
}

const fieldsIn = (headers: HeaderLines): Fields => new Fields((name) => headers.all(name));

/** The blanks before a fold count from their first on alone, or each of many blanks would be a beginning. */
const FOLD = /(?:(?<![ \t])[ \t]+)?\r\n[ \t]+/g;

function once<T>(known: Map<string, T>, key: string, read: () => T): T {
  if (!known.has(key)) known.set(key, read());
  return known.get(key) as T;
}

const mapped = <T>(value: T | undefined, map: (value: T) => string): string | undefined =>
  value === undefined ? undefined : map(value);
