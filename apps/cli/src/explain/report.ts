import type { Scheme } from "@lacre/core";
import { explanationToUser } from "../explanations.js";
import type { Values } from "./canonical-lines.js";
import type { Cause } from "./causes/cause.js";
import { firstDifference, type Row } from "./compare.js";
import type { Explanation } from "./explanation.js";
import { sha256Of } from "./hash-search.js";
import { shownBytes } from "./shown-bytes.js";
import type { Trial } from "./trial.js";
import type { View, ViewKind } from "./view.js";

const KINDS: Readonly<Record<ViewKind, string>> = {
  raw: "a raw request",
  headers: "header lines",
  canonical: "a canonical request",
  har: "a request of a HAR file",
  curl: "a curl command",
};

const MAX_SHOWN = 96;
const BEFORE = 40;

/** The part of a text that begins shortly before a place, and the column in which that place is shown. */
function excerpt(text: string, at: number): { part: string; column: number } {
  const from = text.length <= MAX_SHOWN || at <= BEFORE ? 0 : at - BEFORE;
  const start = from === 0 ? "" : "…";
  const end = text.length - from > MAX_SHOWN ? "…" : "";
  return {
    part: `${start}${shownBytes(text.slice(from, from + MAX_SHOWN))}${end}`,
    column: start.length + shownBytes(text.slice(from, at)).length,
  };
}

/** Several lines of one header are told apart by what no value can hold. */
const flat = (values: Values): string => values.join("\n");

const nameOf = (values: Values | undefined, at: number): string => {
  if (values === undefined) return "(this view does not tell)";
  if (values.length === 0) return "(not there)";
  const text = flat(values);
  return text === "" ? "(empty)" : excerpt(text, at).part;
};

function byteAt(values: Values | undefined, at: number): string {
  const byte = values === undefined ? undefined : flat(values)[at];
  return byte === undefined
    ? "the end"
    : `${byte.charCodeAt(0).toString(16).padStart(2, "0").toUpperCase()} ${shownBytes(byte)}`;
}

const LABEL_WIDTH = 16;

/** What the two sides of a row are called. */
type Sides = readonly [string, string];

function linesOf({ label, client, server, state }: Row, sides: Sides): string[] {
  const head = `${{ equal: "=", differs: "!", unknown: "?" }[state]} ${label.padEnd(LABEL_WIDTH)}`;
  if (state === "equal") return [`${head} ${nameOf(client, 0)}`];
  const at = firstDifference(flat(client ?? []), flat(server ?? [])) ?? 0;
  const [left, right] = sides.map((side) => side.padEnd(6));
  const both = [`    ${left}  ${nameOf(client, at)}`, `    ${right}  ${nameOf(server, at)}`];
  if (state === "unknown" || client?.length === 0 || server?.length === 0)
    return [head.trimEnd(), ...both];
  const { column } = excerpt(flat(client ?? []), at);
  return [
    head.trimEnd(),
    ...both,
    `            ${" ".repeat(column)}^ byte ${at}: ${byteAt(client, at)} / ${byteAt(server, at)}`,
  ];
}

function aboutView(name: string, view: View): string {
  const { text } = view;
  const size =
    text === undefined
      ? "not enough for a canonical request"
      : `canonical request of ${text.length} bytes, SHA-256 ${sha256Of(text)}`;
  return `${name}: ${KINDS[view.kind]}; ${size}\n`;
}

function aboutFault(name: string, { fault }: View, scheme: Scheme): string {
  if (fault === undefined) return "";
  const detail = fault.detail === "" ? "" : ` (${fault.detail})`;
  const note = fault.note === undefined ? "" : ` Note: ${fault.note}.`;
  return `The ${name}'s view alone would be refused: ${fault.code}${detail}.${note} ${explanationToUser(fault.code, scheme)}\n`;
}

const ABOUT_TRIAL: Readonly<Record<Trial["outcome"], string>> = {
  fits: "The client's signature fits the client's view and this key.\n",
  explained: "The client's signature does not fit its own view, and it is known why: see below.\n",
  unexplained: "The client's signature does not fit its own view under this key.\n",
};

const aboutKeys = (fingerprints: readonly string[]): string =>
  `Fingerprint of the key here: ${fingerprints.join(" and ")}. The server's log names that of the key it tried.\n`;

/** Escaped as in JSON, since it may hold line ends. */
const aboutTemplate = (trial: Trial | undefined): string =>
  trial?.outcome === "explained" && trial.template !== undefined
    ? `The signature fits the template ${JSON.stringify(trial.template)}.\n`
    : "";

/** For people. */
export function reportText(explanation: Explanation, scheme: Scheme): string {
  const { client, server, serverSha256, rows, trial, keyFingerprints, causes } = explanation;
  const isAlone = server === undefined && serverSha256 === undefined;
  const parts = [
    aboutView(isAlone ? "request" : "client", client),
    server === undefined ? "" : aboutView("server", server),
    serverSha256 === undefined ? "" : `server: SHA-256 of the canonical request ${serverSha256}\n`,
    aboutRows(rows, isAlone ? ["signed", "sent"] : ["client", "server"]),
    `\n${verdict(explanation)}\n`,
    aboutFault(isAlone ? "request" : "client", client, scheme),
    server === undefined ? "" : aboutFault("server", server, scheme),
    trial === undefined || isAlone ? "" : ABOUT_TRIAL[trial.outcome],
    aboutTemplate(trial),
    keyFingerprints.length === 0 ? "" : aboutKeys(keyFingerprints),
    causes.length === 0 && !explanation.equal && client.fault === undefined
      ? UNEXPLAINED
      : aboutCauses(causes),
  ];
  return parts.join("");
}

