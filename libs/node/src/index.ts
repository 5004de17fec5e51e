export { Gate, type Surroundings } from "./gate.js";
export type { GateRules, GateSettings } from "./gate-settings.js";
export {
  largestBodyOf,
  readRoute,
  type RouteDefaults,
  type RouteOptions,
} from "./route-options.js";
export { attemptOf, type Attempt } from "./attempt.js";
export type { AnswerRule } from "./answers/answer-rule.js";
export type { Diagnostics, RefusalAnswer, RefusalBody } from "./answers/refusal-answers.js";
export { endsWithItsHead, isHandedOver, type RequestStream } from "./body/request-stream.js";
