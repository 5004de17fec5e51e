import { randomUUID } from "node:crypto";
import { ConfigurationError, type Refusal } from "../errors.js";
import type { Authentic, Claimed } from "../flow.js";
import { secondOf, systemClock, type Clock } from "../ports/clock.js";
import type { KeyStore } from "../ports/key-store.js";
import type { NonceNeeds, NonceStore } from "../ports/nonce-store.js";
import type { Scheme } from "../scheme/scheme.js";
import { checkSeconds, checkWindowOf, type Window } from "../window.js";
import { Doubt } from "./doubt.js";
import { NO_ANSWER, NonceClaim } from "./nonce-claim.js";
import { fenceOf, horizonOfWindow, isFenced } from "./nonce-memory.js";
import { wasOutOfTime } from "./out-of-time.js";
import { isGoodOnce, timingOf, type ReplayRules } from "./replay.js";
import type { RoutePolicy } from "./route-policy.js";
import { customWindow, horizonOf, windowOf } from "./route-window.js";
import { TimedNonceClaim } from "./timed-nonce-claim.js";

const NOT_NEW = "the nonce store says of a new nonce that it has seen it";

/** What a verifier works with. */
export interface VerifierOptions {
  readonly schemes: readonly Scheme[];
  readonly keys: KeyStore;
  readonly nonces: NonceStore;
  /** The server's own; a scheme's custom and a route's age come before it. */
  readonly window: Window;
  readonly clock?: Clock;
  /** The rules of all routes: a nonce is remembered for as long as any of them could accept it. None unless given. */
  readonly routes?: readonly RoutePolicy[];
  /** Whether it is measured how long each claim takes. Not unless set. */
  readonly measuresClaims?: boolean;
}

/** What a verifier knows beside the request: its windows, the memory of nonces, and whether a store is in doubt. */
export class Standpoint {
  readonly #options: Required<VerifierOptions>;
  readonly #doubt: Doubt;
  /** Whether claims are given back. */
  readonly #holds: boolean;
  #probe: Promise<void> | undefined;
  /** The window of each scheme, with the longest age that any route takes. */
  readonly #remembered: ReadonlyMap<Scheme, Window>;

