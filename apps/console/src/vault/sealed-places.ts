import type { AnyPgColumn, PgTable } from "drizzle-orm/pg-core";
import { keyContext } from "../credentials/secrets.js";
import { keys, signIns, webhookEndpoints, webhookOldSecrets } from "../database/tables.js";

/** A table with a secret in each row. */
export interface SealedPlace {
  /** For people, in the audit log. */
  readonly name: string;
  readonly table: PgTable;
  /** What tells its rows apart. */
  readonly id: AnyPgColumn;
  readonly sealed: AnyPgColumn;
  readonly wrappedKey: AnyPgColumn;
  readonly wrappedBy: AnyPgColumn;
  /** What the secret of a row is sealed for. */
  readonly contextOf: (id: string) => string;
}

/** Every place where a secret is kept: what a new master key must reach. A test holds it against the tables. */
export const SEALED_PLACES: readonly SealedPlace[] = [
  { name: "keys", table: keys, ...columnsOf(keys), id: keys.id, contextOf: keyContext },
  {
    name: "second factors",
    table: signIns,
    ...columnsOf(signIns),
    id: signIns.personId,
    contextOf: (personId) => `totp:${personId}`,
  },
  {
    name: "webhooks",
    table: webhookEndpoints,
    ...columnsOf(webhookEndpoints),
    id: webhookEndpoints.id,
    contextOf: (id) => `webhook:${id}`,
  },
  {
    name: "webhooks' secrets before their last rotation",
    table: webhookOldSecrets,
    ...columnsOf(webhookOldSecrets),
    id: webhookOldSecrets.endpointId,
    contextOf: (id) => `webhook:${id}`,
  },
];

function columnsOf(
  table: Pick<SealedPlace, "sealed" | "wrappedKey" | "wrappedBy">,
): Pick<SealedPlace, "sealed" | "wrappedKey" | "wrappedBy"> {
  const { sealed, wrappedKey, wrappedBy } = table;
  return { sealed, wrappedKey, wrappedBy };
}
