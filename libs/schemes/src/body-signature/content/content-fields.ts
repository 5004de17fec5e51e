import { Refusal } from "@lacre/core/scheme";
import type { ContentPath } from "./content-path.js";
import type { ContentKind } from "./content-types.js";
import { formPairs, NoForm, onlyValue, refuseNested } from "./form-content.js";
import { type JsonPlace, NoSuchJson, placesOf, valuesInJson } from "./json-values.js";

/** What was found in the content, by path, a code point for each byte. */
export type Found = ReadonlyMap<string, string>;

/** Reads values of content that is JSON or a form. */
export class ContentFields {
  readonly #paths: readonly ContentPath[];
  readonly #places: JsonPlace;
  readonly #isAlone: boolean;

  /** @param isAlone whether a list on a path must have one entry: where nobody signs the others */
  constructor(paths: readonly ContentPath[], isAlone: boolean) {
    this.#paths = paths;
    this.#places = placesOf(paths);
    this.#isAlone = isAlone;
  }

  /**
   * @param content a code point for each byte
   * @param kind what it is read as: what its handler reads it as
   * @throws Refusal `credentials-malformed` for content that cannot be read on the way, or has a name twice
   */
  read(content: string, kind: ContentKind | undefined): Found {
    if (this.#paths.length === 0) return NOTHING;
    try {
      return kind === "json" ? this.#inJson(content) : this.#inForm(content);
    } catch (error) {
      if (error instanceof NoSuchJson || error instanceof NoForm)
        throw new Refusal("credentials-malformed", `the content: ${error.message}`);
      throw error;
    }
  }

  #inJson(content: string): Found {
    const values = valuesInJson(textOf(content), this.#places, this.#isAlone);
    return new Map([...values].map(([name, value]) => [name, bytesOf(value)]));
  }

  #inForm(content: string): Found {
    const pairs = formPairs(content);
    refuseNested(pairs, this.#paths);
    const found = new Map<string, string>();
    for (const { name } of this.#paths) {
      const value = onlyValue(pairs, name);
      if (value !== undefined) found.set(name, value);
    }
    return found;
  }
}

const NOTHING: Found = new Map();

const bytesOf = (text: string): string => Buffer.from(text, "utf8").toString("latin1");

function textOf(content: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(
      Buffer.from(content, "latin1"),
    );
  } catch {
    throw new NoSuchJson("no UTF-8");
  }
}
