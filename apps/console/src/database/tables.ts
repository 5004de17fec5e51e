export * from "./tables/people.js";
export * from "./tables/credentials.js";
export * from "./tables/audit.js";
export * from "./tables/verdicts.js";
export * from "./tables/webhooks.js";
