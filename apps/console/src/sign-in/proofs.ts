import { Inject, Injectable, Logger } from "@nestjs/common";
import { and, eq, isNull, lt } from "drizzle-orm";
import type { Clock } from "@lacre/core";
import { recoveryCodes, signIns } from "../database/tables.js";
import { CLOCK } from "../start/settings.js";
import type { Account } from "./accounts.js";
import type { Proof } from "./proof.js";
import { hashOfRecoveryCode } from "./recovery-codes.js";
import { TotpSeeds } from "./totp-seeds.js";
import { codeOf, stepOfCode } from "./totp.js";

const NOBODY = "";
/** Before every step. */
const NO_STEP = -1;

/** Second factors that are typed. */
@Injectable()
export class Proofs {
  readonly #log = new Logger("SignIn");

  constructor(
    private readonly seeds: TotpSeeds,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** A code of the authenticator app. */
  totp(typed: unknown): Proof {
    return {
      by: "totp",
      isGuessable: true,
      read: async (account) => {
        const seed = await this.#seedOf(account);
        const step = stepOfCode(seed, codeOf(typed), this.clock.nowMs()) ?? NO_STEP;
        return async (tx, personId = NOBODY) => {
          // Of all who come with one code, this statement lets one through.
          const used = await tx
            .update(signIns)
            .set({ lastStep: step })
            .where(and(eq(signIns.personId, personId), lt(signIns.lastStep, step)))
            .returning({ personId: signIns.personId });
          if (used.length === 1) return "counted";
          return step !== NO_STEP && personId !== NOBODY ? "late" : "wrong";
        };
      },
    };
  }

  /**
   * Where it cannot be opened nobody's stands in for it: another answer would tell that there is such a login, and it
   * is only the log that says why.
   */
  async #seedOf(account: Account | undefined): Promise<Uint8Array> {
    if (account === undefined) return this.seeds.openNobodys();
    try {
      return await this.seeds.open(account.totp, account.personId);
    } catch (error) {
      this.#log.error(`${account.personId} cannot sign in with a code. ${String(error)}`);
      return this.seeds.openNobodys();
    }
  }

  recoveryCode(typed: unknown): Proof {
    const hash = hashOfRecoveryCode(typed);
    return {
      by: "recovery-code",
      isGuessable: false,
      read:
        async () =>
        async (tx, personId = NOBODY) => {
          const ofPerson = and(eq(recoveryCodes.personId, personId), eq(recoveryCodes.hash, hash));
          const used = await tx
            .update(recoveryCodes)
            .set({ usedAt: new Date(this.clock.nowMs()) })
            .where(and(ofPerson, isNull(recoveryCodes.usedAt)))
            .returning({ id: recoveryCodes.id });
          return used.length === 1 ? "counted" : "wrong";
        },
    };
  }
}
