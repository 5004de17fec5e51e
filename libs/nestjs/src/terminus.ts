export { HmacHealthIndicator, type HmacHealthReason } from "./hmac.health.js";
