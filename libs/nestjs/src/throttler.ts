export { HmacThrottlerGuard } from "./throttler/hmac-throttler.guard.js";
