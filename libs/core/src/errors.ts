/** The HTTP status that each refusal is answered with. The codes are a contract; the prose around them is not. */
const STATUS_OF = {
  // The head of the request: syntax, then what it covers.
  "credentials-missing": 401,
  "credentials-repeated": 401,
  "credentials-malformed": 401,
  "app-id-malformed": 401,
  "timestamp-malformed": 401,
  "nonce-malformed": 401,
  "signed-headers-malformed": 401,
  "header-forbidden": 401,
  "signature-malformed": 401,
  "scope-wrong": 401,
  "method-refused": 401,
  "target-malformed": 401,
  "host-unknown": 401,
  "transfer-coding-refused": 401,
  "header-missing": 401,
  "header-repeated": 401,
  "header-ambiguous": 401,
  "header-malformed": 401,
  "header-unsigned": 401,
  "digest-malformed": 401,
  "payload-unsigned": 401,
  "timestamp-absurd": 401,
  // The key and the MAC.
  "app-unknown": 401,
  "key-unusable": 401,
  "signature-mismatch": 401,
  // The content.
  "content-undigested": 401,
  "content-mismatch": 401,
  "content-incomplete": 401,
  "content-unread": 401,
  "content-too-large": 413,
  // The route, the time, the nonce.
  "scheme-refused": 401,
  "timestamp-too-old": 401,
  "timestamp-too-new": 401,
  "nonce-seen": 401,
  "nonce-under-way": 503,
  "nonce-done": 200,
  "network-not-allowed": 403,
  "scope-insufficient": 403,
  // In doubt.
  "keys-unavailable": 503,
  "app-unreadable": 503,
  "nonces-unavailable": 503,
  "nonces-full": 503,
  "nonces-starting": 503,
  "clock-off": 503,
  "verifier-failed": 503,
} as const;

/** Why a request was refused. For logs and observers: a caller without the key learns the status alone. */
export type RefusalCode = keyof typeof STATUS_OF;

/** Every refusal code, in the order in which the checks run. */
export const REFUSAL_CODES = Object.keys(STATUS_OF) as readonly RefusalCode[];

/** The page that explains each code, by the name under which it is found wherever this package is installed. */
const ERRORS_PAGE = "@lacre/core/errors.md";

/** Where a log says that a code is explained. */
export const pageOf = (code: RefusalCode): string => `${ERRORS_PAGE}#${code}`;

/** A key of the app that the request names, which made its MAC and opens nothing now. */
export interface DeadKey {
  readonly id: string;
  /** `not-tried`: it is one more than are tried for a request. */
  readonly why: "revoked" | "ended" | "not-yet-valid" | "not-tried";
}

/** How far a refused request had come; what a log may say about it. */
export interface Progress {
  /** The AppId that the request claims. Unproven unless the MAC was right. */
  readonly appId?: string;
  /** The name of the scheme that the request uses. */
  readonly scheme?: string;
  /** The text that the verifier computed its MAC over. Not a secret, but it may hold personal data. */
  readonly canonicalRequest?: string;
  /** Which keys did not make the MAC: what `Secret.fingerprint` says of each. */
  readonly keyFingerprints?: readonly string[];
  /** The ids of these keys, in the same order. */
  readonly keyIds?: readonly string[];
  /** The underlying failure of a store. */
  readonly cause?: unknown;
  /** What the log and observers may know beyond the message. No answer ever says it. */
  readonly note?: string;
  /** The key of the app that made the MAC, and opens nothing. No answer ever says it. */
  readonly deadKey?: DeadKey;
  /** Answered with 503 whatever the code, because a store is failing. */
  readonly inDoubt?: boolean;
}

/**
 * A request that must not reach its handler. `code` says why, for the server's own eyes; `status` is what the caller sees:
 * 401, 403, 413, or 503 when in doubt; 200 for a repeat that is acknowledged.
 */
export class Refusal extends Error {
  override readonly name = "Refusal";
  readonly code: RefusalCode;
  readonly status: 200 | 401 | 403 | 413 | 503;
  // Private, so that printing the error prints neither.
  readonly #progress: Progress;

  constructor(code: RefusalCode, detail?: string, progress: Progress = {}) {
    const options = progress.cause === undefined ? undefined : { cause: progress.cause };
    super(detail === undefined ? code : `${code}: ${detail}`, options);
    this.code = code;
    this.status = progress.inDoubt === true ? 503 : STATUS_OF[code];
    this.#progress = progress;
  }

  /** What is known about the refused request. Kept out of `inspect` and JSON. */
  progress(): Progress {
    return this.#progress;
  }
}

/** The developer's mistake, found at start: what is wrong, where, and how to mend it. Never holds a key. */
export class ConfigurationError extends Error {
  override readonly name = "ConfigurationError";

  constructor(
    /** The option that is wrong, as a path: `apps[2].apiKey`. */
    readonly option: string,
    problem: string,
    cure: string,
  ) {
    super(withoutKeys(`${option}: ${problem} ${cure}`));
  }
}

/** What stands in the wrong place may be a key, or a URL with a password. */
function withoutKeys(message: string): string {
  return message
    .replaceAll(/\b(lk1_|whsec_)[\w+/=-]{8,}/g, "$1…")
    .replaceAll(/:\/\/[^\s/@"]*@/g, "://***@");
}

/** Why an answer is not believed, in the order in which the checks run (docs/protocol.md section 11). */
export const RESPONSE_FAULTS = [
  "signature-missing",
  "signature-repeated",
  "signature-malformed",
  "header-ambiguous",
  "header-missing",
  "header-repeated",
  "header-malformed",
  "signature-mismatch",
  "header-unsigned",
  "digest-malformed",
  "content-undigested",
  "content-mismatch",
] as const;

/** Why an answer is not believed; `content-too-large`: it is longer than the caller holds in memory to check it. */
export type ResponseFault = (typeof RESPONSE_FAULTS)[number] | "content-too-large";

const FAULT_MEANINGS: Partial<Record<ResponseFault, string>> = {
  "signature-missing": "the answer is not signed",
  "signature-mismatch":
    "the answer was not made for this request by the holder of the key, or was changed on its way",
  "content-mismatch": "the content of the answer is not what was signed",
  "content-undigested": "the answer has content that is not signed",
};

/** Which answer was refused: what it says of itself, nothing of it proven. */
export interface RefusedAnswer {
  readonly status: number;
  /** Where it came from, without the query. */
  readonly url: string;
  /** Its `X-Request-Id`, if it has one. */
  readonly requestId: string | undefined;
  /**
   * What an unsigned answer begins with, where it is required to be signed: up to 200 bytes as one line of text, without
   * queries, what the request held, and long words. undefined where it is compressed, or nothing came in time.
   */
  readonly beginning?: string | undefined;
}

/** An answer that is not what the server sent, or is not proven to be. */
export class ResponseRefusal extends Error {
  override readonly name = "ResponseRefusal";

  constructor(
    readonly fault: ResponseFault,
    readonly detail: string = FAULT_MEANINGS[fault] ?? "the signature of the answer",
    /** Told by the clients; undefined where an answer was checked by itself. */
    readonly answer?: RefusedAnswer,
  ) {
    super(`${fault}: ${detail}${answer === undefined ? "" : inWords(answer)}`);
  }
}

function inWords({ status, url, requestId, beginning }: RefusedAnswer): string {
  const which = `${status} from ${url}${requestId === undefined ? "" : `, request id ${requestId}`}`;
  return ` (${which})${beginning === undefined ? "" : `, which begins: ${beginning}`}`;
}
