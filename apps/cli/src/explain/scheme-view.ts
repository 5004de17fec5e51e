import { linesOf } from "./canonical-lines.js";
import type { Format } from "./format.js";
import type { PartialRequest } from "./partial-request.js";
import { faultOfContent, readingOf } from "./scheme-reading.js";
import { PLAIN_FORM, type View, type ViewKind } from "./view.js";

/** A request of any scheme: its canonical request is what the scheme's own reader makes of it. */
export function schemeView(kind: ViewKind, request: PartialRequest, format: Format): View {
  const { scheme, layout } = format;
  const { claims, text, fault } = readingOf(request, scheme);
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
    macs: claims === undefined ? [] : [claims.mac, ...(claims.otherMacs ?? [])],
    recipe: claims?.recipe,
    takes: claims && ((content) => faultOfContent(claims, content) === undefined),
    fault,
  };
}
