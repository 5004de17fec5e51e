import { eq } from "drizzle-orm";
import type { Queries } from "../database/database.js";
import { webhookEndpoints } from "../database/tables.js";
import { Problem } from "../problems/problem.js";

/** Before something is sent to an endpoint. @throws Problem `not-found`; `conflict` where it is off: nothing would be sent */
export async function requireOn(queries: Queries, endpointId: string): Promise<void> {
  const { active, id } = webhookEndpoints;
  const [found] = await queries.select({ active }).from(webhookEndpoints).where(eq(id, endpointId));
  if (found === undefined) throw new Problem("not-found");
  if (!found.active)
    throw new Problem("conflict", {
      detail: "This endpoint is switched off, so nothing is sent to it. Switch it on first.",
    });
}
