import { readApiKey } from "@lacre/core";
import { compareViews } from "./compare.js";
import type { Findings } from "./causes/cause.js";
import { CAUSES, causesOf } from "./causes/causes.js";
import { causesByHash, sha256Of } from "./hash-search.js";
import type { Explanation } from "./report.js";
import { tryMistakes, type Trial, type TrialKey } from "./trial.js";
import type { View } from "./view.js";

/** What the comparison may use beside the views. */
export interface Given {
  readonly keys: readonly TrialKey[];
  readonly judgedAtSeconds: number | undefined;
  readonly maxAgeSeconds: number;
}

/** Compares two views of one request and names what is known to make such a difference. */
export function explainViews(client: View, server: View, given: Given): Explanation {
  const trial = trialOf(client, server.mac, given.keys);
  const rows = compareViews(client, server);
  const { judgedAtSeconds, maxAgeSeconds } = given;
  const findings: Findings = { client, server, rows, trial, judgedAtSeconds, maxAgeSeconds };
  const causes = causesOf(findings);
  const good =
    rows.every(({ state }) => state !== "differs") &&
    (trial === undefined || trial.outcome === "fits") &&
    causes.every(({ alone }) => alone === true) &&
    client.fault === undefined &&
    server.fault === undefined;
  return {
    equal: good,
    client,
    server,
    serverSha256: undefined,
    rows,
    trial,
    keyFingerprints: fingerprintsOf(given),
    causes,
  };
}

/** The same where of the server's view only the hash is known, as its log has it. */
export function explainHash(client: View, serverSha256: string, given: Given): Explanation {
  const trial = trialOf(client, undefined, given.keys);
  const same = client.text !== undefined && sha256Of(client.text) === serverSha256;
  const { judgedAtSeconds, maxAgeSeconds } = given;
  const oneSided: Findings = {
    client,
    server: client,
    rows: [],
    trial,
    judgedAtSeconds,
    maxAgeSeconds,
  };
  const byHash = same ? [] : causesByHash(client.lines, serverSha256);
  const causes = [
    ...CAUSES.filter(({ id }) => byHash.includes(id)),
    ...causesOf(oneSided).filter(({ alone }) => same || alone !== true),
  ];
  const equal = same && (trial === undefined || trial.outcome === "fits");
  return {
    equal,
    client,
    server: undefined,
    serverSha256,
    rows: [],
    trial,
    keyFingerprints: fingerprintsOf(given),
    causes,
  };
}

const fingerprintsOf = ({ keys }: Given): string[] =>
  keys.map(({ text, encoding }) => readApiKey(text, encoding).fingerprint);

/** The best that any of the keys makes of the signature. */
function trialOf(
  client: View,
  serverMac: string | undefined,
  keys: readonly TrialKey[],
): Trial | undefined {
  const sent = client.mac ?? serverMac;
  const { text } = client;
  if (sent === undefined || text === undefined || keys.length === 0) return undefined;
  const trials = keys.map((key) => tryMistakes(sent, text, key));
  return (
    trials.find(({ outcome }) => outcome === "fits") ??
    trials.find(({ outcome }) => outcome === "explained") ??
    trials[0]
  );
}
