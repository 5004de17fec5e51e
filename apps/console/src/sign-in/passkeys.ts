import { Inject, Injectable } from "@nestjs/common";
import {
  generateAuthenticationOptions,
  generateRegistrationOptions,
  verifyAuthenticationResponse,
  verifyRegistrationResponse,
  type AuthenticationResponseJSON,
  type AuthenticatorTransport,
  type RegistrationResponseJSON,
} from "@simplewebauthn/server";
import { and, eq, lt, or, sql } from "drizzle-orm";
import type { Clock } from "@lacre/core";
import type { Actor } from "../audit/actor.js";
import { recordAct } from "../audit/record-act.js";
import { DATABASE } from "../database/database.module.js";
import type { Database, Transaction } from "../database/database.js";
import { passkeys } from "../database/tables.js";
import type { Person } from "../access/person.js";
import { Problem } from "../problems/problem.js";
import { CLOCK, SETTINGS, type ConsoleSettings } from "../start/settings.js";
import { Challenges } from "./challenges.js";
import type { Proof } from "./proof.js";

const SIGN_IN = "sign in";
const registrationOf = (personId: string): string => `register for ${personId}`;
const NOBODY = "";
const NO_PASSKEY = "";

/** Passkeys: the second factor that cannot be phished. WebAuthn */
@Injectable()
export class Passkeys {
  readonly #origin: string;
  readonly #rpId: string;

  constructor(
    @Inject(DATABASE) private readonly db: Database,
    @Inject(SETTINGS) { origin }: ConsoleSettings,
    @Inject(CLOCK) private readonly clock: Clock,
    private readonly challenges: Challenges,
  ) {
    this.#origin = origin;
    this.#rpId = new URL(origin).hostname;
  }

  /** The same for everybody: the passkey itself says whose it is, so that the answer tells nobody who has one. */
  async signInOptions(): Promise<{ options: object; challengeId: string }> {
    const { challengeId, bytes } = this.challenges.make(SIGN_IN);
    const options = await generateAuthenticationOptions({ rpID: this.#rpId, challenge: bytes });
    return { options, challengeId };
  }

  async registrationOptions(person: Person): Promise<{ options: object; challengeId: string }> {
    const { challengeId, bytes } = this.challenges.make(registrationOf(person.id));
    const options = await generateRegistrationOptions({
      rpName: "Lacre console",
      rpID: this.#rpId,
      userName: person.login,
      userDisplayName: person.name,
      userID: new TextEncoder().encode(person.id),
      challenge: bytes,
      excludeCredentials: await this.list(person.id),
      authenticatorSelection: { residentKey: "required", userVerification: "preferred" },
    });
    return { options, challengeId };
  }

  /** @throws Problem `invalid-input` for a response that is not one to this challenge */
  async register(by: Actor, challengeId: string, name: string, response: unknown): Promise<void> {
    const challenge = this.challenges.read(challengeId, registrationOf(by.id));
    const credential = challenge && (await this.#verifyRegistration(challenge, response));
    if (challenge === undefined || !credential) throw notRegistered();
    const { id, counter, transports = [] } = credential;
    const publicKey = Buffer.from(credential.publicKey).toString("base64url");
    await this.db.transaction(async (tx) => {
      if (!(await this.challenges.useUp(tx, challenge))) throw notRegistered();
      const added = await tx
        .insert(passkeys)
        .values({ id, personId: by.id, name, publicKey, counter, transports })
        .onConflictDoNothing()
        .returning({ id: passkeys.id });
      if (added.length !== 1) throw notRegistered();
      const object = { kind: "passkey", id };
      await recordAct(tx, { by, act: "passkey.added", object, after: { name } });
    });
  }

  /** A passkey's answer to a challenge, as a second factor. */
  proof(challengeId: string, response: unknown): Proof {
    const challenge = this.challenges.read(challengeId, SIGN_IN);
    return {
      by: "passkey",
      isGuessable: false,
      read: async () => {
        const verified = challenge && (await this.#verifySignature(challenge, response));
        return async (tx, personId = NOBODY) => {
          const { id = "", counter = 0 } = verified || {};
          const used = await this.#count(tx, id, personId, counter);
          const isNew = used && challenge !== undefined;
          return isNew && (await this.challenges.useUp(tx, challenge)) ? "counted" : "wrong";
        };
      },
    };
  }

  list(personId: string) {
    return this.db
      .select({
        id: passkeys.id,
        name: passkeys.name,
        transports: passkeys.transports,
        createdAt: passkeys.createdAt,
        lastUsedAt: passkeys.lastUsedAt,
      })
      .from(passkeys)
      .where(eq(passkeys.personId, personId))
      .orderBy(passkeys.createdAt);
  }

  /** @throws Problem `not-found` */
  async remove(by: Actor, id: string): Promise<void> {
    await this.db.transaction(async (tx) => {
      const own = and(eq(passkeys.id, id), eq(passkeys.personId, by.id));
      const [gone] = await tx.delete(passkeys).where(own).returning({ name: passkeys.name });
      if (gone === undefined) throw new Problem("not-found");
      const object = { kind: "passkey", id };
      await recordAct(tx, { by, act: "passkey.removed", object, before: gone });
    });
  }

  /** Its counter must have gone up, which a copy's has not; many passkeys do not count, and say 0 always. */
  async #count(tx: Transaction, id: string, personId: string, counter: number): Promise<boolean> {
    const wentUp = or(
      lt(passkeys.counter, counter),
      and(eq(passkeys.counter, 0), sql`${counter}::int = 0`),
    );
    const used = await tx
      .update(passkeys)
      .set({ counter, lastUsedAt: new Date(this.clock.nowMs()) })
      .where(and(eq(passkeys.id, id), eq(passkeys.personId, personId), wentUp))
      .returning({ id: passkeys.id });
    return used.length === 1;
  }

  async #verifySignature(
    expectedChallenge: string,
    response: unknown,
  ): Promise<{ id: string; counter: number } | undefined> {
    const { id } = (response ?? {}) as { id?: unknown };
    const named = eq(passkeys.id, typeof id === "string" && /^[\w-]+$/.test(id) ? id : NO_PASSKEY);
    const [row] = await this.db.select().from(passkeys).where(named);
    if (row === undefined) return undefined;
    try {
      const { verified, authenticationInfo } = await verifyAuthenticationResponse({
        response: response as AuthenticationResponseJSON,
        expectedChallenge,
        expectedOrigin: this.#origin,
        expectedRPID: this.#rpId,
        requireUserVerification: false,
        credential: {
          id: row.id,
          publicKey: Uint8Array.from(Buffer.from(row.publicKey, "base64url")),
          // Judged by the statement that counts it: here two could come at once.
          counter: 0,
          transports: row.transports as AuthenticatorTransport[],
        },
      });
      return verified ? { id: row.id, counter: authenticationInfo.newCounter } : undefined;
    } catch {
      return undefined; // whatever is wrong with it: the caller learns no more than that
    }
  }

  async #verifyRegistration(expectedChallenge: string, response: unknown) {
    try {
      const { verified, registrationInfo } = await verifyRegistrationResponse({
        response: response as RegistrationResponseJSON,
        expectedChallenge,
        expectedOrigin: this.#origin,
        expectedRPID: this.#rpId,
        requireUserVerification: false,
      });
      return verified ? registrationInfo.credential : undefined;
    } catch {
      return undefined;
    }
  }
}

const notRegistered = (): Problem =>
  new Problem("invalid-input", { faults: [{ at: "body.response", problem: "does not count" }] });
