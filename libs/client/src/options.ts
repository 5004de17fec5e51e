import type { Clock, SignerOptions } from "@lacre/core";
import {
  bytes,
  ConfigurationError,
  count,
  custom,
  oneOf,
  port,
  readOptions,
  type OptionSpecs,
  type OptionsOf,
} from "@lacre/core/portable";

import type { KeysOption } from "./key-ring.js";

/** What is done beyond signing. The same for every HTTP library. */
const SENDING = {
  /**
   * `"require"`: an answer without a valid signature is a `ResponseRefusal`. `"if-present"`: an answer that is signed
   * must be signed correctly, any other is accepted; whoever can change answers can also remove the signature.
   * Default: `"if-present"`.
   */
  verifyResponses: oneOf(["require", "if-present"], { default: "if-present" }),
  /**
   * How many bytes of a signed answer are held in memory to be checked, at least 0. Default: 16 MiB. A longer one is a
   * `ResponseRefusal`: `content-too-large`.
   */
  maxAnswerBytes: bytes({ from: 0, default: 16_777_216 }),
  /**
   * How often a request is sent again after no answer, or after 503: 0 to 20. Default: 2. Only what may run twice: GET,
   * HEAD, OPTIONS, PUT, DELETE, and whatever carries an `Idempotency-Key`. Each attempt is signed anew.
   */
  retries: count({ from: 0, to: 20, default: 2 }),
  /** How many redirects are followed, each signed anew, none to another origin: 0 to 20. Default: 0. */
  redirects: count({ from: 0, to: 20, default: 0 }),
} as const;

/** An option that is checked by whoever reads it. */
export const readElsewhere = (example: string, terms: { readonly required?: true } = {}) =>
  custom<unknown, unknown, typeof terms>((given) => given, { example, ...terms });

/** The signer checks its own options. The type fails where one is missing. */
const SIGNING = {
  appId: readElsewhere('"orders"', { required: true }),
  apiKey: readElsewhere('"lk1_…"'),
  encoding: readElsewhere('"lk1"'),
  algorithm: readElsewhere('"sha256"'),
  scheme: readElsewhere('"lacre1"'),
  signedHeaders: readElsewhere('["x-request-id"]'),
  clock: port<Clock>(["nowMs"], { default: { nowMs: () => Date.now() }, says: "the system's" }),
} satisfies Record<keyof SignerOptions, unknown>;

const RING = { keys: readElsewhere("[current, next]") };

/** Who calls, and what is done beyond signing. The same for every HTTP library. */
export interface ClientOptions extends Omit<SignerOptions, "apiKey">, OptionsOf<typeof SENDING> {
  /** The ApiKey's text. Give this or `keys`. */
  readonly apiKey?: string | undefined;
  /**
   * In place of `apiKey`, for keys that change while the client runs: a list of 1 to 8, the one to begin with first, or a
   * function that gives it, which is asked before each attempt. A key that the server does not know is passed over: a
   * request that may run twice is sent again with the next, any other is not, and the next request has the next key.
   */
  readonly keys?: KeysOption | undefined;
}

/** What a client keeps of its options: checked, with defaults, and without the key. */
export interface ClientSettings {
  readonly clock: Clock;
  readonly verifyResponses: "require" | "if-present";
  readonly maxAnswerBytes: number;
  readonly retries: number;
  readonly redirects: number;
}

/**
 * Separates the options of the signer from the others, and checks the others.
 * @param of what takes them, for messages
 * @param others further options of it, read elsewhere
 * @throws ConfigurationError for a name that is not an option, and for a value out of its range
 */
export function readClientOptions(
  options: ClientOptions,
  of: string,
  others: OptionSpecs = {},
): {
  readonly signer: Omit<SignerOptions, "apiKey">;
  readonly keys: KeysOption;
  readonly settings: ClientSettings;
} {
  const specs: typeof SIGNING & typeof RING & typeof SENDING = {
    ...others,
    ...SIGNING,
    ...RING,
    ...SENDING,
  };
  const { clock, verifyResponses, maxAnswerBytes, retries, redirects } = readOptions(
    specs,
    options,
    of,
    "",
  );
  const signer = Object.fromEntries(
    Object.entries(options).filter(([name]) => Object.hasOwn(SIGNING, name) && name !== "apiKey"),
  ) as unknown as Omit<SignerOptions, "apiKey">;
  return {
    signer,
    keys: keysIn(options),
    settings: { clock, verifyResponses, maxAnswerBytes, retries, redirects },
  };
}

function keysIn({ apiKey, keys }: ClientOptions): KeysOption {
  if (keys === undefined) {
    if (apiKey !== undefined) return [apiKey];
    throw new ConfigurationError("apiKey", "is missing.", 'Give "lk1_…", for example.');
  }
  if (apiKey === undefined) return keys;
  throw new ConfigurationError(
    "keys",
    "must not stand beside apiKey.",
    "Give keys: [current, next] alone.",
  );
}
