import { readApiKey, type Scheme } from "@lacre/core";
import type { Cause, Findings } from "./causes/cause.js";
import { causesOf } from "./causes/causes.js";
import { compareViews, type Row } from "./compare.js";
import type { Explanation } from "./explanation.js";
import { candidateOfHash, sha256Of } from "./hash-search.js";
import { ANY_KEY_LENGTH } from "./any-key-length.js";
import type { TrialKey } from "./mistakes.js";
import type { Candidate } from "./candidate.js";
import type { Trial } from "./trial.js";
import { tryMistakes } from "./try-mistakes.js";
import { NO_HINTS, type Hints } from "./variants.js";
import type { View } from "./view.js";

/** What the comparison may use beside the views. */
export interface Given {
  readonly keys: readonly TrialKey[];
  readonly judgedAtSeconds: number | undefined;
  readonly maxAgeSeconds: number;
  readonly hints?: Hints;
}

/** What is known of the one who judged. */
interface Judge {
  readonly scheme: Scheme;
  readonly keys: readonly TrialKey[];
  readonly appId: string | undefined;
  readonly origins: readonly string[];
  readonly maxAgeSeconds: number | undefined;
  /** Undefined where nothing is to be said of the time. */
  readonly judgedAtSeconds: number | undefined;
}

/** The same for a comparison. */
export const givenBy = ({ scheme, appId, origins, maxAgeSeconds, ...judge }: Judge): Given => ({
  ...judge,
  maxAgeSeconds: maxAgeSeconds ?? scheme.window?.maxAgeSeconds ?? 300,
  hints: { appId, hosts: origins.map((origin) => origin.replace(/^https?:\/\//i, "")) },
});

/** Compares two views of one request and names what is known to make such a difference. */
export function explainViews(client: View, server: View, given: Given): Explanation {
  const trial = trialOf(client, server, given);
  const rows = compareViews(client, server);
  const signed = signedOf(client, trial);
  const causes = merged([
    findingsOf(client, server, rows, trial, given),
    ...(signed === undefined
      ? []
      : [findingsOf(signed, client, compareViews(signed, client), trial, given)]),
  ]);
  const equal =
    rows.every(({ state }) => state !== "differs") &&
    (trial === undefined || trial.outcome === "fits") &&
    causes.every(({ alone }) => alone === true) &&
    client.fault === undefined &&
    server.fault === undefined;
  return { ...about(given), equal, client, server, signed, rows, trial, causes };
}

/** The same where of the server's view only the hash is known, as its log has it. */
export function explainHash(client: View, serverSha256: string, given: Given): Explanation {
  const trial = trialOf(client, undefined, given);
  const same = client.text !== undefined && sha256Of(client.text) === serverSha256;
  const candidate = same ? undefined : candidateOfHash(client, serverSha256);
  const found = candidate === undefined ? undefined : viewOf(client, candidate);
  const rows = found === undefined ? [] : compareViews(client, found);
  const signed = signedOf(client, trial);
  const causes = merged([
    findingsOf(client, found ?? client, rows, trial, given),
    ...(signed === undefined
      ? []
      : [findingsOf(signed, client, compareViews(signed, client), trial, given)]),
  ]).filter(({ alone }) => same || alone !== true);
  const equal = same && (trial === undefined || trial.outcome === "fits");
  return { ...about(given), equal, client, serverSha256, found, signed, rows, trial, causes };
}

/** One view alone: the signature tells, under the key, what was signed. */
export function explainAlone(view: View, given: Given): Explanation {
  const trial = trialOf(view, undefined, given);
  const signed = signedOf(view, trial);
  const rows = signed === undefined ? [] : compareViews(signed, view);
  const causes = merged([findingsOf(signed ?? view, view, rows, trial, given)]).filter(
    ({ alone }) => alone !== true,
  );
  const equal = trial?.outcome === "fits" && causes.length === 0 && view.fault === undefined;
  return { ...about(given), equal, client: view, signed, rows, trial, causes };
}

const about = ({ keys }: Given): Pick<Explanation, "keyFingerprints"> => ({
  keyFingerprints: keys.map(fingerprintOf),
});

const fingerprintOf = (key: TrialKey): string =>
  ("secret" in key ? key.secret : readApiKey(key.text, key.encoding, ANY_KEY_LENGTH)).fingerprint;

const findingsOf = (
  client: View,
  server: View,
  rows: readonly Row[],
  trial: Trial | undefined,
  { judgedAtSeconds, maxAgeSeconds }: Given,
): Findings => ({ client, server, rows, trial, judgedAtSeconds, maxAgeSeconds });

/** Each cause once; what is no fault only where there is none. */
function merged(all: readonly Findings[]): Cause[] {
  const causes = [...new Set(all.flatMap((findings) => causesOf(findings)))];
  const faults = causes.filter(({ alone }) => alone !== true);
  return faults.length > 0 ? faults : causes;
}

/** What was signed in place of the view's text, where that was found. */
const signedOf = (view: View, trial: Trial | undefined): View | undefined =>
  trial?.outcome === "explained" && trial.signed !== undefined
    ? viewOf(view, trial.signed)
    : undefined;

const viewOf = (view: View, { lines, content }: Candidate): View => ({
  ...view,
  lines,
  content,
  text: view.layout.write(lines),
  fault: undefined,
});

/** The best that any of the keys makes of the signature. */
function trialOf(
  client: View,
  server: View | undefined,
  { keys, hints = NO_HINTS }: Given,
): Trial | undefined {
  const sender = client.macs.length > 0 ? client : server;
  const recipe = sender?.recipe ?? client.recipe;
  if (sender === undefined || recipe === undefined || client.text === undefined) return undefined;
  const { macs } = sender;
  if (macs.length === 0 || keys.length === 0) return undefined;
  const trials = keys.map((key) => tryMistakes({ macs, recipe }, client, key, hints));
  return (
    trials.find(({ outcome }) => outcome === "fits") ??
    trials.find(({ outcome }) => outcome === "explained") ??
    trials[0]
  );
}
