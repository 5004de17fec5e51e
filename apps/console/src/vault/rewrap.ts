import { Inject, Injectable, Logger } from "@nestjs/common";
import { and, asc, count, eq, gt, ne } from "drizzle-orm";
import { rewrapSecret } from "@lacre/stores/console";
import type { Actor } from "../audit/actor.js";
import { recordAct } from "../audit/record-act.js";
import { KeySecrets } from "../credentials/secrets.js";
import { DATABASE } from "../database/database.module.js";
import type { Database } from "../database/database.js";
import { keys } from "../database/tables.js";
import { Problem } from "../problems/problem.js";
import { SETTINGS, type ConsoleSettings } from "../start/settings.js";
import { MasterKeyChecks } from "./master-key-checks.js";
import { SEALED_PLACES, type SealedPlace } from "./sealed-places.js";

const BATCH = 100;

/** How far it has come. */
export interface RewrapProgress {
  readonly running: boolean;
  readonly done: number;
  readonly total: number;
  /** Those that no master key here opens. */
  readonly failed: number;
}

interface SealedRow {
  readonly id: string;
  readonly owner: string;
  readonly sealed: Uint8Array;
  readonly wrappedKey: Uint8Array;
  readonly wrappedBy: string;
}

/**
 * Brings every secret under the master key that counts now. What is done is in the rows themselves: it goes on where it
 * was stopped, and several consoles may do it at once.
 */
@Injectable()
export class Rewrap {
  readonly #log = new Logger("Rewrap");
  #progress: RewrapProgress = { running: false, done: 0, total: 0, failed: 0 };

  constructor(
    @Inject(DATABASE) private readonly db: Database,
    @Inject(SETTINGS) private readonly settings: ConsoleSettings,
    private readonly secrets: KeySecrets,
    private readonly checks: MasterKeyChecks,
  ) {}

  /** Of this console's last run. */
  get progress(): RewrapProgress {
    return this.#progress;
  }

  /** How many secrets are under another master key than the one that counts now. */
  async waiting(): Promise<number> {
    const counts = await Promise.all(
      SEALED_PLACES.map(async ({ table }) => {
        const [row] = await this.db
          .select({ n: count() })
          .from(table)
          .where(ne(table.wrappedBy, this.settings.wrapper.id));
        return row?.n ?? 0;
      }),
    );
    return counts.reduce((sum, n) => sum + n, 0);
  }

  /** Starts it, and does not wait for its end. @throws Problem `conflict` where it runs already */
  async start(by: Actor): Promise<void> {
    await this.#begin(by);
    void this.#work(by).catch((error: unknown) => this.#log.error(String(error)));
  }

  /** Does it, to its end. @throws Problem `conflict` where it runs already */
  async run(by: Actor): Promise<RewrapProgress> {
    await this.#begin(by);
    await this.#work(by);
    return this.#progress;
  }

  async #begin(by: Actor): Promise<void> {
    if (this.#progress.running)
      throw new Problem("conflict", { detail: "It is running already. Wait for its end." });
    this.#progress = { running: true, done: 0, total: 0, failed: 0 };
    try {
      this.#note({ total: await this.waiting() });
      await this.#tell(by, "master-key.rewrap-started");
    } catch (error) {
      this.#note({ running: false });
      throw error;
    }
  }

  async #work(by: Actor): Promise<void> {
    try {
      for (const place of SEALED_PLACES) await this.#rewrapPlace(place);
      await this.checks.forgetOthers();
      await this.#tell(by, "master-key.rewrapped");
    } finally {
      this.#note({ running: false });
    }
  }

  async #rewrapPlace(place: SealedPlace): Promise<void> {
    const { table, id, owner } = place;
    const { sealed, wrappedKey, wrappedBy } = table;
    let last = "";
    for (;;) {
      const rows = (await this.db
        .select({ id, owner, sealed, wrappedKey, wrappedBy })
        .from(table)
        .where(and(gt(id, last), ne(wrappedBy, this.settings.wrapper.id)))
        .orderBy(asc(id))
        .limit(BATCH)) as SealedRow[];
      for (const row of rows) {
        const done = await this.#rewrapRow(place, row);
        this.#note(
          done ? { done: this.#progress.done + 1 } : { failed: this.#progress.failed + 1 },
        );
      }
      const end = rows.at(-1);
      if (end === undefined) return;
      last = end.id;
    }
  }

  async #rewrapRow(place: SealedPlace, row: SealedRow): Promise<boolean> {
    try {
      const { wrappedKey, wrappedBy } = await rewrapSecret(
        row,
        `${place.kind}:${row.owner}`,
        this.settings.wrapper,
      );
      // Whoever gave the row another secret meanwhile, or was faster, is not undone.
      await this.db
        .update(place.table)
        .set({ wrappedKey, wrappedBy, ...(await this.#markOf(place, row)) })
        .where(and(eq(place.id, row.id), eq(place.table.wrappedKey, row.wrappedKey)));
      return true;
    } catch {
      this.#log.warn(
        `${place.name}: ${row.id} cannot be opened: it is under the master key ${row.wrappedBy}`,
      );
      return false;
    }
  }

  /** The mark of a key is made with the master key too. */
  async #markOf(place: SealedPlace, row: SealedRow): Promise<object> {
    if (place.table !== keys) return {};
    const [key] = await this.db.select().from(keys).where(eq(keys.id, row.id));
    return key === undefined ? {} : { mark: await this.secrets.markOf(key) };
  }

  async #tell(by: Actor, act: string): Promise<void> {
    const { done, total, failed } = this.#progress;
    const after = { masterKeyId: this.settings.wrapper.id, done, total, failed };
    const object = { kind: "master-key", id: this.settings.wrapper.id };
    await this.db.transaction((tx) => recordAct(tx, { by, act, object, after }));
  }

  #note(more: Partial<RewrapProgress>): void {
    this.#progress = { ...this.#progress, ...more };
  }
}