  constructor(options: VerifierOptions) {
    const { schemes, window, routes = [], clock = systemClock, measuresClaims = false } = options;
    checkWindowOf(window, "window");
    for (const [i, { maxAgeSeconds = 0 }] of routes.entries())
      checkSeconds(maxAgeSeconds, `routes[${i}].maxAgeSeconds`);
    this.#holds = asksForHolds(schemes, options.nonces);
    this.#options = { ...options, routes, clock, measuresClaims };
    this.#doubt = new Doubt(options.keys);
    this.#remembered = new Map(
      schemes.map((each) => {
        const maxAgeSeconds = horizonOf(each, routes, window);
        return [each, { ...customWindow(each, window), maxAgeSeconds }];
      }),
    );
  }

  /** The claim of this request's nonce, for as long as any route could accept the request. */
  claimOf(authentic: Authentic): NonceClaim {
    const window = this.#remembered.get(authentic.scheme) as Window;
    const { nonces, clock, measuresClaims } = this.#options;
    const settings = { window, nonces, clock, doubt: this.#doubt };
    return new (measuresClaims ? TimedNonceClaim : NonceClaim)(authentic, settings);
  }

  /**
   * The window of a route.
   * @throws ConfigurationError for a rule that was not announced, and would accept what has been forgotten
   */
  windowOf(scheme: Scheme, route: RoutePolicy): Window {
    const window = windowOf(route, scheme, this.#options.window);
    const { maxAgeSeconds: horizon } = this.#remembered.get(scheme) as Window;
    checkSeconds(window.maxAgeSeconds, "maxAgeSeconds");
    if (window.maxAgeSeconds <= horizon) return window;
    throw new ConfigurationError(
      "routes",
      `a route takes requests of ${scheme.name} that are ${window.maxAgeSeconds} s old, and nonces are remembered for ${horizon} s.`,
      "Name every route's rule when the verifier is made.",
    );
  }

  /**
   * What a request is held against now, on a route.
   * @throws ConfigurationError as `windowOf` does
   */
  replayRules({ scheme }: Authentic, nonce: NonceClaim, route: RoutePolicy): ReplayRules {
    const window = this.windowOf(scheme, route);
    return { window, nowMs: this.#options.clock.nowMs(), nonce, once: route.once === true };
  }

  /** What must be known of nonces, and for how long, to judge by these rules. */
  get needs(): NonceNeeds {
    return {
      horizons: new Map(
        [...this.#remembered].map(([{ name }, window]) => [name, horizonOfWindow(window)]),
      ),
      clockSpreadSeconds: this.#options.window.clockSpreadSeconds,
      ...(this.#holds && { holds: true }),
    };
  }

  /** How long the fence still is, for the scheme for which it is longest. */
  get fencedForSeconds(): number {
    const { nonces, clock } = this.#options;
    const fences = [...this.#remembered].map(([{ name }, window]) => fenceOf(name, nonces, window));
    return Math.max(0, Math.max(...fences) + 1 - secondOf(clock.nowMs()));
  }

  /**
   * Claims a nonce that nobody sends, once for all who ask at the same time. What comes of it counts as that of a request
   * would.
   * @throws what the store throws
   */
  probeNonces(): Promise<void> {
    return (this.#probe ??= this.#probeNonces().finally(() => (this.#probe = undefined)));
  }

  async #probeNonces(): Promise<void> {
    const { nonces, clock } = this.#options;
    try {
      // The line feed is in no AppId, so no request can have this key.
      const answer = await nonces.claim(`\nhealth ${randomUUID()}`, clock.nowMs() + 1000);
      if (answer !== "fresh") throw new Error(answer === "seen" ? NOT_NEW : NO_ANSWER);
      this.#doubt.noncesAnswered();
    } catch (error) {
      this.#doubt.noncesFailed();
      throw error;
    }
  }

  /** Whether the claimed time is outside of every route's window, and was so when the request was sent. */
  isOutOfTime({ scheme, reading }: Claimed): boolean {
    const window = this.#remembered.get(scheme) as Window;
    return wasOutOfTime(reading.claims, window, secondOf(this.#options.clock.nowMs()));
  }

  /**
   * What may be told of a refusal: in doubt, what a right MAC would be told.
   * @param isProven whether the MAC was right
   */
  answer(
    refusal: Refusal,
    { scheme, reading: { claims } }: Claimed,
    isProven: boolean,
    route: RoutePolicy,
  ): Refusal {
    const { nonces, clock } = this.#options;
    const window = windowOf(route, scheme, this.#options.window);
    const nowSeconds = secondOf(clock.nowMs());
    const wouldClaim =
      isGoodOnce(claims, route.once) && timingOf(claims, window, nowSeconds) !== "too-old";
    return this.#doubt.answer(refusal, {
      isProven,
      wouldClaim,
      isFenced: wouldClaim && isFenced(claims, scheme.name, nonces, window, nowSeconds),
      isClockOff: nonces.isClockOff === true,
    });
  }
}

/**
 * Whether a scheme has claims given back.
 * @throws ConfigurationError for a store that cannot do that
 */
function asksForHolds(schemes: readonly Scheme[], nonces: NonceStore): boolean {
  const asking = schemes.find(({ redelivery }) => redelivery !== undefined);
  if (asking === undefined || typeof nonces.hold === "function") return asking !== undefined;
  throw new ConfigurationError(
    "nonces",
    `the store cannot give a claim back (it has no hold), and the scheme ${asking.name} asks for that: a message whose handler failed may come again, or a repeat is acknowledged.`,
    'Give the store the verb hold, use one of @lacre/stores, or set retryFailed: false and duplicates: "refuse" in the options of the scheme.',
  );
}
