import { secondOf, type Claims, type RefusalCode } from "@lacre/core";
import type { Bench, Judgement } from "./judge.js";

/** What came of one step of the verifier. */
export interface StepOutcome {
  /** 1 to 12, as docs/protocol.md section 9 counts them. */
  readonly step: number;
  /** As that section has it: `Take the head in`. */
  readonly name: string;
  /** `not-reached`: an earlier step has failed. `not-checked`: nobody can know it here. */
  readonly outcome: "passed" | "failed" | "not-reached" | "not-checked";
  /** What was found, for people. No key and no MAC. */
  readonly detail?: string;
}

const NONCE = 12;

/** Each step, with what is to be said of it where it has passed. */
const STEPS: readonly (readonly [
  name: string,
  found: (seen: Judgement, bench: Bench) => string,
])[] = [
  [
    "Take the head in",
    ({ received }, { origins }) =>
      `${received?.method} for ${received?.host}, ${origins.any ? "and any host is taken" : "which is one of the origins"}`,
  ],
  [
    "Choose the scheme",
    ({ scheme, claims }) =>
      `${scheme?.name}${claims?.presigned === undefined ? "" : ", in a presigned URL"}`,
  ],
  ["Parse", ({ claims }) => (claims === undefined ? "" : aboutClaims(claims))],
  ["Absurd time", () => "within a day of the judgement"],
  ["Key look-up", aboutKeys],
  [
    "Canonicalise",
    ({ verdict: { canonicalRequest = "", canonicalSha256 } }) =>
      `a text of ${canonicalRequest.length} bytes, SHA-256 ${canonicalSha256}`,
  ],
  ["Compare", ({ proof }) => `made with the key ${proof?.key.id} of ${proof?.app.appId}`],
  ["Body", () => "the content is what was signed"],
  ["Route policy", () => "the route takes it"],
  [
    "Window",
    ({ claims }, { clock }) =>
      `signed ${secondOf(clock.nowMs()) - (claims?.timestampSeconds ?? 0)} s before the judgement`,
  ],
  [
    "Networks and scopes",
    ({ proof }, { address, route: { scopes = [] } }) =>
      [
        ...(proof?.app.networks === undefined ? [] : [`the app may send from ${address}`]),
        scopes.length === 0 ? "no scope is asked for" : `the app has ${scopes.join(", ")}`,
      ].join(", and "),
  ],
  ["Nonce", () => "the request may be sent any number of times until its end"],
];

/** As docs/protocol.md section 9 has them, in order. */
export const STEP_NAMES: readonly string[] = STEPS.map(([name]) => name);

/** All twelve, in order. */
export function stepsOf(seen: Judgement, bench: Bench): StepOutcome[] {
  const { verdict } = seen;
  const failed = verdict.outcome === "refused" ? failedStep(seen, verdict.code) : undefined;
  return STEPS.map(([name, found], i) => {
    const step = i + 1;
    if (failed !== undefined && step > failed) return { step, name, outcome: "not-reached" };
    if (verdict.outcome === "refused" && step === failed) {
      const { message, note } = verdict;
      return {
        step,
        name,
        outcome: "failed",
        detail: note === undefined ? message : `${message}: ${note}`,
      };
    }
    if (step === NONCE && isGoodOnce(seen, bench)) return { step, name, ...NOT_CHECKED };
    return { step, name, outcome: "passed", detail: found(seen, bench) };
  });
}

const NOT_CHECKED = {
  outcome: "not-checked",
  detail:
    "whether the nonce was used before is for the server to know. Nothing was claimed here, so the request can still be sent",
} as const;

const isGoodOnce = ({ claims }: Judgement, { route }: Bench): boolean =>
  claims?.repeatable !== true || route.once === true;

/** Which step of those before the proof a code is of, parsing aside. Some is said of the choice only while parsing. */
const BEFORE_PROOF: Readonly<Partial<Record<RefusalCode, number>>> = {
  "credentials-missing": 2,
  "credentials-repeated": 2,
  "timestamp-absurd": 4,
  "content-too-large": 6,
  "content-incomplete": 6,
  "app-unknown": 7,
  "key-unusable": 7,
  "signature-mismatch": 7,
};

/** The same of those behind it, the body aside. */
const BEHIND_PROOF: Readonly<Partial<Record<RefusalCode, number>>> = {
  "scheme-refused": 9,
  "header-unsigned": 9,
  "timestamp-too-old": 10,
  "timestamp-too-new": 10,
  "network-not-allowed": 11,
  "scope-insufficient": 11,
};

function failedStep({ received, scheme, proof }: Judgement, code: RefusalCode): number {
  if (received === undefined) return 1;
  if (scheme === undefined) return 2;
  return proof === undefined ? (BEFORE_PROOF[code] ?? 3) : (BEHIND_PROOF[code] ?? 8);
}

const aboutClaims = ({ appId, timestampSeconds, signedHeaders }: Claims): string =>
  `says that ${appId} signed it at ${timestampSeconds}, with the headers ${signedHeaders.join(", ") || "none"}`;

function aboutKeys({ claims, scheme }: Judgement, { apps, clock }: Bench): string {
  const app = apps.find(({ appId }) => appId === claims?.appId);
  if (app === undefined)
    return `no app is called ${claims?.appId}: a key that opens nothing stands in, and step 7 refuses`;
  const algorithm = claims?.recipe.algorithm ?? "sha256";
  const live = app.keysFor(scheme?.name ?? "", algorithm, clock.nowMs()).map(({ id }) => id);
  return live.length === 0
    ? `${app.appId} has no live key for ${scheme?.name} with ${algorithm}: a key that opens nothing stands in, and step 7 refuses`
    : `${app.appId}, with the live keys ${live.join(" and ")}`;
}
