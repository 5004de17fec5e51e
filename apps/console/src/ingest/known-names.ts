import { inArray } from "drizzle-orm";
import type { Transaction } from "../database/database.js";
import { apps, keys } from "../database/tables.js";
import type { Batch } from "./batch.js";

/** Which apps and keys of a batch the console knows: what strangers have written makes no row of its own. */
export class KnownNames {
  readonly #apps: ReadonlySet<string>;
  readonly #owners: ReadonlyMap<string, string>;

  private constructor(known: ReadonlySet<string>, owners: ReadonlyMap<string, string>) {
    this.#apps = known;
    this.#owners = owners;
  }

  static async of({ counts }: Batch, tx: Transaction): Promise<KnownNames> {
    const appIds = [...new Set(counts.map(({ appId }) => appId))];
    const keyIds = [...new Set(counts.map(({ keyId }) => keyId))];
    const known = await tx.select({ id: apps.id }).from(apps).where(inArray(apps.id, appIds));
    const owners = await tx
      .select({ id: keys.id, appId: keys.appId })
      .from(keys)
      .where(inArray(keys.id, keyIds));
    return new KnownNames(
      new Set(known.map(({ id }) => id)),
      new Map(owners.map(({ id, appId }) => [id, appId])),
    );
  }

  /** The names, empty where the console knows no such app, or the key is not the app's. */
  read({ appId, keyId }: { appId: string; keyId: string }): { appId: string; keyId: string } {
    if (!this.#apps.has(appId)) return { appId: "", keyId: "" };
    return { appId, keyId: this.#owners.get(keyId) === appId ? keyId : "" };
  }
}
