import type { Maybe } from "../after.js";
import type { MacRecipe } from "../crypto/mac-recipe.js";
import type { SignableRequest } from "../http/signable-request.js";
import type { HeaderEntry } from "./response-scheme.js";

/**
 * What a sender sends before its messages, or beside them, to see whether this is its place: a challenge, a ping. It is
 * answered without a handler. A scheme has one only where its options name it.
 */
export interface FirstContact {
  /** What the log and observers call it. */
  readonly name: string;
  /** Whether its MAC must be right first. Otherwise it has no credentials, and is known by its shape alone. */
  readonly isSigned: boolean;
  /** How much content it may have, in bytes. More is something else. */
  readonly maxBytes: number;
  /** Whether it may be one, by its head alone. Cheap: it is asked of every request of an app that has such. */
  mayBe(head: SignableRequest): boolean;
  /**
   * Reads all of it, exactly.
   * @param content a code point for each byte
   * @returns undefined where it is something else
   * @throws Refusal `credentials-missing` where it has the shape, and not the words that are configured
   */
  read(head: SignableRequest, content: string): ContactReading | undefined;
}

/** A first contact that was read. */
export interface ContactReading {
  /** Of which app it claims to be. Proven where the contact is signed. */
  readonly appId: string;
  /** What the answer holds a MAC of, under the key of the app. No message may have this as its text. */
  readonly toMac?: { readonly recipe: MacRecipe; readonly text: string };
  /**
   * The answer; undefined where the application does not expect the contact.
   * @param mac of `toMac`; empty where there is none
   */
  answer(mac: string): Maybe<ContactAnswer | undefined>;
}

/** How a first contact is answered. Never as something that a browser would run. */
export interface ContactAnswer {
  readonly status: 200 | 204;
  readonly headers: readonly HeaderEntry[];
  readonly content?: { readonly type: "text/plain" | "application/json"; readonly text: string };
}
