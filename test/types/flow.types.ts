/*
 * Proof that the wrong order of the flow does not compile. Never run: `tsc -p tsconfig.json` (npm run check) reads
 * it, and fails as well when a line below an expected error begins to compile.
 *
 *   SignableRequest → Claimed → Keyed → Authentic → Intact → Routed → Timely → Permitted → Fresh → Principal
 */
import { checkBody, checkBodyAtItsEnd } from "../../libs/core/src/stages/check-body.js";
import { checkPermission } from "../../libs/core/src/stages/check-permission.js";
import { compare } from "../../libs/core/src/stages/compare.js";
import type {
  Authentic,
  Claimed,
  Content,
  Fresh,
  Intact,
  Keyed,
  Permitted,
  Routed,
  Timely,
} from "../../libs/core/src/flow.js";
import type { SignableRequest } from "../../libs/core/src/http/signable-request.js";
import type { KeyStore } from "../../libs/core/src/ports/key-store.js";
import type { Principal } from "../../libs/core/src/principal.js";
import { principalOf } from "../../libs/core/src/stages/principal-of.js";
import { readClaims } from "../../libs/core/src/stages/read-claims.js";
import { checkWindow, rejectReplay, type ReplayRules } from "../../libs/core/src/stages/replay.js";
import { findApp, resolveKey } from "../../libs/core/src/stages/resolve-key.js";
import { checkRoute, type RoutePolicy } from "../../libs/core/src/stages/route-policy.js";
import type { Scheme } from "../../libs/core/src/scheme/scheme.js";

declare const scheme: Scheme;
declare const keys: KeyStore;
declare const rules: ReplayRules;
declare const content: Content;
declare const route: RoutePolicy;

declare const request: SignableRequest;
declare const claimed: Claimed;
declare const keyed: Keyed;
declare const authentic: Authentic;
declare const intact: Intact;
declare const routed: Routed;
declare const timely: Timely;
declare const permitted: Permitted;
declare const fresh: Fresh;

/** The one order that compiles. */
export async function rightOrder(): Promise<Principal> {
  const read: Claimed = readClaims(scheme, scheme.header, request);
  const withKeys: Keyed = resolveKey(
    read,
    await findApp(read.reading.claims.appId, scheme.name, keys),
    0,
  );
  const proven: Authentic = compare(withKeys, read.reading.text());
  const whole: Intact = checkBody(proven, content, await content.settle());
  const wholeAtItsEnd: Intact = checkBodyAtItsEnd(proven, content);
  const onItsRoute: Routed = checkRoute(whole, route);
  checkRoute(wholeAtItsEnd, route);
  const inTime: Timely = await checkWindow(onItsRoute, rules);
  const withScopes: Permitted = checkPermission(inTime, route.scopes);
  const once: Fresh = await rejectReplay(withScopes, rules);
  return principalOf(once);
}

/** A later stage is an earlier one too: what was proven stays proven. */
export const later: readonly Authentic[] = [intact, routed, timely, permitted, fresh];

/** Each stage refuses every type before the one that it takes. */
export async function wrongOrder(): Promise<void> {
  // @ts-expect-error a request has no claims before it is parsed
  resolveKey(request, undefined, 0);

  // @ts-expect-error no keys were looked up
  compare(claimed, "");
  // @ts-expect-error a request is not a Keyed
  compare(request, "");

  // @ts-expect-error no MAC was compared
  checkBody(claimed, content, 0);
  // @ts-expect-error no MAC was compared
  checkBody(keyed, content, 0);
  // @ts-expect-error no MAC was compared
  checkBodyAtItsEnd(keyed, content);

  // @ts-expect-error nothing is proven
  checkRoute(claimed, route);
  // @ts-expect-error no MAC was compared
  checkRoute(keyed, route);
  // @ts-expect-error the content was not compared
  checkRoute(authentic, route);

  // @ts-expect-error nothing is proven: a forger could burn nonces
  await checkWindow(claimed, rules);
  // @ts-expect-error no MAC was compared: a forger could burn nonces
  await checkWindow(keyed, rules);
  // @ts-expect-error the content was not compared: a changed copy could burn the nonce of the genuine one
  await checkWindow(authentic, rules);
  // @ts-expect-error the route was not asked
  await checkWindow(intact, rules);

  // @ts-expect-error the time was not judged: 403 would tell of a request that is too old
  checkPermission(routed, []);

  // @ts-expect-error no MAC was compared: a forger could burn nonces
  await rejectReplay(keyed, rules);
  // @ts-expect-error the time was not judged
  await rejectReplay(routed, rules);
  // @ts-expect-error the scopes were not: who lacks them would burn nonces
  await rejectReplay(timely, rules);

  // @ts-expect-error nothing is proven
  principalOf(claimed);
  // @ts-expect-error no MAC was compared
  principalOf(keyed);
  // @ts-expect-error may be a replay, on a wrong route, with other content
  principalOf(authentic);
  // @ts-expect-error may be a replay
  principalOf(intact);
  // @ts-expect-error may be a replay
  principalOf(routed);
  // @ts-expect-error may be a replay
  principalOf(permitted);
}

/** What a stage makes cannot be written by hand. */
export async function forged(): Promise<void> {
  const { scheme: made, head, claims, app, key, canonicalRequest } = authentic;
  const by = { scheme: made, head, claims, app, key, canonicalRequest };

  // @ts-expect-error only readClaims makes a Claimed
  resolveKey({ scheme, head: request, reading: claimed.reading }, undefined, 0);
  // @ts-expect-error only resolveKey makes a Keyed
  compare({ claimed, app, candidates: [key] }, canonicalRequest);
  // @ts-expect-error only compare makes an Authentic
  await checkBody(by, content);
  // @ts-expect-error only checkBody makes an Intact
  checkRoute(by, route);
  // @ts-expect-error only checkRoute makes a Routed
  await checkWindow(by, rules);
  // @ts-expect-error only checkPermission makes a Permitted
  await rejectReplay(by, rules);
  // @ts-expect-error only rejectReplay makes a Fresh
  principalOf(by);
  // @ts-expect-error a claim of the stage does not help either: its name is known to flow.ts alone
  principalOf({ ...by, stage: "fresh" });
  // @ts-expect-error nor does a copy of an earlier stage
  principalOf({ ...routed });
  // @ts-expect-error nor does an earlier stage under another annotation
  const renamed: Fresh = authentic;
  principalOf(renamed);
  // @ts-expect-error a stage that is still being decided is not decided
  principalOf(rejectReplay(permitted, rules));
  // @ts-expect-error nor is the content's
  checkRoute(checkBody(authentic, content), route);
}

/** What is proven stays as it was proven. */
export function changed(): void {
  // @ts-expect-error the app that was proven
  authentic.app = fresh.app;
  // @ts-expect-error the claims that were proven
  authentic.claims = claims;
  // @ts-expect-error the AppId that was signed
  authentic.claims.appId = "other";
  // @ts-expect-error the list that was signed
  authentic.claims.signedHeaders.push("x-role");
}
