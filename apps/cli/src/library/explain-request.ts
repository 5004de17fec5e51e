import type { Claims, Key } from "@lacre/core";
import type { Cause, Party } from "../explain/causes/cause.js";
import { explainAlone, explainViews, givenBy } from "../explain/explain.js";
import type { Explanation } from "../explain/explanation.js";
import type { Format } from "../explain/format.js";
import type { TrialKey } from "../explain/mistakes.js";
import { rowsData, type RowData } from "../explain/report.js";
import { viewOfRequest } from "../explain/request-view.js";
import type { Trial } from "../explain/trial.js";
import type { View } from "../explain/view.js";
import { judge, type Judgement } from "../judge.js";
import { causesOf, type LikelyCauses } from "./causes-of.js";
import { checkedOf, type CheckedRequest } from "./check-steps.js";
import { viewOfSignedText } from "./difference.js";
import { noteForCaller } from "./note-for-caller.js";
import { wholeOf, type RecordedRequest } from "./read-request.js";
import { readTerms, type ReadApp, type ReadTerms, type Terms } from "./terms.js";

/** Something that is known to happen, and fits this request. */
export interface FoundCause {
  /** A name that does not change: `key-with-line-end`. */
  readonly id: string;
  readonly says: string;
  /** What to change. */
  readonly cure: string;
  /** Who can, the likeliest first. `proxy`: whatever stands between caller and server. */
  readonly concerns: readonly Party[];
}

/** Why a request is refused. Holds no key, and no MAC but what the request itself shows. */
export interface ExplainedRequest {
  readonly checked: CheckedRequest;
  /**
   * What came of holding the signature against the keys: `explained` where a known mistake, or another text, makes it;
   * undefined where it could not be tried, and where a dead key of the app made it.
   */
  readonly signature?: Trial["outcome"];
  /** What fits, most likely first. */
  readonly causes: readonly FoundCause[];
  /** What is usual behind such a refusal; undefined where the request is accepted. */
  readonly likely?: LikelyCauses;
  /** What was signed (`client`) beside what was sent (`server`), where the signature tells that they differ. */
  readonly rows: readonly RowData[];
  /** Of the keys that were tried, eight hex digits each. */
  readonly keyFingerprints: readonly string[];
  /** All of it that concerns the caller's developer, as plain text. */
  readonly note: string;
}

/**
 * Finds out why a request is refused, as `lacre explain` does: known mistakes with keys, texts and encodings are made
 * again until the signature fits. Of an `App` the keys cannot be seen, so mistakes with the text of a key are found only
 * where an `AppDefinition` says it. Computes without a pause, mostly for half a second, and for up to some seconds.
 * @throws ConfigurationError, as a rejection, for terms that no server could have; UsageError for a `signedText` that
 *   is none of the request's scheme
 */
export async function explain(request: RecordedRequest, terms: Terms): Promise<ExplainedRequest> {
  const read = readTerms(terms, request);
  const seen = await judge(wholeOf(request), read.bench);
  const checked = checkedOf(seen, read, terms.signedText);
  // A key of the app made the signature: no mistake is to be looked for.
  const isByDeadKey =
    checked.verdict.outcome === "refused" && checked.verdict.deadKey !== undefined;
  const found = isByDeadKey ? undefined : findingsOf(request, seen, read, terms);
  const likely = checked.verdict.outcome === "accepted" ? undefined : likelyOf(checked, seen);
  return {
    checked,
    ...(found?.trial !== undefined && { signature: found.trial.outcome }),
    causes: (found?.causes ?? []).map(dataOf),
    ...(likely !== undefined && { likely }),
    rows: rowsData(found?.rows ?? []),
    keyFingerprints: found?.keyFingerprints ?? [],
    note: noteForCaller(request, checked, found),
  };
}

const dataOf = ({ id, says, cure, concerns = ["caller"] }: Cause): FoundCause => ({
  id,
  says,
  cure,
  concerns,
});

const likelyOf = ({ verdict, proven }: CheckedRequest, { scheme }: Judgement) =>
  verdict.outcome === "accepted" ? undefined : causesOf({ ...verdict, scheme, proven });

/** By the scheme of the request, or the first where it shows none. Undefined where there is no scheme at all. */
function findingsOf(
  request: RecordedRequest,
  seen: Judgement,
  read: ReadTerms,
  { signedText, atSeconds, maxAgeSeconds, origins = [] }: Terms,
): Explanation | undefined {
  const [only] = read.formats;
  const format = read.formats.find(({ scheme }) => scheme === seen.scheme) ?? only;
  if (format === undefined) return undefined;
  const { verdict, claims } = seen;
  const view = viewOfRequest(request.kind, wholeOf(request), format);
  const isLate = verdict.outcome === "refused" && verdict.code.startsWith("timestamp-");
  const given = givenBy({
    scheme: format.scheme,
    keys: keysOf(view, claims, format, read),
    appId: read.apps.length === 1 ? read.apps[0]?.app.appId : undefined,
    origins: origins === "*" ? [] : origins,
    maxAgeSeconds,
    judgedAtSeconds: isLate ? atSeconds : undefined,
  });
  if (signedText === undefined) return explainAlone(view, given);
  const compared = explainViews(viewOfSignedText(signedText, format.layout), view, given);
  return { ...compared, causes: compared.causes.filter(({ alone }) => alone !== true) };
}

/** The live keys of the app that the request names, or of the only one there is. */
function keysOf(
  view: View,
  claims: Claims | undefined,
  { scheme }: Format,
  { apps, bench }: ReadTerms,
): TrialKey[] {
  const appId = claims?.appId ?? view.lines.appId?.[0];
  const named =
    apps.find(({ app }) => app.appId === appId) ?? (apps.length === 1 ? apps[0] : undefined);
  const algorithm = (claims?.recipe ?? view.recipe)?.algorithm ?? "sha256";
  const live = named?.app.keysFor(scheme.name, algorithm, bench.clock.nowMs()) ?? [];
  return live.map((key) => writtenOf(named as ReadApp, key) ?? { secret: key.secret });
}

function writtenOf({ app, definition }: ReadApp, key: Key): TrialKey | undefined {
  const { apiKey, encoding = "lk1" } =
    definition?.keys?.[app.keys.indexOf(key)] ?? definition ?? {};
  return apiKey === undefined ? undefined : { text: apiKey, encoding };
}
