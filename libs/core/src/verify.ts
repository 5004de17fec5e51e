import { randomUUID } from "node:crypto";
import { checkBody, checkBodyAtItsEnd, contentToMac } from "./stages/check-body.js";
import { checkScopes } from "./stages/check-scopes.js";
import { compare } from "./stages/compare.js";
import { Doubt } from "./stages/doubt.js";
import { ConfigurationError, type Refusal } from "./errors.js";
import type { Authentic, Claims, Content, Intact, Principal } from "./flow.js";
import type { SignableRequest } from "./http/signable-request.js";
import { NO_ANSWER, NonceClaim } from "./stages/nonce-claim.js";
import { fenceOf, horizonOfWindow, isFenced } from "./stages/nonce-memory.js";
import { secondOf, systemClock, type Clock } from "./ports/clock.js";
import type { KeyStore } from "./ports/key-store.js";
import type { NonceNeeds, NonceStore } from "./ports/nonce-store.js";
import { principalOf } from "./stages/principal.js";
import { readClaims } from "./stages/read-claims.js";
import {
  checkWindow,
  isGoodOnce,
  refuseAbsurdTime,
  refuseTooOld,
  rejectReplay,
  timingOf,
  wasOutOfTime,
} from "./stages/replay.js";
import { findApp, resolveKey } from "./stages/resolve-key.js";
import { checkRoute, horizonOf, windowOf, type RoutePolicy } from "./stages/route-policy.js";
import { chooseScheme } from "./scheme-registry.js";
import type { Scheme } from "./scheme/scheme.js";
import { checkSeconds, checkWindowOf, type Window } from "./window.js";

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
}

/**
 * The protocol, line by line: the numbers are the steps of docs/protocol.md section 9. Step 1 is `receive`, which makes
 * the `SignableRequest`.
 *
 * `Verification` takes a request through it, and remembers what need not be found out twice. The rule of the route is an
 * argument of every step that it decides. Whatever the steps throw is a refusal.
 */
export class Protocol {
  readonly #options: Required<VerifierOptions>;
  readonly #doubt: Doubt;
  #probe: Promise<void> | undefined;
  /** The window of each scheme, with the longest age that any route takes. */
  readonly #remembered: ReadonlyMap<Scheme, Window>;

  constructor(options: VerifierOptions) {
    const { schemes, window, routes = [], clock = systemClock } = options;
    checkWindowOf(window, "window");
    for (const [i, { maxAgeSeconds = 0 }] of routes.entries())
      checkSeconds(maxAgeSeconds, `routes[${i}].maxAgeSeconds`);
    this.#options = { ...options, routes, clock };
    this.#doubt = new Doubt(options.keys);
    this.#remembered = new Map(
      schemes.map((each) => {
        const maxAgeSeconds = horizonOf(each, routes, window);
        return [each, { ...window, ...each.window, maxAgeSeconds }];
      }),
    );
  }

  /** The scheme of the route that the request uses. */
  choose(request: SignableRequest, route: RoutePolicy): Scheme {
    return chooseScheme(request, this.#options.schemes, route.schemes); // 2
  }

  /** What the request says of itself. */
  read(scheme: Scheme, request: SignableRequest): Claims {
    return readClaims(scheme, request); // 3
  }

  /** From what the request says of itself to the proof of who made it. */
  async authenticate(
    scheme: Scheme,
    claims: Claims,
    request: SignableRequest,
    content: Content,
    { maxBodyBytes }: RoutePolicy,
  ): Promise<Authentic> {
    const { keys, clock } = this.#options;
    const nowMs = clock.nowMs();
    refuseAbsurdTime(claims, nowMs); // 4
    const keyed = resolveKey(claims, await findApp(claims, keys), nowMs); // 5
    const maced =
      claims.content.kind === "maced"
        ? await contentToMac(content, claims.content.from, maxBodyBytes)
        : undefined;
    const canonicalRequest = scheme.canonicalise(request, claims, maced); // 6
    return compare(scheme, keyed, canonicalRequest, request); // 7
  }

  /** From the proof of the head to that of the content. */
  checkContent(
    authentic: Authentic,
    content: Content,
    { stream, maxBodyBytes }: RoutePolicy,
  ): Intact | Promise<Intact> {
    if (stream) return checkBodyAtItsEnd(authentic, content, maxBodyBytes); // 8
    const settled = content.settle(maxBodyBytes);
    return typeof settled === "number"
      ? checkBody(authentic, content, settled) // 8
      : settled.then((byteLength) => checkBody(authentic, content, byteLength));
  }

  /** From the proof of the head to the principal, under the server's rule for where the request goes. */
  async admit(
    scheme: Scheme,
    authentic: Authentic,
    content: Content,
    nonce: NonceClaim,
    route: RoutePolicy,
  ): Promise<Principal> {
    const intact = await this.checkContent(authentic, content, route); // 8
    const routed = checkRoute(intact, route); // 9
    const rules = {
      window: this.#rememberedWindow(scheme, route),
      nowMs: this.#options.clock.nowMs(),
      nonce,
      once: route.once === true,
    };
    const timely = await checkWindow(routed, rules); // 10
    const permitted = checkScopes(timely, route.scopes); // 11
    const fresh = await rejectReplay(permitted, rules); // 12
    // The store may have taken its time, and forgotten meanwhile what it knew of this request.
    refuseTooOld(fresh, rules.window, this.#options.clock.nowMs()); // 10, again
    return principalOf(fresh, rules.once);
  }

  /** The claim of this request's nonce, for as long as any route could accept the request. */
  nonceOf(scheme: Scheme, authentic: Authentic): NonceClaim {
    const window = this.#remembered.get(scheme) as Window;
    const { nonces, clock } = this.#options;
    return new NonceClaim(authentic, { scheme, window, nonces, clock, doubt: this.#doubt });
  }

  /** What must be known of nonces, and for how long, to judge by these rules. */
  get needs(): NonceNeeds {
    return {
      horizons: new Map(
        [...this.#remembered].map(([{ name }, window]) => [name, horizonOfWindow(window)]),
      ),
      clockSpreadSeconds: this.#options.window.clockSpreadSeconds,
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
  isOutOfTime(scheme: Scheme, claims: Claims): boolean {
    const window = this.#remembered.get(scheme) as Window;
    return wasOutOfTime(claims, window, secondOf(this.#options.clock.nowMs()));
  }

  /** What may be told of a refusal: in doubt, what a right MAC would be told. */
  answer(
    refusal: Refusal,
    { scheme, claims, proven }: { scheme: Scheme; claims: Claims; proven: Authentic | undefined },
    route: RoutePolicy,
  ): Refusal {
    const { nonces, clock } = this.#options;
    const window = windowOf(route, scheme, this.#options.window);
    const nowSeconds = secondOf(clock.nowMs());
    const wouldClaim =
      isGoodOnce(claims, route.once) && timingOf(claims, window, nowSeconds) !== "too-old";
    return this.#doubt.answer(refusal, {
      isProven: proven !== undefined,
      wouldClaim,
      isFenced: wouldClaim && isFenced(claims, nonces, window, nowSeconds),
      isClockOff: nonces.isClockOff === true,
    });
  }

  /** The window of a route. A rule that was not announced may not accept what has been forgotten. */
  #rememberedWindow(scheme: Scheme, route: RoutePolicy): Window {
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
}
