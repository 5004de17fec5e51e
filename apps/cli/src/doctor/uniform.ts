import { randomUUID } from "node:crypto";
import { headerOf } from "./checks.js";
import type { Check, Finding } from "./finding.js";
import { withHeader, withoutHeader, type Dose, type Patient, type Reaction } from "./patient.js";

/** One time, a right signature and a wrong one: these two must look alike to the last header. */
const OLD = "an hour old";
const FORGED = "an hour old, wrong signature";

/** Everything that must look alike from outside, whatever is wrong. */
const refusalsOf = (patient: Patient): readonly (readonly [string, Dose])[] => [
  ["no credentials", withoutHeader(patient.prepare(), "authorization")],
  ["garbage", withHeader(patient.prepare(), "authorization", garbled)],
  ["unknown app", patient.prepare({ appId: `nobody-${randomUUID()}` })],
  ["wrong signature", withHeader(patient.prepare(), "authorization", withOtherEnd)],
  [OLD, patient.prepare({ secondsOff: -3600 })],
  [FORGED, withHeader(patient.prepare({ secondsOff: -3600 }), "authorization", withOtherEnd)],
  ["two days old", patient.prepare({ secondsOff: -172_800 })],
  ["an hour early", patient.prepare({ secondsOff: 3600 })],
];

/** Where the name does not go on as "a request with" does. */
const SENT: Readonly<Record<string, string>> = {
  garbage: "a request with garbage for credentials",
  "unknown app": "a request of an unknown app",
  "wrong signature": "a request with a wrong signature",
  [OLD]: "a request signed an hour ago",
  [FORGED]: "a request signed an hour ago, with a wrong signature",
  "two days old": "a request signed two days ago",
  "an hour early": "a request signed for an hour from now",
};

const garbled = (value: string): string => `${value.split(" ", 1)[0]} garbage`;
/** The last digit of the signature is another one. */
const withOtherEnd = (value: string): string =>
  value.slice(0, -1) + (value.endsWith("0") ? "1" : "0");

/**
 * Whether refusals look alike: status, body and names of headers. A difference tells an attacker how far a guess came.
 * Timing is not judged: from outside, over a network, it says nothing that could be relied on.
 */
export const uniformRefusals: Check = async (patient) => {
  const reactions: (readonly [string, Reaction])[] = [];
  for (const [name, dose] of refusalsOf(patient)) reactions.push([name, await patient.give(dose)]);
  const findings: Finding[] = reactions.map(([name, { status, words }]) => ({
    name: `refused: ${name}`,
    sent: SENT[name] ?? `a request with ${name}`,
    expected: "401",
    seen: words,
    ...(status === 401
      ? { verdict: "good" }
      : status === 503 || status === 429
        ? { verdict: "not checked" }
        : { verdict: "bad", cure: "This must be refused with 401." }),
  }));
  return [...findings, uniformity(reactions)];
};

const ASPECTS: readonly (readonly [string, (reaction: Reaction) => string])[] = [
  ["status", ({ words }) => words],
  ["names of headers", ({ answer }) => namesIn(answer?.rawHeaders ?? [])],
  ["challenge", ({ answer }) => headerOf(answer?.rawHeaders ?? [], "www-authenticate") ?? ""],
  ["body", bodyOf],
];

function uniformity(reactions: readonly (readonly [string, Reaction])[]): Finding {
  const [[first, norm] = ["", undefined]] = reactions;
  const differences = reactions.flatMap(([name, reaction]) =>
    ASPECTS.flatMap(([aspect, read]) =>
      norm !== undefined && read(reaction) !== read(norm) ? [`${name}: another ${aspect}`] : [],
    ),
  );
  const saysOf = (wanted: string): string | undefined =>
    clockOf(reactions.find(([name]) => name === wanted)?.[1]);
  if (saysOf(OLD) !== saysOf(FORGED)) differences.push(`${FORGED}: another Lacre-Clock`);
  const finding = {
    name: "uniform refusals",
    sent: "all of these",
    expected: `the same status, body and names of headers as for ${first}`,
  };
  return differences.length === 0
    ? { ...finding, seen: "all alike", verdict: "good" }
    : {
        ...finding,
        seen: differences.join("; "),
        verdict: "bad",
        cure: "Answer every 401 alike, and keep the reason for the log: a filter or a proxy makes them differ.",
      };
}

/** What depends on the time that a request claims (docs/protocol.md section 13), which is no secret. */
const CLOCK = "lacre-clock";
const clockOf = (reaction: Reaction | undefined): string | undefined =>
  headerOf(reaction?.answer?.rawHeaders ?? [], CLOCK);

const namesIn = (rawHeaders: readonly string[]): string =>
  rawHeaders
    .filter((_, i) => i % 2 === 0)
    .map((name) => name.toLowerCase())
    .filter((name) => name !== CLOCK)
    .sort()
    .join(",");

const UUID = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/gi;
const INSTANT = /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)/g;

/** The body without what is different by nature: the id of the request, and the time. */
function bodyOf({ answer }: Reaction): string {
  const { rawHeaders = [], body = Buffer.alloc(0) } = answer ?? {};
  const ids = rawHeaders.filter(
    (_, i) => i % 2 === 1 && /(?:request|correlation|trace)-?id$/i.test(rawHeaders[i - 1] ?? ""),
  );
  const text = ids.reduce((rest, id) => rest.replaceAll(id, "…"), body.toString("latin1"));
  return text.replace(UUID, "…").replace(INSTANT, "…");
}
