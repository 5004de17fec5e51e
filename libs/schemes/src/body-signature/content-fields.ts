import { Refusal } from "@lacre/core/scheme";
import type { ContentPath } from "./content-path.js";
import { formPairs, NoForm, onlyValue } from "./form-content.js";
import { NoSuchPlace, valueInJson } from "./json-place.js";

/**
 * What stands in content that is JSON or a form. Which of the two it is, its first character says: a Content-Type is not
 * signed.
 */
export class ContentFields {
  /** A code point for each byte. */
  readonly #content: string;
  #json: string | undefined;
  #pairs: ReturnType<typeof formPairs> | undefined;

  constructor(content: string) {
    this.#content = content;
  }

  /**
   * The value at a path, a code point for each byte; undefined where there is none.
   * @throws Refusal `credentials-malformed` for content that cannot be read on the way, or has a name twice
   */
  valueOf({ name, steps }: ContentPath): string | undefined {
    try {
      return IS_JSON.test(this.#content) ? this.#inJson(steps) : this.#inForm(name);
    } catch (error) {
      if (error instanceof NoSuchPlace || error instanceof NoForm)
        throw new Refusal("credentials-malformed", `${name} in the content: ${error.message}`);
      throw error;
    }
  }

  #inJson(steps: readonly string[]): string | undefined {
    this.#json ??= textOf(this.#content);
    const value = valueInJson(this.#json, steps);
    return value === undefined ? undefined : Buffer.from(value, "utf8").toString("latin1");
  }

  #inForm(name: string): string | undefined {
    this.#pairs ??= formPairs(this.#content);
    return onlyValue(this.#pairs, Buffer.from(name, "utf8").toString("latin1"));
  }
}

const IS_JSON = /^[ \t\r\n]*[[{]/;

function textOf(content: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(Buffer.from(content, "latin1"));
  } catch {
    throw new NoSuchPlace("no UTF-8");
  }
}
