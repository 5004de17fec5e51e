import { Inject, Injectable } from "@nestjs/common";
import { eq } from "drizzle-orm";
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
   * Uses up a code of their authenticator app.
   * @throws Problem `sign-in-failed` for a code that does not count, or after too many of them
   */
  async confirm(personId: string, totp: string): Promise<void> {
    const [row] = await this.db.select().from(signIns).where(eq(signIns.personId, personId));
    if (row === undefined) throw new Problem("sign-in-failed");
    const { passwordHash, sealed, wrappedKey, wrappedBy } = row;
    const account = { personId, passwordHash, totp: { sealed, wrappedKey, wrappedBy } };
    const useUp = await this.proofs.totp(totp).read(account);
    const isGood = await this.db.transaction(async (tx) => {
      const mayCount = await this.guesses.count(tx, personId, SIGNED_IN);
      const isProven = await useUp(tx, mayCount ? personId : undefined);
      if (mayCount && isProven) await this.guesses.succeed(tx, personId, SIGNED_IN, true);
      return mayCount && isProven; // not thrown: what was counted stays
    });
    if (!isGood) throw new Problem("sign-in-failed");
  }
}
