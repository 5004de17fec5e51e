import { Inject, Injectable } from "@nestjs/common";
import { eq } from "drizzle-orm";
import type { Actor } from "../audit/actor.js";
import { recordAct } from "../audit/record-act.js";
import { DATABASE } from "../database/database.module.js";
import type { Database } from "../database/database.js";
import { signIns } from "../database/tables.js";
import { Problem } from "../problems/problem.js";
import { Guesses, type Place } from "./guesses.js";
import { Proofs } from "./proofs.js";

/** Whoever is signed in guesses from one place, wherever they are: a stolen token gets no more tries by moving on. */
const SIGNED_IN: Place = { origin: "session", isKnown: true };

/** Has somebody who is signed in prove once more that it is they. */
@Injectable()
export class SecondFactors {
  constructor(
    @Inject(DATABASE) private readonly db: Database,
    private readonly guesses: Guesses,
    private readonly proofs: Proofs,
  ) {}

  /**
   * Uses up a code of their authenticator app. Each wrong one is in the audit log; what comes after too many is not
   * judged, and is not.
   * @param purpose what it is for, in a word, for the log
   * @throws Problem `sign-in-failed` for a code that does not count, `slow-down` after too many of them
   */
  async confirm(by: Actor, totp: string, purpose: string): Promise<void> {
    const personId = by.id;
    const [row] = await this.db.select().from(signIns).where(eq(signIns.personId, personId));
    if (row === undefined) throw new Problem("sign-in-failed");
    const { passwordHash, sealed, wrappedKey, wrappedBy } = row;
    const account = { personId, passwordHash, totp: { sealed, wrappedKey, wrappedBy } };
    const useUp = await this.proofs.totp(totp).read(account);
    // Not thrown within: what was counted stays.
    const refused = await this.db.transaction(async (tx) => {
      if (!(await this.guesses.count(tx, personId, SIGNED_IN))) {
        const retryAfterSeconds = await this.guesses.secondsToWait(tx, personId, SIGNED_IN.origin);
        return new Problem("slow-down", { detail: "Too many wrong codes.", retryAfterSeconds });
      }
      const use = await useUp(tx, personId);
      if (use === "counted") {
        await this.guesses.succeed(tx, personId, SIGNED_IN, true);
        return undefined;
      }
      if (use === "late") {
        await this.guesses.giveBack(tx, personId, SIGNED_IN);
      } else {
        const object = { kind: "person", id: personId };
        const after = { for: purpose };
        await recordAct(tx, { by, act: "person.code-refused", object, after });
      }
      return new Problem("sign-in-failed");
    });
    if (refused !== undefined) throw refused;
  }
}
