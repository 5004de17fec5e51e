import { checkBody, checkBodyAtItsEnd, contentToMac } from "./check-body.js";
import { compare } from "./compare.js";
import { Doubt } from "./doubt.js";
import type { Authentic, Content, Principal } from "./flow.js";
import type { SignableRequest } from "./http/signable-request.js";
import { systemClock, type Clock } from "./ports/clock.js";
import type { KeyStore } from "./ports/key-store.js";
import type { NonceStore } from "./ports/nonce-store.js";
import { principalOf } from "./principal.js";
import { refuseAbsurdTime, rejectReplay } from "./replay.js";
import type { Window } from "./window.js";
import { findApp, resolveKey } from "./resolve-key.js";
import { checkRoute, windowOf, type RoutePolicy } from "./route-policy.js";
import { chooseScheme } from "./schemes/registry.js";
import type { Scheme } from "./schemes/scheme.js";

/** What a verifier works with. */
export interface VerifierOptions {
  readonly schemes: readonly Scheme[];
  readonly keys: KeyStore;
  readonly nonces: NonceStore;
  readonly window: Window;
  readonly clock?: Clock;
}

/**
 * The protocol, line by line: the numbers are the steps of docs/protocol.md section 9. Step 1 is `receive`, which makes
 * the `SignableRequest`.
 *
 * `authenticate` needs the head of the request alone, unless the scheme's MAC covers the content; `admit` needs the
 * content and the route. Whatever they throw is a refusal.
 */
export class Verifier {
  readonly #schemes: readonly Scheme[];
  readonly #keys: KeyStore;
  readonly #nonces: NonceStore;
  readonly #window: Window;
  readonly #clock: Clock;
  readonly #doubt: Doubt;

  constructor({ schemes, keys, nonces, window, clock = systemClock }: VerifierOptions) {
    this.#schemes = schemes;
    this.#keys = keys;
    this.#nonces = nonces;
    this.#window = window;
    this.#clock = clock;
    this.#doubt = new Doubt({ keys, nonces, window, clock });
  }

  /** From the head of a request to the proof of who made it. */
  async authenticate(request: SignableRequest, content: Content): Promise<Authentic> {
    const nowMs = this.#clock.nowMs();
    try {
      const scheme = chooseScheme(request, this.#schemes); // 2
      const claims = scheme.parse(request); // 3
      refuseAbsurdTime(claims, nowMs); // 4
      const keyed = resolveKey(claims, await findApp(claims, this.#keys), nowMs); // 5
      const maced =
        claims.content.kind === "maced"
          ? await contentToMac(content, claims.content.from)
          : undefined;
      const canonicalRequest = scheme.canonicalise(request, claims, maced); // 6
      return compare(scheme, keyed, canonicalRequest, request); // 7
    } catch (error) {
      throw this.#doubt.answer(error);
    }
  }

  /** From the proof to the principal. `route` is the server's rule for where the request goes. */
  async admit(authentic: Authentic, content: Content, route: RoutePolicy): Promise<Principal> {
    try {
      const intact = route.stream
        ? checkBodyAtItsEnd(authentic, content)
        : checkBody(authentic, content, await content.settle()); // 8
      const routed = checkRoute(intact, route); // 9
      const fresh = await rejectReplay(routed, {
        window: windowOf(route, this.#schemeWindow(routed), this.#window),
        once: route.once === true,
        nonces: this.#nonces,
        nowMs: this.#clock.nowMs(),
      }); // 10
      this.#doubt.noncesAnswered();
      return principalOf(fresh, route.scopes); // 11
    } catch (error) {
      throw this.#doubt.answer(error);
    }
  }

  /** How long the scheme itself takes a request, where it has its own custom. */
  #schemeWindow({ claims }: Authentic): Scheme["window"] {
    return this.#schemes.find(({ name }) => name === claims.scheme)?.window;
  }

  /** Both halves, for content that is all there. */
  async verify(request: SignableRequest, content: Content, route: RoutePolicy): Promise<Principal> {
    return this.admit(await this.authenticate(request, content), content, route);
  }
}
