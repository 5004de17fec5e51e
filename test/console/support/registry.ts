import { eq } from "drizzle-orm";
import { generateApiKey } from "@lacre/nestjs";
import { sealSecret, type KeyWrapper } from "@lacre/stores/console";
import type { Database, Transaction } from "../../../apps/console/src/database/database.js";
import { apps, keys, teams } from "../../../apps/console/src/database/tables.js";
import { noteChange } from "../../../apps/console/src/registry/note-change.js";

/** An app with its key, as its owner knows it. */
export interface Known {
  readonly appId: string;
  readonly apiKey: string;
}

export type AppRow = Partial<typeof apps.$inferInsert>;
export type KeyRow = Partial<typeof keys.$inferInsert>;

/** Puts records into the registry as the console's own rooms do: a change and the word of it in one transaction. */
export class RegistryWriter {
  #made = 0;

  constructor(
    readonly db: Database,
    readonly wrapper: KeyWrapper,
  ) {}

  /** An app with one key, whose id is the AppId and `-key`. */
  async app(appId: string, row: AppRow = {}, key: KeyRow = {}): Promise<Known> {
    const apiKey = generateApiKey();
    await this.db.insert(teams).values({ id: "t_all", name: "all" }).onConflictDoNothing();
    await this.db.transaction(async (tx) => {
      await tx
        .insert(apps)
        .values({ id: appId, name: appId, teamId: "t_all", createdAt: new Date(), ...row });
      await this.#insertKey(tx, appId, apiKey, { id: `${appId}-key`, ...key });
      await noteChange(tx, appId);
    });
    return { appId, apiKey };
  }

  /** A service: it may read the registry and tell verdicts. */
  service(appId: string, scopes = ["registry:read", "verdicts:write"]): Promise<Known> {
    return this.app(appId, { kind: "service", scopes });
  }

  /** One more key of an app. */
  async key(appId: string, row: KeyRow): Promise<string> {
    const apiKey = generateApiKey();
    await this.db.transaction(async (tx) => {
      await this.#insertKey(tx, appId, apiKey, row);
      await noteChange(tx, appId);
    });
    return apiKey;
  }

  async revoke(appId: string, keyId = `${appId}-key`): Promise<void> {
    await this.db.transaction(async (tx) => {
      await tx
        .update(keys)
        .set({ state: "revoked", revokedAt: new Date() })
        .where(eq(keys.id, keyId));
      await noteChange(tx, appId);
    });
  }

  async change(appId: string, row: AppRow): Promise<void> {
    await this.db.transaction(async (tx) => {
      await tx.update(apps).set(row).where(eq(apps.id, appId));
      await noteChange(tx, appId);
    });
  }

  async #insertKey(tx: Transaction, appId: string, apiKey: string, row: KeyRow): Promise<void> {
    const id = row.id ?? `k_${(this.#made += 1)}`;
    const secret = await sealSecret(Buffer.from(apiKey), `key:${id}`, this.wrapper);
    const rest = {
      appId,
      scheme: "lacre1",
      fingerprint: "00000000",
      mark: apiKey,
      createdAt: new Date(),
      notBefore: new Date(0),
    };
    await tx.insert(keys).values({ ...rest, ...secret, ...row, id });
  }
}

/** Until it is so; an error after so many seconds. A new memory of nonces on a server begins with a fence of 31 s. */
export async function until(isSo: () => boolean | Promise<boolean>, within = 40): Promise<void> {
  const endMs = performance.now() + within * 1_000;
  while (!(await isSo())) {
    if (performance.now() > endMs) throw new Error(`it did not come to be so within ${within} s`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
