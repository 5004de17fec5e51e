import { createHmac, randomBytes } from "node:crypto";
import { Inject, Injectable } from "@nestjs/common";
import { inArray } from "drizzle-orm";
import { readApiKey, type KeyEncoding } from "@lacre/core";
import { sealSecret } from "@lacre/stores/console";
import type { Transaction } from "../database/database.js";
import { keys } from "../database/tables.js";
import { Problem } from "../problems/problem.js";
import { SETTINGS, type ConsoleSettings } from "../start/settings.js";
import { openRecord } from "../vault/open-record.js";
import { schemeOf } from "./schemes.js";

export type KeyRow = typeof keys.$inferSelect;

/** A key, and its text. */
export interface OpenKey {
  readonly row: KeyRow;
  readonly apiKey: string;
}

interface OpenRing {
  readonly open: readonly OpenKey[];
  readonly unreadable: readonly KeyRow[];
}

/** What of a new key is stored: nothing of it can be read without the master key. */
type SealedKey = Pick<
  KeyRow,
  "id" | "sealed" | "wrappedKey" | "wrappedBy" | "fingerprint" | "mark"
>;

/** What a key's secret is sealed for: it cannot be opened as another one's. */
const keyContext = (keyId: string): string => `key:${keyId}`;

/** How keys come into the database, and out of it. */
@Injectable()
export class KeySecrets {
  constructor(@Inject(SETTINGS) private readonly settings: ConsoleSettings) {}

  /** @param apiKey as the caller or sender writes it; it was read before, so that it is one */
  async seal(apiKey: string, encoding: KeyEncoding, scheme: string): Promise<SealedKey> {
    const id = `k_${randomBytes(12).toString("base64url")}`;
    const secret = readApiKey(apiKey, encoding, schemeOf(scheme)?.rules.keyLength);
    return {
      id,
      ...(await sealSecret(Buffer.from(apiKey), keyContext(id), this.settings.wrapper)),
      fingerprint: secret.fingerprint,
      mark: this.marksOf(apiKey, encoding, scheme)[0] ?? "",
    };
  }

  /** The ApiKey of a row, as it was written. */
  async open(row: Pick<KeyRow, "id" | "sealed" | "wrappedKey" | "wrappedBy">): Promise<string> {
    const { wrapper } = this.settings;
    const bytes = await openRecord(row, keyContext(row.id), wrapper, `The key ${row.id}`);
    return Buffer.from(bytes).toString();
  }

  /** The keys of a ring that can be opened, and those that cannot and are missed: a revoked one opens nothing. */
  async openRing(ring: readonly KeyRow[]): Promise<OpenRing> {
    const open: OpenKey[] = [];
    const unreadable: KeyRow[] = [];
    for (const row of ring)
      try {
        open.push({ row, apiKey: await this.open(row) });
      } catch (error) {
        if (!(error instanceof Problem)) throw error;
        if (row.state !== "revoked") unreadable.push(row);
      }
    return { open, unreadable };
  }

  /** Under each master key that there is: the first is the one that counts now. The same for the same bytes. */
  marksOf(apiKey: string, encoding: KeyEncoding, scheme: string): readonly string[] {
    const digest = readApiKey(apiKey, encoding, schemeOf(scheme)?.rules.keyLength).digest();
    return this.settings.markKeys.map((key) =>
      createHmac("sha256", key).update(digest).digest("base64url"),
    );
  }

  /** The mark of a key, under the master key that counts now. */
  async markOf(row: KeyRow): Promise<string> {
    const encoding = row.encoding as KeyEncoding;
    return this.marksOf(await this.open(row), encoding, row.scheme)[0] ?? "";
  }

  /**
   * One secret is one key. Whose the other one is, is not said: whoever tries secrets must not learn of them.
   * @throws Problem `conflict`
   */
  async refuseKnown(
    tx: Transaction,
    apiKey: string,
    encoding: KeyEncoding,
    scheme: string,
  ): Promise<void> {
    const marks = this.marksOf(apiKey, encoding, scheme);
    const [known] = await tx
      .select({ id: keys.id })
      .from(keys)
      .where(inArray(keys.mark, [...marks]))
      .limit(1);
    if (known !== undefined) throw secretKnown();
  }
}

export const secretKnown = (): Problem =>
  new Problem("conflict", {
    detail: "This secret is used by a key already. Every key needs a secret of its own.",
  });
