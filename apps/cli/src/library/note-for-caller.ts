import type { Explanation } from "../explain/explanation.js";
import { reasonText } from "../explain/report.js";
import type { CheckedRequest } from "./check-steps.js";
import type { RecordedRequest } from "./read-request.js";

/**
 * What the developer of a caller can use, as plain text. Of what a server tells nobody there is nothing in it, and no
 * query: the credentials of a presigned URL stand there.
 */
export function noteForCaller(
  { method, target }: RecordedRequest,
  { verdict, timestamp, appId, scheme, canonicalSha256, difference }: CheckedRequest,
  found: Explanation | undefined,
): string {
  const [path = ""] = target.split("?");
  const lines = [
    `Request: ${printable(`${method} ${path}`)}`,
    ...(scheme === undefined ? [] : [`Format: ${scheme}`]),
    ...(appId === undefined ? [] : [`AppId: ${appId}`]),
    ...(timestamp === undefined ? [] : [`Signed at: ${timestamp}, ${isoOf(timestamp)}`]),
    ...(difference === undefined || difference.equal ? [] : [aboutDifference(difference)]),
  ];
  if (verdict.outcome === "accepted")
    return `${[...lines, "The request is right. It can be refused only if its nonce was used before."].join("\n")}\n`;
  const { message, status, explanation, code, keyFingerprints = [] } = verdict;
  return [
    ...lines,
    `Refused: ${message}, answered with ${status}`,
    ...(code === "signature-mismatch" && keyFingerprints.length > 0
      ? [
          `Fingerprint of the key at the server: ${keyFingerprints.join(" and ")}. lacre keygen printed that of yours.`,
        ]
      : []),
    ...(canonicalSha256 === undefined
      ? []
      : [`SHA-256 of the text that the server made: ${canonicalSha256}`]),
    "",
    explanation,
    "",
  ]
    .join("\n")
    .concat(found === undefined ? "" : reasonText(withoutContent(found)));
}

const aboutDifference = ({ rows }: NonNullable<CheckedRequest["difference"]>): string =>
  `The text that was signed and that of the server differ in: ${rows
    .filter(({ state }) => state === "differs")
    .map(({ field }) => field)
    .join(", ")}`;

/** What differs is said, and not shown. */
const withoutContent = (found: Explanation): Explanation => ({
  ...found,
  rows: found.rows.filter(({ key }) => key !== "content"),
});

const printable = (text: string): string => text.replace(/[^\x20-\x7e]/g, "?").slice(0, 500);

function isoOf(seconds: number): string {
  const date = new Date(seconds * 1000);
  return Number.isNaN(date.getTime()) ? "no date" : date.toISOString();
}
