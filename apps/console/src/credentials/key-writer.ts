import { Inject, Injectable } from "@nestjs/common";
import { and, eq } from "drizzle-orm";
import type { Clock, KeyEncoding } from "@lacre/core";
import { recordAct } from "../audit/record-act.js";
import { changedRow } from "../conventions/version.js";
import type { Transaction } from "../database/database.js";
import { keys } from "../database/tables.js";
import { noteChange } from "../registry/note-change.js";
import { CLOCK } from "../start/settings.js";
import type { ActingPerson } from "../access/acting-person.js";
import { checkDefinition } from "./definition.js";
import type { LockedApp } from "./locked-app.js";
import { newKey } from "./new-key.js";
import { checkSecret } from "./check-secret.js";
import { checkLive } from "./ring.js";
import { schemeOf } from "./schemes.js";
import { KeySecrets, secretKnown, type KeyRow } from "./secrets.js";

/** A key that was just made: the only time that its text is there. */
export interface Issued {
  readonly key: KeyRow;
  /** Null: it was given, and goes nowhere but into the database. */
  readonly apiKey: string | null;
  /** Whether it is of an app or of a service. */
  readonly kind: string;
}

type NewTerms = Pick<
  KeyRow,
  "scheme" | "algorithm" | "encoding" | "notBefore" | "expiresAt" | "replaces"
>;

/** The rows of keys. Under the lock of the app alone. */
@Injectable()
export class KeyWriter {
  constructor(
    @Inject(CLOCK) private readonly clock: Clock,
    private readonly secrets: KeySecrets,
  ) {}

  now(): Date {
    return new Date(this.clock.nowMs());
  }

  /**
   * A new key, checked as a verifier will read it.
   * @param given one that a sender made; a new one is made otherwise
   */
  async add(
    tx: Transaction,
    by: ActingPerson,
    { app, ring }: LockedApp,
    given: string | undefined,
    terms: NewTerms,
  ): Promise<Issued> {
    const encoding = terms.encoding as KeyEncoding;
    if (given !== undefined) checkSecret(given, encoding, schemeOf(terms.scheme));
    const apiKey = given ?? newKey(encoding, schemeOf(terms.scheme)?.rules ?? {});
    const now = this.now();
    const row = { ...terms, appId: app.id, state: "active", createdAt: now, createdBy: by.id };
    const draft = {
      ...row,
      id: "k_new",
      revokedAt: null,
      ownEnd: null,
      version: 1,
      ...NOTHING_SEALED,
    };
    checkDefinition(app, [{ row: draft, apiKey }]);
    checkLive([...ring, draft], draft.scheme, now);
    await this.secrets.refuseKnown(tx, apiKey, encoding, draft.scheme);
    const sealed = await this.secrets.seal(apiKey, encoding, draft.scheme);
    const [key] = await tx
      .insert(keys)
      .values({ ...row, ...sealed })
      .onConflictDoNothing()
      .returning();
    if (key === undefined) throw secretKnown();
    return { key, apiKey: given === undefined ? apiKey : null, kind: app.kind };
  }

  async set(tx: Transaction, key: KeyRow, change: Partial<KeyRow>): Promise<KeyRow> {
    return changedRow(
      await tx
        .update(keys)
        .set({ ...change, version: key.version + 1 })
        .where(and(eq(keys.id, key.id), eq(keys.version, key.version)))
        .returning(),
    );
  }

  /** Tells the services and the audit log. */
  async tell(
    tx: Transaction,
    by: ActingPerson,
    act: string,
    { id, appId }: KeyRow,
    told: { readonly before?: object; readonly after: object },
  ): Promise<void> {
    await noteChange(tx, appId);
    const object = { kind: "key", id };
    await recordAct(tx, { by, act, object, ...told });
  }
}

/** What the audit log says of a key: no secret, and nothing that could be checked against one. */
export const toldOf = (key: KeyRow): object => {
  const { id, appId, scheme, algorithm, encoding, state, notBefore, expiresAt, replaces } = key;
  const { fingerprint } = key;
  return {
    ...{ id, appId, scheme, algorithm, encoding, state, fingerprint, replaces },
    notBefore: notBefore.toISOString(),
    expiresAt: expiresAt?.toISOString() ?? null,
  };
};

const NOTHING = new Uint8Array(0);
const NOTHING_SEALED = {
  sealed: NOTHING,
  wrappedKey: NOTHING,
  wrappedBy: "",
  fingerprint: "",
  mark: "",
};
