export { addHmacSecurity, ApiHmac } from "./swagger/security.js";
export { createHmacDocument } from "./swagger/document.js";
export { hmacSwaggerUi } from "./swagger/ui.js";
