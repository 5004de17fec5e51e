import { after, isPromise, type Maybe } from "./after.js";
import type { Authentic, Claimed, Content, Intact, Permitted } from "./flow.js";
import type { SignableRequest } from "./http/signable-request.js";
import { systemClock, type Clock } from "./ports/clock.js";
import type { Principal } from "./principal.js";
import type { ContentUse } from "./scheme/claims.js";
import { formOf } from "./scheme/scheme.js";
import { checkBody, checkBodyAtItsEnd, contentToMac } from "./stages/check-body.js";
import { checkPermission } from "./stages/check-permission.js";
import { chooseScheme, type Chosen } from "./stages/choose-scheme.js";
import { compare } from "./stages/compare.js";
import type { NonceClaim } from "./stages/nonce-claim.js";
import { principalOf } from "./stages/principal-of.js";
import { finishClaims, readClaims } from "./stages/read-claims.js";
import {
  checkWindow,
  refuseAbsurdTime,
  refuseTooOld,
  rejectReplay,
  type ReplayRules,
} from "./stages/replay.js";
import { findApp, resolveKey } from "./stages/resolve-key.js";
import { checkRoute, type RoutePolicy } from "./stages/route-policy.js";
import type { Standpoint, VerifierOptions } from "./stages/standpoint.js";

/**
 * The protocol, line by line: the numbers are the steps of docs/protocol.md section 9. Step 1 is `receive`, which makes
 * the `SignableRequest`.
 *
 * `Verification` takes a request through it, and remembers what need not be found out twice. The rule of the route is an
 * argument of every step that it decides. Whatever the steps throw is a refusal.
 */
export class Protocol {
  readonly #schemes: VerifierOptions["schemes"];
  readonly #keys: VerifierOptions["keys"];
  readonly #clock: Clock;
  readonly #standpoint: Standpoint;

  constructor({ schemes, keys, clock = systemClock }: VerifierOptions, standpoint: Standpoint) {
    this.#schemes = schemes;
    this.#keys = keys;
    this.#clock = clock;
    this.#standpoint = standpoint;
  }

  /** The scheme of the route that the request uses. */
  choose(request: SignableRequest, route: RoutePolicy): Chosen {
    return chooseScheme(request, this.#schemes, route.schemes); // 2
  }

  /** What the request says of itself. */
  read({ scheme, form }: Chosen, request: SignableRequest): Claimed {
    return readClaims(scheme, form, request); // 3
  }

  /** The same, where part of it stands in the content. */
  finish(claimed: Claimed, content: Content, { maxBodyBytes }: RoutePolicy): Maybe<Claimed> {
    return finishClaims(claimed, content, maxBodyBytes); // 3
  }

  /** From what the request says of itself to the proof of who made it. */
  authenticate(claimed: Claimed, content: Content, route: RoutePolicy): Maybe<Authentic> {
    const { scheme, reading } = claimed;
    const { claims: said } = reading;
    const nowMs = this.#clock.nowMs();
    refuseAbsurdTime(claimed, nowMs); // 4
    return after(findApp(said.appId, scheme.name, this.#keys), (app) => {
      const keyed = resolveKey(claimed, app, nowMs); // 5
      if (said.content.kind !== "maced") return compare(keyed, reading.text()); // 6, 7
      const maced = contentToMac(content, said.content.from, route.maxBodyBytes);
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
    const checked = this.checkContent(authentic, content, route); // 8
    return after(checked, (intact) => {
      const rules = this.#standpoint.replayRules(intact, nonce, route);
      return after(this.#permit(intact, rules, route), (permitted) => {
        const claimed = rejectReplay(permitted, rules); // 12
        return after(claimed, (fresh) => {
          // The store may have taken its time, and forgotten meanwhile what it knew of this request.
          refuseTooOld(fresh, rules.window, this.#clock.nowMs()); // 10, again
          return principalOf(fresh, rules.once);
        });
      });
    });
  }

  /** From the proof of the content to whether its sender may send it here: `admit` without the nonce. */
  permit(intact: Intact, nonce: NonceClaim, route: RoutePolicy): Maybe<Permitted> {
    return this.#permit(intact, this.#standpoint.replayRules(intact, nonce, route), route);
  }

  #permit(intact: Intact, rules: ReplayRules, route: RoutePolicy): Maybe<Permitted> {
    const routed = checkRoute(intact, route); // 9
    const timely = checkWindow(routed, rules); // 10
    return isPromise(timely)
      ? timely.then((judged) => checkPermission(judged, route.scopes)) // 11
      : checkPermission(timely, route.scopes); // 11
  }

  /** What must be known of the content of a request while it arrives, whichever of its schemes its route turns out to take. */
  contentUses(request: SignableRequest): readonly ContentUse[] {
    const uses: ContentUse[] = [];
    for (const scheme of this.#schemes) {
      const use = formOf(scheme, request)?.contentUse(request);
      if (use !== undefined && !uses.includes(use)) uses.push(use);
    }
    return uses;
  }
}
