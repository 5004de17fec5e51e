import type { ViewKind } from "./view.js";

/** Up to the line of a log behind which a canonical request stands: `…[DEBUG] CanonicalRequest:`. */
const LOG_LINE = /^(?!\s*[{"])[^]*?\bcanonical[ _]?(?:request|string)\b[^\n]*\n/i;
/** The line that ends a canonical request of SigV4. */
const PAYLOAD_LINE = /^(?:[0-9a-f]{64}|UNSIGNED-PAYLOAD|STREAMING-[A-Z0-9-]+)$/m;

/**
 * A view out of what people saved it in: the content of a whole answer (`curl -i`), and the canonical request in a log
 * of AWS's libraries, behind the line that names it. Anything else as it is.
 * @param kind what the user says that it is
 */
export function unwrapView(bytes: Buffer, kind?: ViewKind): Buffer {
  const text = bytes.toString("latin1");
  const [head] = /^HTTP\/[\d.]+ \d{3}[^\n]*\n(?:[^\r\n]+\n|[^\n]+\r\n)*\r?\n/.exec(text) ?? [];
  if (head !== undefined) return bytes.subarray(head.length);
  if (kind !== undefined && kind !== "canonical") return bytes;
  const [before] = LOG_LINE.exec(text) ?? [];
  if (before === undefined) return bytes;
  const rest = text.slice(before.length).replaceAll("\r\n", "\n");
  const end = PAYLOAD_LINE.exec(rest);
  return end === null ? bytes : Buffer.from(rest.slice(0, end.index + end[0].length), "latin1");
}
