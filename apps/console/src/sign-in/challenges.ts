import { createHmac, randomBytes } from "node:crypto";
import { Inject, Injectable } from "@nestjs/common";
import type { Clock } from "@lacre/core";
import type { Transaction } from "../database/database.js";
import { usedChallenges } from "../database/tables.js";
import { CLOCK, SETTINGS, type ConsoleSettings } from "../start/settings.js";

const CHALLENGE_MS = 120_000;

export interface Challenge {
  readonly challengeId: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/**
 * What a passkey signs. A challenge is a MAC over its id: whoever makes up an id does not know the challenge. So asking
 * for one, which everybody may, leaves nothing in the database; one that counted is noted there, and counts no more.
 */
@Injectable()
export class Challenges {
  constructor(
    @Inject(SETTINGS) private readonly settings: ConsoleSettings,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** @param purpose what the signature is for: it counts for nothing else */
  make(purpose: string): Challenge {
    const expiresMs = Math.round(this.clock.nowMs() + CHALLENGE_MS);
    const challengeId = `${expiresMs}.${randomBytes(16).toString("base64url")}`;
    return { challengeId, bytes: this.#bytesOf(challengeId, purpose) };
  }

  /** The challenge of this id, in base64url. Undefined: its time is over. */
  read(challengeId: string, purpose: string): string | undefined {
    const expiresMs = Number(challengeId.split(".", 1)[0]);
    if (!(expiresMs > this.clock.nowMs())) return undefined;
    return Buffer.from(this.#bytesOf(challengeId, purpose)).toString("base64url");
  }

  /** False: it has counted before. */
  async useUp(tx: Transaction, challenge: string): Promise<boolean> {
    const expiresAt = new Date(this.clock.nowMs() + CHALLENGE_MS);
    const used = await tx
      .insert(usedChallenges)
      .values({ challenge, expiresAt })
      .onConflictDoNothing()
      .returning();
    return used.length === 1;
  }

  #bytesOf(challengeId: string, purpose: string): Uint8Array<ArrayBuffer> {
    const mac = createHmac("sha256", this.settings.tokenKey);
    return Uint8Array.from(mac.update(`passkey challenge ${challengeId} ${purpose}`).digest());
  }
}
