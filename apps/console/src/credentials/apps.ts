import { Inject, Injectable } from "@nestjs/common";
import { and, eq } from "drizzle-orm";
import type { Clock } from "@lacre/core";
import { recordAct } from "../audit/record-act.js";
import { changedRow, staysAsItIs } from "../conventions/version.js";
import { DATABASE } from "../database/database.module.js";
import type { Database, Transaction } from "../database/database.js";
import { apps, teams } from "../database/tables.js";
import { Problem } from "../problems/problem.js";
import { noteChange } from "../registry/note-change.js";
import { CLOCK } from "../start/settings.js";
import type { ActingPerson } from "../access/acting-person.js";
import { checkDefinition, type AppRow } from "./definition.js";
import { isOver } from "./life.js";
import { lockApp, type LockedApp } from "./locked-app.js";
import { checkScopes } from "./scopes.js";
import type { AppChange, NewApp } from "./shapes.js";

/** Apps are made and changed here. */
@Injectable()
export class Apps {
  constructor(
    @Inject(DATABASE) private readonly db: Database,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** @throws Problem `invalid-input` for what no verifier would take, `conflict` for an id that is taken */
  create(by: ActingPerson, kind: "app" | "service", given: NewApp): Promise<AppRow> {
    return this.db.transaction((tx) => this.createIn(tx, by, kind, given));
  }

  async createIn(
    tx: Transaction,
    by: ActingPerson,
    kind: "app" | "service",
    given: NewApp,
  ): Promise<AppRow> {
    const { id, name = id } = given;
    const row: AppRow = {
      ...given,
      name,
      kind,
      limits: limitsOf(given.limits),
      state: "active",
      createdAt: new Date(this.clock.nowMs()),
      createdBy: by.id,
      version: 1,
    };
    checkApp({ app: row, ring: [] });
    await checkTeam(tx, row.teamId);
    const [made] = await tx.insert(apps).values(row).onConflictDoNothing().returning();
    if (made === undefined)
      throw new Problem("conflict", { detail: "There is an app of this id already." });
    await noteChange(tx, id);
    await recordAct(tx, {
      by,
      act: `${kind}.created`,
      object: { kind: "app", id },
      after: toldOf(made),
    });
    return made;
  }

  /** @throws Problem */
  change(by: ActingPerson, appId: string, seen: number, change: AppChange): Promise<AppRow> {
    return this.db.transaction(async (tx) => {
      const locked = await lockApp(tx, by.person, appId);
      if (locked.app.version !== seen) throw new Problem("changed-meanwhile");
      return this.changeIn(tx, by, locked, change);
    });
  }

  async changeIn(
    tx: Transaction,
    by: ActingPerson,
    { app, ring }: LockedApp,
    change: AppChange,
  ): Promise<AppRow> {
    const { limits, ...others } = change;
    const given = { ...others, ...(limits !== undefined && { limits: limitsOf(limits) }) };
    if (staysAsItIs(app, given)) return app;
    const wanted: AppRow = { ...app, ...given, version: app.version + 1 };
    checkApp({ app: wanted, ring });
    const now = new Date(this.clock.nowMs());
    const left = ring.find((key) => !isOver(key, now) && !wanted.schemes.includes(key.scheme));
    if (left !== undefined)
      throw new Problem("conflict", { detail: `It has keys of the scheme ${left.scheme}.` });
    if (wanted.teamId !== app.teamId) await checkTeam(tx, wanted.teamId);
    const made = changedRow(
      await tx
        .update(apps)
        .set({ ...given, version: wanted.version })
        .where(and(eq(apps.id, app.id), eq(apps.version, app.version)))
        .returning(),
    );
    await noteChange(tx, app.id);
    await recordAct(tx, {
      by,
      act: "app.changed",
      object: { kind: "app", id: app.id },
      before: pick(toldOf(app), Object.keys(change)),
      after: pick(toldOf(made), Object.keys(change)),
    });
    return made;
  }
}

/** Its keys were checked when they were made, and what is said of the app does not change them. */
function checkApp({ app }: LockedApp): void {
  checkScopes(app.kind, app.scopes);
  checkDefinition(app, []);
}

async function checkTeam(tx: Transaction, teamId: string): Promise<void> {
  const [team] = await tx.select({ id: teams.id }).from(teams).where(eq(teams.id, teamId));
  if (team === undefined)
    throw new Problem("invalid-input", {
      faults: [{ at: "body.teamId", problem: "must be a team that there is" }],
    });
}

/** What is not given is not there, rather than undefined. */
const limitsOf = (limits: NewApp["limits"]): AppRow["limits"] =>
  limits && (JSON.parse(JSON.stringify(limits)) as Record<string, number>);

/** What the audit log says of an app. */
const toldOf = ({ createdAt: _at, createdBy: _by, version: _version, ...told }: AppRow) => told;

const pick = (told: object, names: readonly string[]): object =>
  Object.fromEntries(Object.entries(told).filter(([name]) => names.includes(name)));
