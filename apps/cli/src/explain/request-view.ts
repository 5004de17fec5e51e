import type { Format } from "./format.js";
import { lacre1View } from "./lacre1-view.js";
import { LACRE1_LAYOUT } from "./layouts/lacre1-layout.js";
import type { PartialRequest } from "./partial-request.js";
import { schemeView } from "./scheme-view.js";
import type { View, ViewKind } from "./view.js";

/** A request as it was sent or as it arrived. */
export const viewOfRequest = (kind: ViewKind, request: PartialRequest, format: Format): View =>
  format.layout === LACRE1_LAYOUT ? lacre1View(kind, request) : schemeView(kind, request, format);
