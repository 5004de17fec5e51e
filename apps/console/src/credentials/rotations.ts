import { Inject, Injectable } from "@nestjs/common";
import { HOUR_MS } from "../conventions/durations.js";
import { DATABASE } from "../database/database.module.js";
import type { Database, Transaction } from "../database/database.js";
import { Problem } from "../problems/problem.js";
import type { ActingPerson } from "../access/acting-person.js";
import { KeyWriter, toldOf, type Issued } from "./key-writer.js";
import { isLive } from "./life.js";
import { keyOf, lockApp, type LockedApp } from "./locked-app.js";
import { mayLengthen } from "./may-lengthen.js";
import { earlier, endNow, olderOfOpenRotation, withKey } from "./ring.js";
import type { KeyRow } from "./secrets.js";
import type { Rotation } from "./shapes.js";

const OVERLAPS_MS = {
  now: 0,
  "1h": HOUR_MS,
  "24h": 24 * HOUR_MS,
  "7d": 168 * HOUR_MS,
  "30d": 720 * HOUR_MS,
};

/** Two keys for a while: the old one, and its successor. */
@Injectable()
export class Rotations {
  constructor(
    @Inject(DATABASE) private readonly db: Database,
    private readonly writer: KeyWriter,
  ) {}

  /**
   * The successor of a key: of the same scheme, algorithm and encoding, and for no longer than the old key's own end.
   * @throws Problem `rotation-open` where the key has a successor already, or is one whose predecessor still lives
   */
  rotate(
    by: ActingPerson,
    appId: string,
    keyId: string,
    rotation: Rotation,
  ): Promise<Issued & { readonly old: KeyRow }> {
    refusePast(rotation, this.writer.now());
    return this.db.transaction(async (tx) => {
      const locked = await lockApp(tx, by.person, appId);
      const now = this.writer.now();
      const before = keyOf(locked, keyId);
      if (!isLive(before, now))
        throw new Problem("conflict", { detail: "Only a key that is live can be rotated." });
      const older = olderOfOpenRotation(locked.ring, before.scheme, now);
      if (older !== undefined && !rotation.force) throw stillOpen(older);

      const ended = older && older.id !== keyId ? await this.#endNow(tx, by, older, now) : older;
      const end = older?.id === keyId ? endNow(before, now) : endOf(rotation, before, now);
      const old = await this.writer.set(tx, before, {
        expiresAt: earlier(before.expiresAt, end),
        ownEnd: mayLengthen(by) ? earlier(before.expiresAt, end) : before.expiresAt,
      });
      const ring = withKey(ended === undefined ? locked.ring : withKey(locked.ring, ended), old);
      const made = await this.#successor(tx, by, { ...locked, ring }, before, rotation.secret);
      await this.writer.tell(tx, by, "key.rotated", old, {
        before: toldOf(before),
        after: { old: toldOf(old), new: toldOf(made.key) },
      });
      return { ...made, old };
    });
  }

  #successor(
    tx: Transaction,
    by: ActingPerson,
    locked: LockedApp,
    { id, scheme, algorithm, encoding, expiresAt }: KeyRow,
    secret: string | undefined,
  ): Promise<Issued> {
    const notBefore = this.writer.now();
    const terms = { scheme, algorithm, encoding, notBefore, expiresAt, replaces: id };
    return this.writer.add(tx, by, locked, secret, terms);
  }

  async #endNow(tx: Transaction, by: ActingPerson, key: KeyRow, now: Date): Promise<KeyRow> {
    const ended = await this.writer.set(tx, key, { expiresAt: endNow(key, now) });
    await this.writer.tell(tx, by, "key.changed", ended, {
      before: toldOf(key),
      after: toldOf(ended),
    });
    return ended;
  }
}

function refusePast({ until }: Rotation, now: Date): void {
  if (until === undefined || until > now) return;
  const fault = { at: "body.until", problem: "must not be past" };
  throw new Problem("invalid-input", { faults: [fault] });
}

function endOf({ overlap = "24h", until }: Rotation, key: KeyRow, now: Date): Date {
  if (until !== undefined) return until;
  return overlap === "now" ? endNow(key, now) : new Date(now.getTime() + OVERLAPS_MS[overlap]);
}

const stillOpen = ({ id, expiresAt }: KeyRow): Problem =>
  new Problem("rotation-open", {
    detail: `The key ${id} is live until ${expiresAt?.toISOString() ?? "it is ended"}. End it first, or force this rotation: then it ends now.`,
  });
