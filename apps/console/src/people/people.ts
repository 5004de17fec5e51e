import { randomUUID } from "node:crypto";
import { Inject, Injectable } from "@nestjs/common";
import { and, asc, eq, gt, inArray, ne, or, sql } from "drizzle-orm";
import { z } from "zod";
import type { Clock } from "@lacre/core";
import type { Actor } from "../audit/actor.js";
import { recordAct } from "../audit/record-act.js";
import type { Role, Subrole } from "../access/roles.js";
import { Cursors } from "../conventions/cursors.js";
import { behind, type Page } from "../conventions/page.js";
import { StoredText } from "../conventions/texts.js";
import { staysAsItIs } from "../conventions/version.js";
import { DATABASE } from "../database/database.module.js";
import type { Database, Queries, Transaction } from "../database/database.js";
import { invitations, memberships, people, signIns, teams } from "../database/tables.js";
import { Problem } from "../problems/problem.js";
import { CLOCK } from "../start/settings.js";
import { Sessions } from "../sign-in/sessions.js";

export interface NewPerson {
  readonly login: string;
  readonly name: string;
  readonly email?: string | null | undefined;
  readonly role: Role;
  readonly subrole?: Subrole | null | undefined;
  readonly teamIds?: readonly string[] | undefined;
}

export interface PersonChanges {
  readonly name?: string | undefined;
  readonly email?: string | null | undefined;
  readonly role?: Role | undefined;
  readonly subrole?: Subrole | null | undefined;
  readonly active?: boolean | undefined;
}

export interface PeopleQuery {
  readonly cursor?: string | undefined;
  readonly limit: number;
  readonly search?: string | undefined;
}

/** A person as lists and pages show them. */
export interface ShownPerson {
  readonly id: string;
  readonly login: string;
  readonly name: string;
  readonly email: string | null;
  readonly role: string;
  readonly subrole: string | null;
  readonly active: boolean;
  readonly teams: { id: string; name: string }[];
  readonly enrolled: boolean;
  readonly lastSignInAt: string | null;
  readonly createdAt: string;
  readonly version: number;
}

const CURSORS = new Cursors("people", z.tuple([StoredText]));

/** Who may sign in, and what they are. */
@Injectable()
export class People {
  constructor(
    @Inject(DATABASE) private readonly db: Database,
    @Inject(CLOCK) private readonly clock: Clock,
    private readonly sessions: Sessions,
  ) {}

  /** By login. */
  async page(query: PeopleQuery): Promise<Page<ShownPerson>> {
    const { cursor, limit, search } = query;
    const after = CURSORS.read(cursor);
    const pattern = `%${(search ?? "").replaceAll(/[\\%_]/g, String.raw`\$&`)}%`;
    const found =
      search === undefined
        ? undefined
        : or(
            sql`${people.login} ilike ${pattern}`,
            sql`${people.name} ilike ${pattern}`,
            sql`${people.email} ilike ${pattern}`,
          );
    const rows = await this.db
      .select()
      .from(people)
      .leftJoin(signIns, eq(signIns.personId, people.id))
      .where(and(behind([people.login], after), found))
      .orderBy(asc(people.login))
      .limit(limit + 1);
    const page = CURSORS.cut(
      rows,
      limit,
      (row) => [row.people.login],
      (row) => row,
    );
    return { items: await this.#show(page.items), next: page.next };
  }

  /** @throws Problem `not-found` */
  async read(id: string): Promise<ShownPerson> {
    const rows = await this.db
      .select()
      .from(people)
      .leftJoin(signIns, eq(signIns.personId, people.id))
      .where(eq(people.id, id));
    const [person] = await this.#show(rows);
    if (person === undefined) throw new Problem("not-found");
    return person;
  }

  /** @throws Problem `conflict` where the login is taken, `invalid-input` for a team that there is not */
  async add(by: Actor, { teamIds = [], ...terms }: NewPerson): Promise<ShownPerson> {
    const id = `p_${randomUUID()}`;
    await this.db.transaction(async (tx) => {
      const row = { ...terms, id, createdAt: new Date(this.clock.nowMs()) };
      const added = await tx.insert(people).values(row).onConflictDoNothing().returning();
      if (added.length !== 1) throw new Problem("conflict", { detail: "This login is taken." });
      await requireTeams(tx, teamIds);
      if (teamIds.length > 0)
        await tx
          .insert(memberships)
          .values([...new Set(teamIds)].map((teamId) => ({ teamId, personId: id })));
      const after = { ...terms, teamIds };
      const object = { kind: "person", id };
      await recordAct(tx, { by, act: "person.added", object, after });
    });
    return this.read(id);
  }

  /** @throws Problem `not-found`, `changed-meanwhile`, `conflict` for one's own role and for the last admin */
  async change(by: Actor, id: string, seen: number, changes: PersonChanges): Promise<void> {
    await this.db.transaction(async (tx) => {
      // One change after the other: two that each leave one admin would leave none.
      await tx.execute(sql`select pg_advisory_xact_lock(hashtext('lacre console people'))`);
      const [person] = await tx.select().from(people).where(eq(people.id, id)).for("update");
      if (person === undefined) throw new Problem("not-found");
      if (person.version !== seen) throw new Problem("changed-meanwhile");
      const before = factsOf(person);
      const after = { ...before, ...changes };
      // It goes with the role, where nobody says another one.
      if (after.role !== "viewer" && changes.subrole === undefined) after.subrole = null;
      const { role, subrole, active } = after;
      const isOther =
        role !== before.role || subrole !== before.subrole || active !== before.active;
      if (isOther && id === by.id)
        throw new Problem("conflict", { detail: "Nobody changes what they are themselves." });
      requireRightSubrole(role, subrole);
      if (staysAsItIs(before, after)) return;
      await tx
        .update(people)
        .set({
          ...after,
          version: seen + 1,
          // Tokens say what somebody was: they end.
          ...(isOther && { sessionVersion: person.sessionVersion + 1 }),
        })
        .where(eq(people.id, id));
      if (before.role === "admin" && before.active && !(role === "admin" && active))
        await requireAnotherAdmin(tx, id);
      if (!active) await this.#shutOut(tx, id);
      const object = { kind: "person", id };
      await recordAct(tx, { by, act: "person.changed", object, before, after });
    });
  }

  /** A disabled person's sessions and links end. */
  async #shutOut(tx: Transaction, id: string): Promise<void> {
    await this.sessions.endAll(tx, id);
    const ended = new Date(this.clock.nowMs());
    const own = and(eq(invitations.personId, id), gt(invitations.expiresAt, ended));
    await tx.update(invitations).set({ expiresAt: ended }).where(own);
  }

