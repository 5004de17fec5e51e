export { signedAgent, type SignedAgentOptions } from "./testing/signed-agent.js";
export { asPrincipal } from "./testing/as-principal.js";
export { refusalsOf, type SeenRefusal } from "./testing/seen-refusals.js";
export { TestClock } from "./testing/test-clock.js";
export { HMAC_CLOCK } from "./hmac.tokens.js";
