export { BodyTap } from "./body/body-tap.js";
export { hideTrailers } from "./body/hide-trailers.js";
export { holdAnswer } from "./body/judged-answer.js";
export { isHandedOver, type RequestStream } from "./body/request-stream.js";
export { HeldAnswer } from "./answers/held-answer.js";
export { RefusalLog } from "./log/refusal-log.js";
export type { AppSource } from "./app-source.js";
export {
  GATE_OPTIONS,
  gateSettingsOf,
  readGateOptions,
  type GateOptions,
  type GateSettings,
} from "./gate-options.js";
