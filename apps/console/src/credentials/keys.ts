import { Inject, Injectable } from "@nestjs/common";
import { staysAsItIs } from "../conventions/version.js";
import { DATABASE } from "../database/database.module.js";
import type { Database } from "../database/database.js";
import { Problem } from "../problems/problem.js";
import type { ActingPerson } from "../access/acting-person.js";
import { KeyWriter, toldOf, type Issued } from "./key-writer.js";
import { isOver } from "./life.js";
import { keyOf, lockApp, type LockedApp } from "./locked-app.js";
import { mayLengthen } from "./may-lengthen.js";
import { checkLive, endNow, withKey } from "./ring.js";
import { encodingOf, schemeOf } from "./schemes.js";
import type { KeyRow } from "./secrets.js";
import type { KeyChange, NewKey } from "./shapes.js";

/** Keys are issued, ended and revoked here. Everything happens under the lock of the app. */
@Injectable()
export class Keys {
  constructor(
    @Inject(DATABASE) private readonly db: Database,
    private readonly writer: KeyWriter,
  ) {}

  /** @throws Problem */
  issue(by: ActingPerson, appId: string, given: NewKey): Promise<Issued> {
    return this.db.transaction(async (tx) => {
      const locked = await lockApp(tx, by.person, appId);
      const now = this.writer.now();
      const { scheme = locked.app.schemes[0] ?? "", notBefore = now, expiresAt = null } = given;
      const known = schemeOf(scheme);
      if (known === undefined || !locked.app.schemes.includes(scheme))
        throw fault("scheme", `must be one of the app's: ${locked.app.schemes.join(", ")}`);
      if (expiresAt !== null && expiresAt <= now) throw fault("expiresAt", "must not be past");
      const issued = await this.writer.add(tx, by, locked, given.secret, {
        scheme,
        algorithm: given.algorithm ?? known.rules.keyAlgorithms[0] ?? "sha256",
        encoding: given.encoding ?? encodingOf(known),
        notBefore: notBefore > now ? notBefore : now,
        expiresAt,
        replaces: null,
      });
      await this.writer.tell(tx, by, "key.issued", issued.key, { after: toldOf(issued.key) });
      return issued;
    });
  }

  /** Ends a key earlier or later, or has nobody sign with it any more. @throws Problem */
  change(
    by: ActingPerson,
    appId: string,
    keyId: string,
    seen: number,
    change: KeyChange,
  ): Promise<KeyRow> {
    return this.db.transaction(async (tx) => {
      const locked = await lockApp(tx, by.person, appId);
      const now = this.writer.now();
      const before = keyOf(locked, keyId);
      if (before.version !== seen) throw new Problem("changed-meanwhile");
      if (isOver(before, now))
        throw new Problem("conflict", { detail: "This key has ended, and stays ended." });
      const { expiresAt } = change;
      if (expiresAt !== undefined) checkEnd(by, locked, before, expiresAt);
      const end = expiresAt && (expiresAt <= now ? endNow(before, now) : expiresAt);
      if (end && end <= before.notBefore) throw fault("expiresAt", "must be after notBefore");
      const wanted = {
        ...change,
        ...(end && { expiresAt: end }),
        ...(expiresAt !== undefined &&
          isRotated(locked, before) &&
          mayLengthen(by) && { ownEnd: end ?? null }),
      };
      if (staysAsItIs(before, wanted)) return before;
      const key = await this.writer.set(tx, before, wanted);
      checkLive(withKey(locked.ring, key), key.scheme, now);
      await this.writer.tell(tx, by, "key.changed", key, {
        before: toldOf(before),
        after: toldOf(key),
      });
      return key;
    });
  }

  /** For ever. @throws Problem `conflict` where it was before */
  revoke(by: ActingPerson, appId: string, keyId: string, reason: string): Promise<KeyRow> {
    return this.db.transaction(async (tx) => {
      const before = keyOf(await lockApp(tx, by.person, appId), keyId);
      if (before.state === "revoked")
        throw new Problem("conflict", { detail: "This key is revoked already." });
      const revokedAt = this.writer.now();
      const key = await this.writer.set(tx, before, { state: "revoked", revokedAt });
      await this.writer.tell(tx, by, "key.revoked", key, {
        before: toldOf(before),
        after: { ...toldOf(key), reason },
      });
      return key;
    });
  }
}

/**
 * Whoever may not issue keys may not lengthen the life of one either: not beyond its own end. That is the one which it
 * had before its rotation, or which somebody who may issue keys has set since.
 */
function checkEnd(by: ActingPerson, locked: LockedApp, key: KeyRow, wanted: Date | null): void {
  if (mayLengthen(by)) return;
  const most = isRotated(locked, key) ? key.ownEnd : key.expiresAt;
  if (most === null || (wanted !== null && wanted <= most)) return;
  throw new Problem("not-allowed", {
    detail: "Your role may end a key earlier, and not lengthen its life.",
  });
}

const isRotated = ({ ring }: LockedApp, { id }: KeyRow): boolean =>
  ring.some(({ replaces }) => replaces === id);

const fault = (at: string, problem: string): Problem =>
  new Problem("invalid-input", { faults: [{ at: `body.${at}`, problem }] });
