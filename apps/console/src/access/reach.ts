import { inArray, type AnyColumn, type SQL } from "drizzle-orm";
import { teamsOf, type Person } from "./person.js";

/** Whether what belongs to this team is theirs to see, and to change as far as their role goes. What is not, is 404. */
export const mayFor = (person: Person, teamId: string): boolean =>
  teamsOf(person)?.includes(teamId) ?? true;

/** The same as a condition on the column with the team. */
export function inReach(person: Person, teamId: AnyColumn): SQL | undefined {
  const teamIds = teamsOf(person);
  return teamIds && inArray(teamId, [...teamIds]);
}
