import { hash, randomUUID } from "node:crypto";
import { APP_ID_CURE, isAppId } from "./apps.js";
import type { MacAlgorithm } from "./crypto/algorithms.js";
import { readApiKey } from "./crypto/api-key.js";
import type { KeyEncoding } from "./crypto/encoding.js";
import { ConfigurationError, Refusal } from "./errors.js";
import { HeaderLines } from "./http/header-lines.js";
import { isHost, withoutDefaultPort } from "./http/origins.js";
import { checkRequestLine, onlyLine } from "./http/receive.js";
import { secondOf, systemClock, type Clock } from "./ports/clock.js";
import { isUnsignable } from "./schemes/coverage.js";
import { readSchemes, type SchemeOption } from "./schemes/registry.js";
import type { Credentials, Scheme, SignedRequest, UnsignedRequest } from "./schemes/scheme.js";

/** Who signs, and how. */
export interface SignerOptions {
  readonly appId: string;
  /** The ApiKey's text. */
  readonly apiKey: string;
  /** How the text is written; `lk1` unless said otherwise. */
  readonly encoding?: KeyEncoding;
  /** `sha256` unless said otherwise. */
  readonly algorithm?: MacAlgorithm;
  /** `lacre1` unless said otherwise. */
  readonly scheme?: SchemeOption;
  readonly clock?: Clock;
}

/** A request in the form in which it will be sent. */
export interface RequestToSign {
  readonly method: string;
  /** Absolute. Its path and query are signed as they stand in the URL's final form (`pathname + search`). */
  readonly url: string | URL;
  /** Path and query as they will be sent, where the library sends another spelling than `URL` would. */
  readonly target?: string;
  /** The headers that will be sent. All are signed but those that libraries and proxies change. */
  readonly headers?: Iterable<readonly [string, string]>;
  /** The bytes that will be sent, or their SHA-256. */
  readonly content?: Uint8Array | { readonly sha256: Uint8Array };
}

/** Fields that libraries and proxies add or rewrite on their own, and no decision rests on. */
const VOLATILE: ReadonlySet<string> = new Set([
  "accept",
  "accept-encoding",
  "accept-language",
  "cache-control",
  "dnt",
  "host",
  "max-forwards",
  "origin",
  "pragma",
  "priority",
  "referer",
  "traceparent",
  "tracestate",
  "user-agent",
  "x-amzn-trace-id",
]);

/** Signs requests for one app. Keeps nothing between two requests. */
export class Signer {
  readonly #scheme: Scheme;
  readonly #credentials: Credentials;
  readonly #clock: Clock;

  /** @throws ConfigurationError for an AppId, a key or a scheme that will not do */
  constructor(options: SignerOptions) {
    const {
      appId,
      apiKey,
      encoding,
      algorithm = "sha256",
      scheme = "lacre1",
      clock = systemClock,
    } = options;
    if (!isAppId(appId)) throw new ConfigurationError("appId", "is not an AppId.", APP_ID_CURE);
    const [chosen] = readSchemes([scheme], "scheme") as [Scheme];
    if (!chosen.keyAlgorithms.includes(algorithm))
      throw new ConfigurationError(
        "algorithm",
        `${chosen.name} does not work with this algorithm.`,
        `Use one of ${chosen.keyAlgorithms.join(", ")}.`,
      );
    const keyEncoding = encoding ?? (chosen.keyEncodings[0] as KeyEncoding);
    try {
      this.#credentials = { appId, algorithm, secret: readApiKey(apiKey, keyEncoding) };
    } catch (error) {
      throw new ConfigurationError(
        "apiKey",
        (error as RangeError).message,
        "Say its encoding, or make a new key.",
      );
    }
    this.#scheme = chosen;
    this.#clock = clock;
  }

  /**
   * Signs a request anew: every call has its own timestamp and nonce. Set the headers that come back, replacing
   * those of the same name, and change nothing after that.
   * @throws Refusal for a request that no server would accept: a header twice, a value outside US-ASCII, …
   */
  sign(request: RequestToSign): SignedRequest {
    const url = new URL(request.url);
    const headers = HeaderLines.fromEntries(request.headers ?? []);
    const target = request.target ?? url.pathname + url.search;
    checkRequestLine(request.method, target);
    const host = headers.has("host") ? onlyLine(headers, "host") : url.host;
    if (!isHost(host)) throw new Refusal("host-unknown", "not a host");
    return this.#scheme.sign(
      {
        method: request.method,
        target,
        host,
        authority: withoutDefaultPort(host, url.protocol === "http:" ? "http" : "https"),
        headers,
        contentSha256: sha256Of(request.content),
        signedHeaders: [...headers.names()].filter(
          (name) => !VOLATILE.has(name) && !isUnsignable(name),
        ),
      },
      this.#credentials,
      { timestampSeconds: secondOf(this.#clock.nowMs()), nonce: randomUUID() },
    );
  }
}

function sha256Of(content: RequestToSign["content"]): UnsignedRequest["contentSha256"] {
  if (content === undefined) return undefined;
  if ("sha256" in content) return (encoding) => Buffer.from(content.sha256).toString(encoding);
  return content.byteLength === 0 ? undefined : (encoding) => hash("sha256", content, encoding);
}
