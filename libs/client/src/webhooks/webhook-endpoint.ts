import type { KeyEncoding, MacAlgorithm, Scheme } from "@lacre/core";

/** Where messages go, and what signs them. Read again before each attempt, so a change counts at once. */
export interface WebhookEndpoint {
  /** Absolute, https unless `allowHttp`. */
  readonly url: string;
  /**
   * What signs. During a rotation the new secret first, then the one before: both sign where the format has room for
   * several signatures, and by turns, one attempt each, where it has room for one.
   */
  readonly secrets: readonly string[];
  /** How the secrets are written; as the sender says, or else as the scheme's usually are. */
  readonly encoding?: KeyEncoding;
  /** The hash, where the format has several; as the sender says, or else as the scheme's usually is. */
  readonly algorithm?: MacAlgorithm;
  /** The format; the sender's unless given. */
  readonly scheme?: Scheme;
  /** Headers of the endpoint's own, such as a token that it wants. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** Something that is to be told. */
export interface WebhookMessage {
  /** Stays the same however often it is sent. */
  readonly id: string;
  /** The exact bytes. */
  readonly content: Uint8Array;
  /** `application/json` unless given. */
  readonly contentType?: string;
}

/** The endpoints by their ids, or what finds one: undefined where there is none. Errors are a failed attempt. */
export type WebhookEndpoints =
  | Readonly<Record<string, WebhookEndpoint>>
  | ((endpointId: string) => FoundEndpoint | Promise<FoundEndpoint>);

/** Undefined or null where there is no such endpoint. */
type FoundEndpoint = WebhookEndpoint | undefined | null;
