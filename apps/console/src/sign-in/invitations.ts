import { randomUUID } from "node:crypto";
import { Inject, Injectable } from "@nestjs/common";
import { and, eq, gt, isNull } from "drizzle-orm";
import type { Clock } from "@lacre/core";
import { CONSOLE, TERMINAL, type Actor } from "../audit/actor.js";
import { recordAct } from "../audit/record-act.js";
import { DATABASE } from "../database/database.module.js";
import type { Database, Queries, Transaction } from "../database/database.js";
import { invitations, people, signIns } from "../database/tables.js";
import { Problem } from "../problems/problem.js";
import { CLOCK, SETTINGS, type ConsoleSettings } from "../start/settings.js";
import { hashOf, randomToken } from "./hash-of.js";
import { loginOf } from "./basic-credentials.js";

const FIRST_SECONDS = 3600;
const INVITATION_SECONDS = 86_400;

export interface InvitationLink {
  /** After the `#`, where neither a server nor its log ever sees it. */
  readonly link: string;
  readonly expiresAt: Date;
}

export type Invitation = typeof invitations.$inferSelect;

/** Links that let somebody enrol, each once. */
@Injectable()
export class Invitations {
  constructor(
    @Inject(DATABASE) private readonly db: Database,
    @Inject(SETTINGS) private readonly settings: ConsoleSettings,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** The link of a first start, for whoever sees the terminal; undefined where somebody is admin. Ends those before. */
  firstLink(): Promise<InvitationLink | undefined> {
    return this.db.transaction(async (tx) => {
      if (await hasAdmin(tx)) return undefined;
      const link = await this.#make(tx, null, FIRST_SECONDS);
      const object = { kind: "console", id: "first-link" };
      await recordAct(tx, { by: CONSOLE, act: "invitation.made", object });
      return link;
    });
  }

  /**
   * A link for a person: to enrol, or to enrol anew with another password and phone. Ends those before; what the person
   * has counts until the new enrolment is complete.
   * @throws Problem `not-found`; `conflict` where the person is disabled
   */
  async linkFor(personId: string, by: Actor): Promise<InvitationLink> {
    return this.db.transaction(async (tx) => {
      const [person] = await tx.select().from(people).where(eq(people.id, personId));
      if (person === undefined) throw new Problem("not-found");
      if (!person.active) throw new Problem("conflict", { detail: "This person is disabled." });
      const made = await this.#make(tx, personId, INVITATION_SECONDS);
      const object = { kind: "person", id: personId };
      const after = { expiresAt: made.expiresAt };
      await recordAct(tx, { by, act: "invitation.made", object, after });
      return made;
    });
  }

  /**
   * For the command line: the way back for somebody who has lost everything.
   * @throws Problem `not-found`, `conflict`
   */
  async linkForLogin(login: string): Promise<InvitationLink> {
    const [person] = await this.db
      .select()
      .from(people)
      .where(eq(people.login, loginOf(login)));
    if (person === undefined) throw new Problem("not-found", { detail: "Nobody has this login." });
    return this.linkFor(person.id, TERMINAL);
  }

  /** @throws Problem `not-found` for a link that was never, has ended or was used: all alike */
  async read(token: string): Promise<Invitation & { login?: string; name?: string }> {
    const [found] = await this.db
      .select()
      .from(invitations)
      .leftJoin(people, eq(people.id, invitations.personId))
      .where(and(eq(invitations.tokenHash, hashOf(token)), this.#isOpen()));
    if (found === undefined || found.people?.active === false) throw noSuchLink();
    const { login, name } = found.people ?? {};
    return { ...found.invitations, login, name };
  }

  /**
   * Uses a link up. Of all who come with one at once, one gets through.
   * @returns whose it was; null: of a first start
   * @throws Problem `not-found`
   */
  async useUp(tx: Transaction, id: string): Promise<string | null> {
    const used = await tx
      .update(invitations)
      .set({ usedAt: new Date(this.clock.nowMs()) })
      .where(and(eq(invitations.id, id), this.#isOpen()))
      .returning({ personId: invitations.personId });
    const [invitation] = used;
    if (invitation === undefined) throw noSuchLink();
    return invitation.personId;
  }

  #isOpen() {
    const now = new Date(this.clock.nowMs());
    return and(isNull(invitations.usedAt), gt(invitations.expiresAt, now));
  }

  async #make(tx: Transaction, personId: string | null, seconds: number): Promise<InvitationLink> {
    const token = randomToken();
    const now = this.clock.nowMs();
    const expiresAt = new Date(now + seconds * 1000);
    const ofPerson =
      personId === null ? isNull(invitations.personId) : eq(invitations.personId, personId);
    await tx
      .update(invitations)
      .set({ expiresAt: new Date(now) })
      .where(and(ofPerson, this.#isOpen()));
    const id = `i_${randomUUID()}`;
    await tx.insert(invitations).values({ id, tokenHash: hashOf(token), personId, expiresAt });
    return { link: `${this.settings.origin}/enrol#${token}`, expiresAt };
  }
}

export const noSuchLink = (): Problem =>
  new Problem("not-found", { detail: "This link is wrong, was used, or has ended." });

/** Whether anybody is an admin and can sign in. */
export async function hasAdmin(queries: Queries): Promise<boolean> {
  const [admin] = await queries
    .select({ id: people.id })
    .from(people)
    .innerJoin(signIns, eq(signIns.personId, people.id))
    .where(and(eq(people.role, "admin"), eq(people.active, true)))
    .limit(1);
  return admin !== undefined;
}
