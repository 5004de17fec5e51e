import { ne, type SQL } from "drizzle-orm";
import type { AnyPgColumn, PgTable } from "drizzle-orm/pg-core";
import {
  enrolments,
  keys,
  signIns,
  webhookEndpoints,
  webhookOldSecrets,
} from "../database/tables.js";

interface SealedTable extends PgTable {
  readonly sealed: AnyPgColumn;
  readonly wrappedKey: AnyPgColumn;
  readonly wrappedBy: AnyPgColumn;
}

/** A table with a secret in each row. */
export interface SealedPlace {
  /** For people, in the log. */
  readonly name: string;
  readonly table: SealedTable;
  /** What tells its rows apart. */
  readonly id: AnyPgColumn;
  /** Whose secret it is: with `kind`, what it is sealed for. */
  readonly owner: AnyPgColumn;
  readonly kind: "key" | "totp" | "webhook";
  /** Which of its rows are of use. All, where it does not say. */
  readonly needed?: SQL;
}

/** Every place where a secret is kept: what a new master key must reach. A test holds it against the tables. */
export const SEALED_PLACES: readonly SealedPlace[] = [
  {
    name: "keys",
    table: keys,
    id: keys.id,
    owner: keys.id,
    kind: "key",
    needed: ne(keys.state, "revoked"),
  },
  {
    name: "second factors",
    table: signIns,
    id: signIns.personId,
    owner: signIns.personId,
    kind: "totp",
  },
  {
    name: "enrolments that have begun",
    table: enrolments,
    id: enrolments.ticketHash,
    owner: enrolments.personId,
    kind: "totp",
  },
  {
    name: "webhooks",
    table: webhookEndpoints,
    id: webhookEndpoints.id,
    owner: webhookEndpoints.id,
    kind: "webhook",
  },
  {
    name: "webhooks' secrets before their last rotation",
    table: webhookOldSecrets,
    id: webhookOldSecrets.endpointId,
    owner: webhookOldSecrets.endpointId,
    kind: "webhook",
  },
];
