import type {
  Clock,
  Front,
  KeyStore,
  NonceStore,
  Observer,
  RoutePolicy,
  Scheme,
  Window,
} from "@lacre/core";

/** What a gate works with: options once read. */
export interface GateSettings {
  readonly schemes: readonly Scheme[];
  readonly keys: KeyStore;
  readonly nonces: NonceStore;
  readonly front: Front;
  readonly window: Window;
  readonly clock: Clock;
  /** How much content a route takes that says nothing of it, streamed routes excepted. */
  readonly maxBodyBytes: number;
  /** Whether the answers to all authentic requests are signed, presigned URLs excepted. */
  readonly signResponses: boolean;
  readonly maxAnswerBytes: number;
  readonly observer: Observer | undefined;
  readonly respondDiagnostics: boolean;
  /** Whether proxies are known, and so the addresses behind them. */
  readonly hasTrustedProxies: boolean;
  readonly isTrustedProxy: (address: string | undefined) => boolean;
}

/** What a gate must know of all routes before the first request. */
export interface GateRules {
  /** Every rule that a request may be held to. */
  readonly policies: readonly RoutePolicy[];
  /** For requests whose route has no rule of its own, or is not known yet. */
  readonly defaultPolicy: RoutePolicy;
  /** The most content that any route takes, in bytes. */
  readonly largestBodyBytes: number;
  /** Whether any answer is signed. */
  readonly signsAny: boolean;
}
