export {
  createGate,
  ServerGate,
  type Admitted,
  type FastifyHook,
  type Middleware,
} from "./server-gate.js";
export { RefusedError } from "./refused-error.js";
export type { AppSource } from "./app-source.js";
export type { Unwatch, Watchable } from "./watching-key.store.js";
export { GATE_OPTIONS, gateSettingsOf, type GateOptions } from "./gate-options.js";
export { Gate, type Surroundings } from "./gate.js";
export type { GateRules, GateSettings } from "./gate-settings.js";
export {
  largestBodyOf,
  readRoute,
  ROUTE_OPTIONS,
  type RouteDefaults,
  type RouteOptions,
} from "./route-options.js";
export { isUnsigned } from "./is-unsigned.js";
export { attemptOf, type Attempt } from "./attempt.js";
export type { Turnstile } from "./turnstile.js";
export type { AnswerRule } from "./answers/answer-rule.js";
export type { Diagnostics, RefusalAnswer, RefusalBody } from "./answers/refusal-answers.js";
export {
  announcesContent,
  endsWithItsHead,
  isHandedOver,
  type RequestStream,
} from "./body/request-stream.js";
