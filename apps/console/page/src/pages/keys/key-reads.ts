/** All that an act with a key makes old. */
export const KEY_READS = [
  "GET /v1/apps/:appId/keys",
  "GET /v1/apps/:appId/uses",
  "GET /v1/apps/:appId",
  "GET /v1/apps",
  "GET /v1/keys/ending",
] as const;
