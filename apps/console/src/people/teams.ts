import { randomUUID } from "node:crypto";
import { Inject, Injectable } from "@nestjs/common";
import { and, asc, eq, inArray, sql } from "drizzle-orm";
import { z } from "zod";
import type { Clock } from "@lacre/core";
import type { Actor } from "../audit/actor.js";
import { recordAct } from "../audit/record-act.js";
import { teamsOf, type Person } from "../access/person.js";
import { Cursors } from "../conventions/cursors.js";
import { behind } from "../conventions/page.js";
import { StoredText } from "../conventions/texts.js";
import { DATABASE } from "../database/database.module.js";
import type { Database, Transaction } from "../database/database.js";
import { accessRequests, apps, memberships, people, teams } from "../database/tables.js";
import { Problem } from "../problems/problem.js";
import { CLOCK } from "../start/settings.js";

const CURSORS = new Cursors("teams", z.tuple([StoredText]));

const shown = {
  id: teams.id,
  name: teams.name,
  // Written out: of a column that is given, the name of its table is left off here.
  members: sql<number>`(select count(*)::int from memberships m where m.team_id = teams.id)`,
  apps: sql<number>`(select count(*)::int from apps a where a.team_id = teams.id)`,
  createdAt: teams.createdAt,
  version: teams.version,
};

/** Teams: whose apps are whose. */
@Injectable()
export class Teams {
  constructor(
    @Inject(DATABASE) private readonly db: Database,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** By name: those that the person sees. */
  async page(asking: Person, { cursor, limit }: { cursor?: string | undefined; limit: number }) {
    const after = CURSORS.read(cursor);
    const rows = await this.db
      .select(shown)
      .from(teams)
      .where(and(behind([teams.name], after), seenBy(asking)))
      .orderBy(asc(teams.name))
      .limit(limit + 1);
    return CURSORS.cut(rows, limit, ({ name }) => [name], withTime);
  }

  /** @throws Problem `not-found`, also for a team that the person does not see */
  async read(asking: Person, id: string) {
    const [team] = await this.db
      .select(shown)
      .from(teams)
      .where(and(eq(teams.id, id), seenBy(asking)));
    if (team === undefined) throw new Problem("not-found");
    const members = await this.db
      .select({ id: people.id, login: people.login, name: people.name })
      .from(memberships)
      .innerJoin(people, eq(people.id, memberships.personId))
      .where(eq(memberships.teamId, id))
      .orderBy(people.login);
    return { ...withTime(team), people: members };
  }

  /** @throws Problem `conflict` where the name is taken */
  async add(by: Actor, name: string): Promise<string> {
    const id = `t_${randomUUID()}`;
    await this.db.transaction(async (tx) => {
      const row = { id, name, createdAt: new Date(this.clock.nowMs()) };
      const added = await tx.insert(teams).values(row).onConflictDoNothing().returning();
      if (added.length !== 1) throw nameTaken();
      await this.#record(tx, by, "team.added", id, undefined, { name });
    });
    return id;
  }

  /** @throws Problem `not-found`, `changed-meanwhile`, `conflict` where the name is taken */
  async rename(by: Actor, id: string, seen: number, name: string): Promise<void> {
    await this.db.transaction(async (tx) => {
      const before = await lockTeam(tx, id, seen);
      if (before.name === name) return;
      const [other] = await tx.select().from(teams).where(eq(teams.name, name));
      if (other !== undefined) throw nameTaken();
      await tx
        .update(teams)
        .set({ name, version: seen + 1 })
        .where(eq(teams.id, id));
      await this.#record(tx, by, "team.renamed", id, { name: before.name }, { name });
    });
  }

  /** @throws Problem `not-found`, `changed-meanwhile`, `conflict` where it still has apps */
  async remove(by: Actor, id: string, seen: number): Promise<void> {
    await this.db.transaction(async (tx) => {
      const { name } = await lockTeam(tx, id, seen);
      const [app] = await tx.select({ id: apps.id }).from(apps).where(eq(apps.teamId, id)).limit(1);
      const [asked] = await tx
        .select({ id: accessRequests.id })
        .from(accessRequests)
        .where(eq(accessRequests.teamId, id))
        .limit(1);
      if (app !== undefined || asked !== undefined)
        throw new Problem("conflict", { detail: "Apps or requests belong to this team." });
      await tx.delete(memberships).where(eq(memberships.teamId, id));
      await tx.delete(teams).where(eq(teams.id, id));
      await this.#record(tx, by, "team.removed", id, { name }, undefined);
    });
  }

  /** @throws Problem `not-found` */
  async addMember(by: Actor, id: string, personId: string): Promise<void> {
    await this.db.transaction(async (tx) => {
      await requireBoth(tx, id, personId);
      const added = await tx
        .insert(memberships)
        .values({ teamId: id, personId })
        .onConflictDoNothing()
        .returning();
      if (added.length === 0) return;
      await this.#record(tx, by, "team.member-added", id, undefined, { personId });
    });
  }

  /** @throws Problem `not-found` */
  async removeMember(by: Actor, id: string, personId: string): Promise<void> {
    await this.db.transaction(async (tx) => {
      const gone = await tx
        .delete(memberships)
        .where(and(eq(memberships.teamId, id), eq(memberships.personId, personId)))
        .returning();
      if (gone.length === 0) throw new Problem("not-found");
      await this.#record(tx, by, "team.member-removed", id, { personId }, undefined);
    });
  }

  #record(
    tx: Transaction,
    by: Actor,
    act: string,
    id: string,
    before: unknown,
    after: unknown,
  ): Promise<void> {
    return recordAct(tx, { by, act, object: { kind: "team", id }, before, after });
  }
}

const withTime = <Row extends { createdAt: Date }>(row: Row) => ({
  ...row,
  createdAt: row.createdAt.toISOString(),
});

function seenBy(asking: Person) {
  const own = teamsOf(asking);
  return own === undefined ? undefined : inArray(teams.id, [...own, ""]);
}

/** Held until the end: no app is added to it meanwhile. */
async function lockTeam(tx: Transaction, id: string, seen: number) {
  const [team] = await tx.select().from(teams).where(eq(teams.id, id)).for("update");
  if (team === undefined) throw new Problem("not-found");
  if (team.version !== seen) throw new Problem("changed-meanwhile");
  return team;
}

async function requireBoth(tx: Transaction, teamId: string, personId: string): Promise<void> {
  const [team] = await tx.select().from(teams).where(eq(teams.id, teamId)).for("key share");
  const [person] = await tx.select().from(people).where(eq(people.id, personId));
  if (team === undefined || person === undefined) throw new Problem("not-found");
}

const nameTaken = (): Problem => new Problem("conflict", { detail: "This name is taken." });
