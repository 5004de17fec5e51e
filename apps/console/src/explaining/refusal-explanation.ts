import { REFUSAL_CODES, type RefusalCode } from "@lacre/core";
import { causesOf } from "lacre/explain";
import { z } from "zod";
import type { RefusalRow } from "../happened/refusal-log.js";
import { CauseList } from "./explain-answer.js";

export const Explanation = z.object({ causes: CauseList, note: z.string() });

/** What is likely behind a refusal of which there is no more than what the service told. */
export function explanationOf(refusal: RefusalRow): z.output<typeof Explanation> {
  const { code, proven, detail } = refusal;
  if (!(REFUSAL_CODES as readonly string[]).includes(code))
    return { causes: [], note: noteOf(refusal, []) }; // of a service that is newer than the console
  const { note, keyFingerprints } = detail as { note?: string; keyFingerprints?: string[] };
  const { means, known, causes, cures } = causesOf({
    code: code as RefusalCode,
    proven,
    ...(note !== undefined && { note }),
    ...(keyFingerprints !== undefined && { keyFingerprints }),
  });
  const [cure = ""] = cures;
  return {
    causes: causes.map((sentence) => ({ id: code, sentence, cure, concerns: [] })),
    note: noteOf(refusal, [
      means,
      "",
      "Likely causes:",
      ...causes.map(item),
      "",
      ...cures,
      ...known,
    ]),
  };
}

const item = (sentence: string): string => `- ${sentence}`;

/** For the caller's developer, as plain text. */
function noteOf(
  { at, method, route, requestId, code, status, appId, scheme, detail }: RefusalRow,
  more: readonly string[],
): string {
  const { canonicalSha256 } = detail;
  return [
    `Request: ${method} ${route ?? ""} at ${at.toISOString()}, id ${requestId}`,
    ...(appId ? [`AppId: ${appId}`] : []),
    ...(scheme ? [`Format: ${scheme}`] : []),
    `Refused: ${code}, answered with ${status}`,
    ...(typeof canonicalSha256 === "string"
      ? [`SHA-256 of the text that the server made: ${canonicalSha256}`]
      : []),
    ...(more.length === 0 ? [] : ["", ...more]),
    "",
  ].join("\n");
}
