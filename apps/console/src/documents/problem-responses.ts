import type { RouteAccess } from "../access/operations.js";
import { isDoneOnce } from "../access/operation.js";
import { PROBLEMS } from "../problems/problem.js";

/** What an answer is that is no success. RFC 9457 */
export const PROBLEM_SCHEMA = {
  type: "object",
  required: ["type", "code", "title", "status"],
  properties: {
    type: { type: "string" },
    code: { type: "string", enum: Object.keys(PROBLEMS), description: "For programs: it stays." },
    title: { type: "string" },
    status: { type: "integer" },
    detail: { type: "string", description: "What is wrong this time, and what to do about it." },
    faults: {
      type: "array",
      description: "Of invalid-input: what is wrong where.",
      items: {
        type: "object",
        required: ["at", "problem"],
        properties: { at: { type: "string" }, problem: { type: "string" } },
      },
    },
  },
};

/** What may go wrong with a route, as far as its description says; and that there may be more. */
export function problemResponses({
  method,
  path,
  terms,
  takesVersion,
}: RouteAccess): Record<string, object> {
  const { access, params, query, body } = terms;
  const isOnce = isDoneOnce(method, terms);
  const statuses: readonly (readonly [status: number, applies: boolean, description: string])[] = [
    [
      400,
      takesVersion || isOnce || (params ?? query ?? body) !== undefined,
      "Some of what was sent cannot be used.",
    ],
    [401, access.by !== "everybody", "Nobody has signed in, or the proof is wrong."],
    [403, access.by === "person" || access.by === "service", "Known, and not allowed to."],
    [404, path.includes(":"), "There is no such thing, or not for this person."],
    [409, isOnce, "In the way of something that is there, or of the same Idempotency-Key."],
    [412, takesVersion, "Somebody else has changed it meanwhile."],
    [428, takesVersion, "If-Match is missing."],
    [429, access.by !== "service", "Too many requests from this address; see Retry-After."],
  ];
  const known = statuses.filter(([, applies]) => applies);
  return {
    ...Object.fromEntries(known.map(([status, , words]) => [status, problem(words)])),
    default: problem("Something else went wrong."),
  };
}

const problem = (description: string): object => ({
  description,
  content: { "application/problem+json": { schema: { $ref: "#/components/schemas/Problem" } } },
});
