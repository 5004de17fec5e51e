import { sql, type Column, type SQL } from "drizzle-orm";
import type { Person } from "../access/person.js";
import { inReach } from "../access/reach.js";
import { apps } from "../database/tables.js";

/**
 * Which verdicts somebody sees: those of apps of their teams. Undefined for those who see everything; they alone see
 * what names no app that there is.
 */
export function withinReach(person: Person, appId: Column): SQL | undefined {
  const reach = inReach(person, apps.teamId);
  return reach && sql`${appId} in (select ${apps.id} from ${apps} where ${reach})`;
}
