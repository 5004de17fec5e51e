import { linesOf } from "./canonical-lines.js";
import type { Format } from "./format.js";
import type { PartialRequest } from "./partial-request.js";
import { respelledMacs } from "./respelled-mac.js";
import { faultOfContent, readingOf, type SchemeReading } from "./scheme-reading.js";
import { PLAIN_FORM, type View, type ViewKind } from "./view.js";

/** A request of any scheme: its canonical request is what the scheme's own reader makes of it. */
export function schemeView(kind: ViewKind, request: PartialRequest, format: Format): View {
  const { scheme, layout } = format;
  const { claims, text, fault, macs } = readingWithMacs(request, scheme);
  const headers = request.headers.map(
    ([name, value]) => [name, value.replace(/^[\t ]+|[\t ]+$/g, "")] as const,
  );
  return {
    kind,
    layout,
    lines: (text === undefined ? undefined : layout.read(text)) ?? linesOf({}),
    text,
    form: PLAIN_FORM,
    headers,
    target: request.target,
    content: request.content,
    macs,
    recipe: claims?.recipe,
    takes: claims && ((content) => faultOfContent(claims, content) === undefined),
    fault,
  };
}

/** What a server reads, and the signatures as they were sent, though it could not read these. */
function readingWithMacs(
  request: PartialRequest,
  scheme: Format["scheme"],
): SchemeReading & Pick<View, "macs"> {
  const reading = readingOf(request, scheme);
  const { claims, fault } = reading;
  if (claims !== undefined) return { ...reading, macs: [claims.mac, ...(claims.otherMacs ?? [])] };
  if (fault?.code === "signature-malformed")
    for (const { request: respelled, sent } of respelledMacs(request)) {
      const other = readingOf(respelled, scheme);
      if (other.claims !== undefined) return { ...other, fault, macs: [sent] };
    }
  return { ...reading, macs: [] };
}
