import { inArray, sql, type Column, type SQL } from "drizzle-orm";
import { teamsOf, type Person } from "../access/person.js";
import { apps } from "../database/tables.js";

/**
 * Which verdicts somebody sees: those of apps of their teams. Undefined for those who see everything; they alone see
 * what names no app that there is.
 */
export function withinReach(person: Person, appId: Column): SQL | undefined {
  const teams = teamsOf(person);
  if (teams === undefined) return undefined;
  if (teams.length === 0) return sql`false`;
  return sql`${appId} in (select ${apps.id} from ${apps} where ${inArray(apps.teamId, [...teams])})`;
}
