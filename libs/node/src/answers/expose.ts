import type { ServerResponse } from "node:http";

/**
 * Lets scripts of other origins see headers of an answer (Fetch Standard, "CORS protocol"), beside what the application
 * exposes. By itself it allows no origin anything.
 */
export function expose(response: ServerResponse, names: readonly string[]): void {
  const given = [response.getHeader(FIELD) ?? []].flat().flatMap((line) => String(line).split(","));
  const exposed = new Map<string, string>();
  for (const name of [...given, ...names].map((each) => each.trim()))
    if (name !== "" && !exposed.has(name.toLowerCase())) exposed.set(name.toLowerCase(), name);
  if (exposed.has("*") && !allowsCookies(response)) return;
  if (exposed.size > 0) response.setHeader(FIELD, [...exposed.values()].join(","));
}

const FIELD = "Access-Control-Expose-Headers";

/** Then `*` is the name of a header. */
const allowsCookies = (response: ServerResponse): boolean =>
  response.getHeader("access-control-allow-credentials") === "true";