const UNEXPLAINED =
  "\nNo known cause makes this difference. Compare the texts line by line with the page of the format.\n";

const aboutRows = (rows: readonly Row[], sides: Sides): string =>
  rows.length === 0 ? "" : `\n${rows.flatMap((row) => linesOf(row, sides)).join("\n")}\n`;

const aboutCauses = (causes: readonly Cause[]): string =>
  causes.length === 0 ? "" : `\n${causes.map(aboutCause).join("\n")}`;

/** What is known of the reason, below a verdict that says the rest: nothing where nothing is. */
export function reasonText({ rows, signed, causes, trial }: Explanation): string {
  if (causes.length === 0) return "";
  const differing = rows.filter(({ state }) => state === "differs");
  return [
    signed === undefined ? "" : "\nWhat the signature fits is another text than this request:\n",
    signed === undefined ? "" : aboutRows(differing, ["signed", "sent"]),
    aboutTemplate(trial),
    aboutCauses(causes),
  ].join("");
}

const aboutCause = ({ id, says, cure }: Cause, i: number): string =>
  `${i + 1}. ${says} [${id}]\n   Cure: ${cure}\n`;

function verdict({ rows, client, server, serverSha256, found, trial, equal }: Explanation): string {
  const differing = rows.filter(({ state }) => state === "differs").map(({ label }) => label);
  if (server === undefined && serverSha256 === undefined)
    return verdictAlone(trial, differing, equal);
  if (found !== undefined)
    return `The client's text has not the server's hash. With another ${differing.join(", ")} it has: the server made the text that is shown.`;
  if (differing.length > 0) return `The views differ: ${differing.join(", ")}.`;
  if (server === undefined)
    return client.text !== undefined && sha256Of(client.text) === serverSha256
      ? "The client's text has the server's hash: both made the same text."
      : "The client's text has not the server's hash: the server made another text.";
  return rows.some(({ state }) => state === "unknown")
    ? "What both views tell is equal."
    : "The views are equal, byte for byte.";
}

function verdictAlone(
  trial: Trial | undefined,
  differing: readonly string[],
  equal: boolean,
): string {
  if (trial === undefined)
    return "The signature could not be tried: the text of this request cannot be made.";
  if (differing.length > 0)
    return `The signature is of another text than this request: what differs is ${differing.join(", ")}.`;
  if (trial.outcome === "fits")
    return equal
      ? "The signature is that of this request under this key."
      : "The signature is that of this request under this key, and a server refuses it all the same.";
  return "The signature is not that of this request under this key.";
}

/** Content may be long, and nobody's business. */
const measured = (bytes: string): string => `${bytes.length} bytes, SHA-256 ${sha256Of(bytes)}`;

/** One part of two texts as data. Bytes outside ASCII are those of Latin-1; content is measured, not shown. */
export interface RowData {
  /** `target`, `header:content-type`, … */
  readonly field: string;
  readonly state: Row["state"];
  /** A value for each line of it; null where this side does not tell. */
  readonly client: Values | null;
  readonly server: Values | null;
  /** The first byte in which the two differ, from 0. */
  readonly firstDifference?: number;
}

export const rowsData = (rows: readonly Row[]): RowData[] =>
  rows.map(({ key, state, client: left, server: right }) => ({
    field: key,
    state,
    client: (key === "content" ? left?.map(measured) : left) ?? null,
    server: (key === "content" ? right?.map(measured) : right) ?? null,
    ...(state === "differs" && {
      firstDifference: firstDifference(flat(left ?? []), flat(right ?? [])) ?? 0,
    }),
  }));

const templateJson = (trial: Trial | undefined): object =>
  trial?.outcome === "explained" && trial.template !== undefined
    ? { template: trial.template }
    : {};

const causesJson = (causes: readonly Cause[]): object[] =>
  causes.map(({ id, says, cure }) => ({ id, says, cure }));

/** What is known of the reason, for programs: `client` of a row is what was signed, `server` what was sent. */
export const reasonJson = ({ rows, causes, trial }: Explanation): object => ({
  ...templateJson(trial),
  ...(rows.length > 0 && { rows: rowsData(rows) }),
  causes: causesJson(causes),
});

/** For programs. Bytes outside ASCII are those of Latin-1. */
export function reportJson(explanation: Explanation): string {
  const { equal, client, server, serverSha256, rows, trial, keyFingerprints, causes } = explanation;
  const about = (view: View): object => ({
    kind: view.kind,
    ...(view.text !== undefined && { canonicalSha256: sha256Of(view.text) }),
    ...(view.fault !== undefined && { refusedAs: view.fault }),
  });
  return `${JSON.stringify(
    {
      equal,
      client: about(client),
      ...(server !== undefined && { server: about(server) }),
      ...(serverSha256 !== undefined && { server: { canonicalSha256: serverSha256 } }),
      ...(trial !== undefined && { signature: trial.outcome }),
      ...templateJson(trial),
      ...(keyFingerprints.length > 0 && { keyFingerprints }),
      rows: rowsData(rows),
      causes: causesJson(causes),
    },
    null,
    2,
  )}\n`;
}
