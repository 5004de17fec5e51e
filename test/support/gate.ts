import {
  contentOf,
  MemoryKeyStore,
  MemoryNonceStore,
  Origins,
  readApps,
  receive,
  Refusal,
  Verifier,
  type AppDefinition,
  type NonceStore,
  type Principal,
  type RoutePolicy,
  type Scheme,
} from "@lacre/core";
import type { TestClock } from "./app.js";

/** A request as it arrives. */
export interface Arrival {
  readonly method?: string;
  readonly target?: string;
  readonly headers: readonly (readonly [string, string])[];
  readonly body?: string | Uint8Array;
}

/** A verifier of one scheme, with a memory of its own and a clock that is moved by hand. */
export class Gate {
  /** Every nonce that was claimed. */
  readonly claimed: string[] = [];
  readonly #scheme: Scheme;
  readonly #verifier: Verifier;

  constructor(
    scheme: Scheme,
    apps: readonly AppDefinition[],
    readonly clock: TestClock,
  ) {
    this.#scheme = scheme;
    const memory = new MemoryNonceStore({ clock, fence: false });
    const nonces: NonceStore = {
      claim: (key, expiresAtMs) => {
        this.claimed.push(key);
        return memory.claim(key, expiresAtMs);
      },
      hold: (key, expiresAtMs, doneUntilMs) => {
        this.claimed.push(key);
        return memory.hold(key, expiresAtMs, doneUntilMs);
      },
    };
    this.#verifier = new Verifier({
      schemes: [scheme],
      keys: new MemoryKeyStore(readApps(apps, [scheme])),
      nonces,
      window: { maxAgeSeconds: 300, futureSkewSeconds: 5, clockSpreadSeconds: 25 },
      clock,
    });
  }

  /** @throws Refusal */
  async admit(arrival: Arrival, policy: Partial<RoutePolicy> = {}): Promise<Principal> {
    const { method = "POST", target = "/", headers, body = "" } = arrival;
    const rawHeaders = [["Host", "a.test"] as const, ...headers].flat();
    const request = receive(
      { method, target, rawHeaders },
      { origins: Origins.of(["https://a.test"]), pathPrefix: "" },
    );
    const route = { schemes: [this.#scheme.name], signedHeaders: [], scopes: [], stream: false };
    return this.#verifier.verify(request, contentOf(Buffer.from(body)), { ...route, ...policy });
  }

  /** "accepted", or the code of the refusal; anything else that is thrown is a fault of ours. */
  async judge(arrival: Arrival, policy: Partial<RoutePolicy> = {}): Promise<string> {
    try {
      await this.admit(arrival, policy);
      return "accepted";
    } catch (error) {
      if (error instanceof Refusal) return error.code;
      throw error;
    }
  }
}
