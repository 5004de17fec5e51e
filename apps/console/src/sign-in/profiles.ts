import { Inject, Injectable } from "@nestjs/common";
import { and, count, eq, isNull, sql } from "drizzle-orm";
import type { Clock } from "@lacre/core";
import { kindOfPerson, type Person } from "../access/person.js";
import { may, PERMISSIONS, type Permission } from "../access/roles.js";
import { actorAt, type Actor } from "../audit/actor.js";
import { recordAct } from "../audit/record-act.js";
import { staysAsItIs } from "../conventions/version.js";
import { DATABASE } from "../database/database.module.js";
import type { Database } from "../database/database.js";
import {
  memberships,
  passkeys,
  people,
  recoveryCodes,
  signIns,
  teams,
} from "../database/tables.js";
import { CLOCK } from "../start/settings.js";
import { AccessTokens } from "./access-tokens.js";
import { PasswordHashes } from "./password-hashes.js";
import { refuseLoginAsPassword } from "./passwords.js";
import { Sessions } from "./sessions.js";
import { SignIn, type Attempt } from "./sign-in.js";

/** What people keep of themselves. */
@Injectable()
export class Profiles {
  constructor(
    @Inject(DATABASE) private readonly db: Database,
    @Inject(CLOCK) private readonly clock: Clock,
    private readonly signIn: SignIn,
    private readonly hashes: PasswordHashes,
    private readonly sessions: Sessions,
    private readonly tokens: AccessTokens,
  ) {}

  async read(asking: Person) {
    const { id, login, name, role, subrole = null, sessionId } = asking;
    const [row] = await this.db.select().from(people).where(eq(people.id, id));
    const own = await this.db
      .select({ id: teams.id, name: teams.name })
      .from(memberships)
      .innerJoin(teams, eq(teams.id, memberships.teamId))
      .where(eq(memberships.personId, id))
      .orderBy(teams.name);
    const ofPerson = eq(passkeys.personId, id);
    const [keys] = await this.db.select({ n: count() }).from(passkeys).where(ofPerson);
    const unused = and(eq(recoveryCodes.personId, id), isNull(recoveryCodes.usedAt));
    const [codes] = await this.db.select({ n: count() }).from(recoveryCodes).where(unused);
    const kind = kindOfPerson(asking);
    const permissions = Object.keys(PERMISSIONS).filter((each) => may(kind, each as Permission));
    const secondFactors = { passkeys: keys?.n ?? 0, recoveryCodesLeft: codes?.n ?? 0 };
    return {
      ...{ id, login, name: row?.name ?? name, email: row?.email ?? null, role, subrole, kind },
      ...{ permissions, teams: own, session: { id: sessionId }, secondFactors },
    };
  }

  async change(
    by: Actor,
    changes: { name?: string | undefined; email?: string | null | undefined },
  ): Promise<void> {
    await this.db.transaction(async (tx) => {
      const [before] = await tx
        .select({ name: people.name, email: people.email })
        .from(people)
        .where(eq(people.id, by.id))
        .for("update");
      if (before === undefined || staysAsItIs(before, changes)) return;
      await tx
        .update(people)
        .set({ ...changes, version: sql`${people.version} + 1` })
        .where(eq(people.id, by.id));
      const object = { kind: "person", id: by.id };
      const after = { ...before, ...changes };
      await recordAct(tx, { by, act: "person.changed", object, before, after });
    });
  }

  /** Ends all sessions and all tokens but those of this session, which gets another token. */
  async changePassword(
    { id, login, sessionId }: Person,
    attempt: Attempt,
    newPassword: string,
  ): Promise<{ token: string; expiresAt: string }> {
    refuseLoginAsPassword(newPassword, login, "body.newPassword");
    const passwordHash = await this.hashes.hash(newPassword, attempt.source.network);
    await this.signIn.prove(attempt, async (tx) => {
      const changedAt = new Date(this.clock.nowMs());
      await tx.update(signIns).set({ passwordHash, changedAt }).where(eq(signIns.personId, id));
      await tx
        .update(people)
        .set({ sessionVersion: sql`${people.sessionVersion} + 1` })
        .where(eq(people.id, id));
      await this.sessions.endAll(tx, id, sessionId);
      const object = { kind: "person", id };
      await recordAct(tx, {
        by: actorAt(id, attempt.source),
        act: "person.password-changed",
        object,
      });
    });
    const { token, expiresAt } = await this.tokens.issue(id, sessionId);
    return { token, expiresAt: expiresAt.toISOString() };
  }

  /** Ends all sessions of a person, but perhaps one. */
  async endSessions(personId: string, by: Actor, but?: string): Promise<void> {
    await this.db.transaction(async (tx) => {
      await this.sessions.endAll(tx, personId, but);
      const object = { kind: "person", id: personId };
      await recordAct(tx, { by, act: "person.sessions-ended", object });
    });
  }
}
