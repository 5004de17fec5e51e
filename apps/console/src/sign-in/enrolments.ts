import { randomUUID } from "node:crypto";
import { Inject, Injectable } from "@nestjs/common";
import { and, eq, gt, lt, sql } from "drizzle-orm";
import type { Clock } from "@lacre/core";
import { actorAt } from "../audit/actor.js";
import { recordAct } from "../audit/record-act.js";
import { DATABASE } from "../database/database.module.js";
import type { Database, Transaction } from "../database/database.js";
import { enrolments, people, passkeys, signIns } from "../database/tables.js";
import { Problem } from "../problems/problem.js";
import { CLOCK, SETTINGS, type ConsoleSettings } from "../start/settings.js";
import { Guesses } from "./guesses.js";
import { hashOf, randomToken } from "./hash-of.js";
import { hasAdmin, Invitations, noSuchLink } from "./invitations.js";
import { PasswordHashes } from "./password-hashes.js";
import { refuseLoginAsPassword } from "./passwords.js";
import { Sessions } from "./sessions.js";
import type { Source } from "./source.js";
import { TotpSeeds } from "./totp-seeds.js";
import { codeOf, newSeed, showSeed, stepOfCode, type ShownSeed } from "./totp.js";

const TICKET_SECONDS = 900;
const MOST_TRIES = 10;

/** What begins an enrolment: the ticket confirms it. It is no token: it opens nothing else. */
export interface BegunEnrolment {
  readonly ticket: string;
  readonly totp: ShownSeed;
}

export interface EnrolmentTerms {
  readonly token: string;
  /** Of a first start; else the person has one. */
  readonly login?: string | undefined;
  readonly name?: string | undefined;
  readonly password: string;
}

type Pending = typeof enrolments.$inferSelect;

/** How somebody comes to a password and a phone. Nothing counts before a code has confirmed it. */
@Injectable()
export class Enrolments {
  constructor(
    @Inject(DATABASE) private readonly db: Database,
    @Inject(SETTINGS) private readonly settings: ConsoleSettings,
    @Inject(CLOCK) private readonly clock: Clock,
    private readonly invitations: Invitations,
    private readonly hashes: PasswordHashes,
    private readonly seeds: TotpSeeds,
    private readonly sessions: Sessions,
    private readonly guesses: Guesses,
  ) {}

  /** @throws Problem `not-found` for a link that does not count; `invalid-input` */
  async begin(terms: EnrolmentTerms, source: Source): Promise<BegunEnrolment> {
    const { id: invitationId, ...invitation } = await this.invitations.read(terms.token);
    const login = invitation.login ?? terms.login;
    const name = terms.name ?? invitation.name ?? login;
    if (login === undefined)
      throw new Problem("invalid-input", { faults: [{ at: "body.login", problem: "is missing" }] });
    refuseLoginAsPassword(terms.password, login, "body.password");
    const personId = invitation.personId ?? `p_${randomUUID()}`;
    const passwordHash = await this.hashes.hash(terms.password, source.network);
    return this.#begin({ invitationId, personId, login, name, passwordHash }, login);
  }

  /** For a person who is signed in and has just proven it again: another phone. */
  beginNewPhone(personId: string, login: string): Promise<BegunEnrolment> {
    return this.#begin({ personId }, login);
  }

  /**
   * Confirms a ticket with a code of the new seed.
   * @param act what else happens in the same transaction
   * @throws Problem `sign-in-failed` for a wrong code or ticket; `not-found` for a link that was used meanwhile
   */
  async confirm<Result>(
    ticket: string,
    typed: unknown,
    source: Source,
    act: (tx: Transaction, personId: string) => Promise<Result>,
    ofPerson?: string,
  ): Promise<Result> {
    const pending = await this.#countTry(ticket);
    if (pending === undefined || (pending.invitationId === null) !== (ofPerson !== undefined))
      throw new Problem("sign-in-failed");
    const seed = await this.seeds.open(pending, pending.personId);
    const step = stepOfCode(seed, codeOf(typed), this.clock.nowMs());
    if (step === undefined || (ofPerson !== undefined && pending.personId !== ofPerson))
      throw new Problem("sign-in-failed");
    return this.db.transaction(async (tx) => {
      const gone = await tx
        .delete(enrolments)
        .where(eq(enrolments.ticketHash, pending.ticketHash))
        .returning({ personId: enrolments.personId });
      if (gone.length !== 1) throw new Problem("sign-in-failed");
      if (pending.invitationId === null) await this.#changePhone(tx, pending, source, step);
      else await this.#enrol(tx, pending, source, step);
      return act(tx, pending.personId);
    });
  }

