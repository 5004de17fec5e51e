import { kindOfPerson, type Person } from "../access/person.js";
import { may } from "../access/roles.js";
import { Problem } from "../problems/problem.js";

/** What opens the console itself to services. Whoever reads the registry reads keys. */
const RESERVED_SCOPES: readonly string[] = ["registry:read", "verdicts:write", "metrics:read"];

/**
 * Services have reserved scopes alone, and apps none of them.
 * @throws Problem `invalid-input`
 */
export function checkScopes(kind: string, scopes: readonly string[]): void {
  const wrong = scopes.filter((scope) => RESERVED_SCOPES.includes(scope) !== (kind === "service"));
  if (wrong.length === 0 && (kind !== "service" || scopes.length > 0)) return;
  const problem =
    kind === "service"
      ? `must be some of ${RESERVED_SCOPES.join(", ")}`
      : `must not be ${wrong.join(", ")}: that is for services, which an admin makes`;
  throw new Problem("invalid-input", { faults: [{ at: "body.scopes", problem }] });
}

/**
 * What opens the console itself is for admins alone.
 * @throws Problem `not-allowed`
 */
export function refuseService({ kind }: { readonly kind: string }, person: Person): void {
  if (kind === "service" && !may(kindOfPerson(person), "services.manage"))
    throw new Problem("not-allowed", { detail: "Services of the console are managed by admins." });
}
