import { UsageError } from "../exit.js";
import { textOf, type CanonicalLines, type Form, type View } from "./view.js";

const BOM = "\xef\xbb\xbf";

/** Reads a canonical request that some client or server printed, however it went about it. */
export function viewOfCanonicalText(printed: string): View {
  const bom = printed.startsWith(BOM);
  const shown = bom ? printed.slice(BOM.length) : printed;
  const literalLineEnds = !shown.trimEnd().includes("\n") && shown.includes("\\n");
  const broken = literalLineEnds ? shown.replaceAll("\\n", "\n").trimEnd() : shown;
  const crlf = broken.trimEnd().includes("\r\n");
  const text = broken.replaceAll("\r\n", "\n");
  const body = text.replace(/\n+$/, "");
  const { lines, noEmptyLine } = readLines(body);
  const form: Form = {
    bom,
    crlf,
    literalLineEnds,
    noEmptyLine,
    lineEndsAfter: text.length - body.length,
  };
  return {
    kind: "canonical",
    lines,
    text: textOf(lines),
    form,
    headers: undefined,
    content: undefined,
    mac: undefined,
    fault: undefined,
  };
}

function readLines(text: string): { lines: CanonicalLines; noEmptyLine: boolean } {
  const [algorithm = "", appId, timestamp, nonce, method, target, ...rest] = text.split("\n");
  if (!/^LACRE1-/i.test(algorithm) || target === undefined || rest.length === 0)
    throw new UsageError(
      "This is no canonical request of LACRE1. It begins with LACRE1-HMAC-SHA256 and has a line each for the AppId, the timestamp, the nonce, the method, the target, each signed header, none, and the list. For other formats there is lacre verify --scheme.",
    );
  const list = rest.at(-1) ?? "";
  const noEmptyLine = rest.at(-2) !== "";
  const named = rest.slice(0, noEmptyLine ? -1 : -2);
  const headers = new Map<string, string[]>();
  for (const line of named) {
    const colon = line.indexOf(":");
    const name = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? [] : [line.slice(colon + 1)];
    headers.set(name, [...(headers.get(name) ?? []), ...value]);
  }
  const one = (value: string | undefined): string[] => (value === undefined ? [] : [value]);
  return {
    lines: {
      algorithm: [algorithm],
      appId: one(appId),
      timestamp: one(timestamp),
      nonce: one(nonce),
      method: one(method),
      target: [target],
      headers,
      list: [list],
    },
    noEmptyLine,
  };
}