  /** By a link: everything that there was before is replaced. */
  async #enrol(tx: Transaction, pending: Pending, source: Source, step: number): Promise<void> {
    const { invitationId, personId, login, name, passwordHash, sealed, wrappedKey, wrappedBy } =
      pending;
    if (invitationId === null || login === null || passwordHash === null)
      throw new Error("an enrolment lacks its password");
    const isFirst = (await this.invitations.useUp(tx, invitationId)) === null;
    if (isFirst) {
      if (await hasAdmin(tx)) throw noSuchLink();
      const clash = await tx
        .insert(people)
        .values({ id: personId, login, name: name ?? login, role: "admin" })
        .onConflictDoNothing()
        .returning({ id: people.id });
      if (clash.length !== 1) throw new Problem("conflict", { detail: "This login is taken." });
    } else {
      const changed = await tx
        .update(people)
        .set({ ...(name !== null && { name }), sessionVersion: sql`${people.sessionVersion} + 1` })
        .where(and(eq(people.id, personId), eq(people.active, true)))
        .returning({ id: people.id });
      if (changed.length !== 1) throw noSuchLink();
    }
    // Before the proof, as a sign-in does it: in one order two transactions do not wait for each other.
    await this.guesses.forgetPlaces(tx, personId);
    const proof = { passwordHash, sealed, wrappedKey, wrappedBy, lastStep: step };
    const changedAt = new Date(this.clock.nowMs());
    await tx
      .insert(signIns)
      .values({ personId, ...proof, changedAt })
      .onConflictDoUpdate({ target: signIns.personId, set: { ...proof, changedAt } });
    await tx.delete(passkeys).where(eq(passkeys.personId, personId));
    await this.sessions.endAll(tx, personId);
    const object = { kind: "person", id: personId };
    await recordAct(tx, {
      by: actorAt(personId, source),
      act: "person.enrolled",
      object,
      after: { login },
    });
  }

  async #changePhone(
    tx: Transaction,
    pending: Pending,
    source: Source,
    step: number,
  ): Promise<void> {
    const { personId, sealed, wrappedKey, wrappedBy } = pending;
    const changedAt = new Date(this.clock.nowMs());
    await tx
      .update(signIns)
      .set({ sealed, wrappedKey, wrappedBy, lastStep: step, changedAt })
      .where(eq(signIns.personId, personId));
    const object = { kind: "person", id: personId };
    await recordAct(tx, { by: actorAt(personId, source), act: "person.phone-changed", object });
  }

  async #begin(
    terms: Partial<Pending> & { personId: string },
    login: string,
  ): Promise<BegunEnrolment> {
    const seed = newSeed();
    const ticket = randomToken();
    const sealed = await this.seeds.seal(seed, terms.personId);
    const now = this.clock.nowMs();
    const expiresAt = new Date(now + TICKET_SECONDS * 1000);
    await this.db
      .insert(enrolments)
      .values({ ...terms, ...sealed, ticketHash: hashOf(ticket), expiresAt });
    const { host } = new URL(this.settings.origin);
    return { ticket, totp: await showSeed(seed, login, `Lacre ${host}`) };
  }

  async #countTry(ticket: string): Promise<Pending | undefined> {
    const [pending] = await this.db
      .update(enrolments)
      .set({ tries: sql`${enrolments.tries} + 1` })
      .where(
        and(
          eq(enrolments.ticketHash, hashOf(ticket)),
          lt(enrolments.tries, MOST_TRIES),
          gt(enrolments.expiresAt, new Date(this.clock.nowMs())),
        ),
      )
      .returning();
    return pending;
  }
}