  async #show(
    rows: readonly {
      people: typeof people.$inferSelect;
      sign_ins: typeof signIns.$inferSelect | null;
    }[],
  ): Promise<ShownPerson[]> {
    const ids = rows.map((row) => row.people.id);
    const member = await teamsOfPeople(this.db, ids);
    return rows.map(({ people: { id, login, version, createdAt, ...row }, sign_ins: signIn }) => ({
      ...{ id, login, ...factsOf(row), teams: member.get(id) ?? [], version },
      enrolled: signIn !== null,
      lastSignInAt: signIn?.lastAt?.toISOString() ?? null,
      createdAt: createdAt.toISOString(),
    }));
  }
}

type Facts = Pick<typeof people.$inferSelect, "name" | "email" | "role" | "subrole" | "active">;
const factsOf = ({ name, email, role, subrole, active }: Facts): Facts => ({
  ...{ name, email, role, subrole, active },
});

/** @throws Problem `invalid-input` for a viewer without a subrole, and for somebody else with one */
export function requireRightSubrole(role: string, subrole: string | null): void {
  if ((role === "viewer") === (subrole !== null)) return;
  const problem = subrole === null ? "a viewer is an auditor or of a team" : "is of viewers alone";
  throw new Problem("invalid-input", { faults: [{ at: "body.subrole", problem }] });
}

async function requireAnotherAdmin(tx: Transaction, id: string): Promise<void> {
  const [another] = await tx
    .select({ id: people.id })
    .from(people)
    .innerJoin(signIns, eq(signIns.personId, people.id))
    .where(and(eq(people.role, "admin"), eq(people.active, true), ne(people.id, id)))
    .limit(1);
  if (another === undefined)
    throw new Problem("conflict", { detail: "Nobody else is an admin who can sign in." });
}

async function requireTeams(tx: Transaction, ids: readonly string[]): Promise<void> {
  for (const id of ids) {
    const [team] = await tx.select().from(teams).where(eq(teams.id, id));
    if (team !== undefined) continue;
    const faults = [{ at: "body.teamIds", problem: "there is no such team" }];
    throw new Problem("invalid-input", { faults });
  }
}

async function teamsOfPeople(
  queries: Queries,
  ids: readonly string[],
): Promise<Map<string, { id: string; name: string }[]>> {
  const found = new Map<string, { id: string; name: string }[]>();
  if (ids.length === 0) return found;
  const rows = await queries
    .select({ personId: memberships.personId, id: teams.id, name: teams.name })
    .from(memberships)
    .innerJoin(teams, eq(teams.id, memberships.teamId))
    .where(inArray(memberships.personId, [...ids]))
    .orderBy(teams.name);
  for (const { personId, ...team } of rows)
    found.set(personId, [...(found.get(personId) ?? []), team]);
  return found;
}
