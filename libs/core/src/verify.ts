import { randomUUID } from "node:crypto";
import { after, type Maybe } from "./after.js";
import { checkBody, checkBodyAtItsEnd, contentToMac } from "./stages/check-body.js";
import { checkScopes } from "./stages/check-scopes.js";
import { compare } from "./stages/compare.js";
import { Doubt } from "./stages/doubt.js";
import { ConfigurationError, type Refusal } from "./errors.js";
import type { Authentic, Claimed, Content, Intact } from "./flow.js";
import type { SignableRequest } from "./http/signable-request.js";
import { NO_ANSWER, NonceClaim } from "./stages/nonce-claim.js";
import { fenceOf, horizonOfWindow, isFenced } from "./stages/nonce-memory.js";
import { secondOf, systemClock, type Clock } from "./ports/clock.js";
import type { KeyStore } from "./ports/key-store.js";
import type { NonceNeeds, NonceStore } from "./ports/nonce-store.js";
import { principalOf } from "./stages/principal-of.js";
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
import type { Principal } from "./principal.js";
import type { ContentUse } from "./scheme/claims.js";
import { formOf, type Scheme } from "./scheme/scheme.js";
import { chooseScheme, type Chosen } from "./stages/choose-scheme.js";
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
  choose(request: SignableRequest, route: RoutePolicy): Chosen {
    return chooseScheme(request, this.#options.schemes, route.schemes); // 2
  }

  /** What the request says of itself. */
  read({ scheme, form }: Chosen, request: SignableRequest): Claimed {
    return readClaims(scheme, form, request); // 3
  }

  /** From what the request says of itself to the proof of who made it. */
  authenticate(claimed: Claimed, content: Content, route: RoutePolicy): Maybe<Authentic> {
    const { keys, clock } = this.#options;
    const { reading } = claimed;
    const { content: said } = reading.claims;
    const nowMs = clock.nowMs();
    refuseAbsurdTime(claimed, nowMs); // 4
    return after(findApp(claimed, keys), (app) => {
      const keyed = resolveKey(claimed, app, nowMs); // 5
      if (said.kind !== "maced") return compare(keyed, reading.text()); // 6, 7
      const maced = contentToMac(content, said.from, route.maxBodyBytes);
      return after(maced, (text) => compare(keyed, reading.text(text))); // 6, 7
    });
  }

  /** From the proof of the head to that of the content. */
  checkContent(
    authentic: Authentic,
    content: Content,
    { stream, maxBodyBytes }: RoutePolicy,
  ): Maybe<Intact> {
    if (stream) return checkBodyAtItsEnd(authentic, content, maxBodyBytes); // 8
    const settled = content.settle(maxBodyBytes);
    return after(settled, (byteLength) => checkBody(authentic, content, byteLength)); // 8
  }

  /** From the proof of the head to the principal, under the server's rule for where the request goes. */
  admit(
    authentic: Authentic,
    content: Content,
    nonce: NonceClaim,
    route: RoutePolicy,
  ): Maybe<Principal> {
    const { clock } = this.#options;
    const once = route.once === true;
    const checked = this.checkContent(authentic, content, route); // 8
    return after(checked, (intact) => {
      const routed = checkRoute(intact, route); // 9
      const window = this.#rememberedWindow(authentic.scheme, route);
      const rules = { window, nowMs: clock.nowMs(), nonce, once };
      const judged = checkWindow(routed, rules); // 10
      return after(judged, (timely) => {
        const permitted = checkScopes(timely, route.scopes); // 11
        const claimed = rejectReplay(permitted, rules); // 12
        return after(claimed, (fresh) => {
          // The store may have taken its time, and forgotten meanwhile what it knew of this request.
          refuseTooOld(fresh, window, clock.nowMs()); // 10, again
          return principalOf(fresh, once);
        });
      });
    });
  }

  /** The claim of this request's nonce, for as long as any route could accept the request. */
  nonceOf(authentic: Authentic): NonceClaim {
    const window = this.#remembered.get(authentic.scheme) as Window;
    const { nonces, clock } = this.#options;
    return new NonceClaim(authentic, { window, nonces, clock, doubt: this.#doubt });
  }

  /** What must be known of the content of a request while it arrives, whichever of its schemes its route turns out to take. */
  contentUses(request: SignableRequest): readonly ContentUse[] {
    const uses: ContentUse[] = [];
    for (const scheme of this.#options.schemes) {
      const use = formOf(scheme, request)?.contentUse(request);
      if (use !== undefined && !uses.includes(use)) uses.push(use);
    }
    return uses;
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
