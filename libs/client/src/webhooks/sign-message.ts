import {
  ConfigurationError,
  Refusal,
  Signer,
  trySigning,
  type Clock,
  type KeyEncoding,
  type MacAlgorithm,
  type Scheme,
} from "@lacre/core";
import type { WebhookEndpoint, WebhookMessage } from "./webhook-endpoint.js";

/** How a sender signs, where an endpoint does not say otherwise. */
export interface SigningSettings {
  readonly scheme: Scheme;
  readonly appId: string;
  readonly encoding: KeyEncoding | undefined;
  readonly algorithm: MacAlgorithm | undefined;
  readonly clock: Clock;
}

/** The headers that a message is sent with, and those of them that were made by signing. */
export interface SignedMessage {
  readonly headers: Readonly<Record<string, string>>;
  readonly signed: Readonly<Record<string, string>>;
}

/**
 * Signs a message now.
 * @param attempt its number, from 1 on: where the format has room for one signature, the secrets take turns
 * @throws ConfigurationError for an endpoint whose secrets or headers cannot be used
 */
export function signMessage(
  message: WebhookMessage,
  endpoint: WebhookEndpoint,
  url: URL,
  settings: SigningSettings,
  attempt: number,
): SignedMessage {
  const [signer, ...others] = turnOf(signersOf(endpoint, settings), attempt);
  const own = ownHeaders(endpoint);
  const { plain, request } = requestFor(message, own, url);
  const { headers } = signer.sign(request, settings.clock.nowMs(), { id: message.id, others });
  const signed = Object.fromEntries(headers.map(([name, value]) => [name.toLowerCase(), value]));
  for (const name of Object.keys(own)) if (Object.hasOwn(signed, name)) throw headerError(name);
  return { headers: { ...plain, ...signed }, signed };
}

function requestFor(
  { content, contentType = "application/json" }: WebhookMessage,
  own: Readonly<Record<string, string>>,
  url: URL,
) {
  const plain = { ...own, "content-type": contentType };
  return { plain, request: { method: "POST", url, headers: Object.entries(plain), content } };
}

const ANY_URL = new URL("https://endpoint.invalid/");
/** What is refused by these does not lie in a URL or in headers. */
const OF_THE_MESSAGE: ReadonlySet<string> = new Set(["nonce-malformed", "credentials-malformed"]);

/**
 * Checks that a message can be signed, as far as it is known where it goes.
 * @throws RangeError, ConfigurationError
 */
export function checkSignable(
  message: WebhookMessage,
  endpoint: WebhookEndpoint | undefined,
  { scheme: usual, appId, clock }: SigningSettings,
): void {
  const { scheme = usual, url = ANY_URL } = endpoint ?? {};
  const own = endpoint === undefined ? {} : ownHeaders(endpoint);
  const { request } = requestFor(message, own, new URL(url));
  try {
    trySigning(request, { scheme, appId, id: message.id, atMs: clock.nowMs() });
  } catch (error) {
    const code = error instanceof Refusal ? error.code : "";
    if (endpoint === undefined && !OF_THE_MESSAGE.has(code)) return;
    if (!(error instanceof Refusal)) throw error;
    const why = code === "nonce-malformed" ? scheme.explanations?.[code] : undefined;
    throw new RangeError(
      `the message cannot be signed as ${scheme.name} does: ${why ?? error.message}`,
    );
  }
}

/**
 * Checks that the headers of an endpoint can be sent beside those that its format sets, by signing a message of nothing. A
 * format that cannot sign that asks something of its messages: what it sets is then known when there is one.
 * @throws ConfigurationError for secrets and headers that cannot be used
 */
export function checkHeaders(endpoint: WebhookEndpoint, url: URL, settings: SigningSettings): void {
  const own = ownHeaders(endpoint);
  try {
    signMessage(NOTHING, { ...endpoint, headers: {} }, url, settings, 1);
  } catch (error) {
    if (error instanceof Refusal) return;
    throw error;
  }
  try {
    signMessage(NOTHING, { ...endpoint, headers: own }, url, settings, 1);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    throw new ConfigurationError(
      "headers",
      `cannot be sent in this format: ${error.message}.`,
      "Leave that header out.",
    );
  }
}

const NOTHING: WebhookMessage = { id: "msg_0", content: Buffer.from("{}") };

/** @throws ConfigurationError */
export function signersOf(
  endpoint: WebhookEndpoint,
  settings: SigningSettings,
): [Signer, ...Signer[]] {
  const { scheme = settings.scheme, encoding = settings.encoding, secrets } = endpoint;
  const { algorithm = settings.algorithm } = endpoint;
  const { appId } = settings;
  const list: unknown = secrets;
  if (!Array.isArray(list) || list.length === 0)
    throw new ConfigurationError(
      "secrets",
      "must be a list with at least one secret.",
      "Give secrets: [newest, before].",
    );
  return secrets.map((apiKey) => new Signer({ appId, apiKey, encoding, algorithm, scheme })) as [
    Signer,
  ];
}

/** All sign where there is room, or as many as there is room for, beginning with another one each time. */
function turnOf(signers: [Signer, ...Signer[]], attempt: number): [Signer, ...Signer[]] {
  const most = signers[0].mostSignatures;
  if (signers.length <= most) return signers;
  const first = (attempt - 1) % signers.length;
  return [...signers.slice(first), ...signers.slice(0, first)].slice(0, most) as [Signer];
}

/** What the message says of itself is no endpoint's to say. */
const OURS =
  /^(?:content-.*|host|connection|transfer-encoding|user-agent|accept-encoding|expect|te|upgrade|trailer)$/;

/** The headers of an endpoint's own, in lower case. @throws ConfigurationError */
function ownHeaders({ headers = {} }: WebhookEndpoint): Record<string, string> {
  const lower = Object.entries(headers).map(
    ([name, value]) => [name.toLowerCase(), value] as const,
  );
  for (const [name, value] of lower)
    if (
      typeof value !== "string" ||
      !/^[!#$%&'*+.^_`|~0-9a-z-]+$/.test(name) ||
      !/^[\x20-\x7e]*$/.test(value) ||
      OURS.test(name)
    )
      throw headerError(name);
  return Object.fromEntries(lower);
}

function headerError(name: string): ConfigurationError {
  return new ConfigurationError(
    `headers.${/^[a-z-]{1,40}$/.test(name) ? name : "(a name)"}`,
    "cannot be a header of an endpoint.",
    "Give headers in printable US-ASCII that the message does not set itself.",
  );
}
