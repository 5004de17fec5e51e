import { randomBytes } from "node:crypto";
import { Inject, Injectable } from "@nestjs/common";
import { eq } from "drizzle-orm";
import { isAppId, type Clock } from "@lacre/core";
import { mayFor } from "../access/reach.js";
import { recordAct } from "../audit/record-act.js";
import { changedRow } from "../conventions/version.js";
import { Apps } from "../credentials/apps.js";
import type { ActingPerson } from "../access/acting-person.js";
import { lockApp } from "../credentials/locked-app.js";
import { checkScopes } from "../credentials/scopes.js";
import { DATABASE } from "../database/database.module.js";
import type { Database, Transaction } from "../database/database.js";
import { accessRequests, apps, teams } from "../database/tables.js";
import { Problem } from "../problems/problem.js";
import { CLOCK } from "../start/settings.js";
import type { Approval, NewRequest } from "./request-shapes.js";

type RequestRow = typeof accessRequests.$inferSelect;
type End = Pick<RequestRow, "answer"> & { readonly state: "approved" | "refused" | "withdrawn" };

/** A developer asks for an app, or for scopes of one; an operator answers. */
@Injectable()
export class AccessRequests {
  constructor(
    @Inject(DATABASE) private readonly db: Database,
    @Inject(CLOCK) private readonly clock: Clock,
    private readonly apps: Apps,
  ) {}

  /**
   * Whether others have an app of this id is not looked at: whoever answers sees it.
   * @throws Problem; `not-found` for a team that is not theirs
   */
  ask(by: ActingPerson, given: NewRequest): Promise<RequestRow> {
    return this.db.transaction(async (tx) => {
      checkScopes("app", given.scopes);
      if (!isAppId(given.appId))
        throw new Problem("invalid-input", {
          faults: [{ at: "body.appId", problem: "must be an AppId" }],
        });
      const [team] = await tx.select().from(teams).where(eq(teams.id, given.teamId));
      if (team === undefined || !mayFor(by.person, team.id)) throw new Problem("not-found");
      const made = changedRow(
        await tx
          .insert(accessRequests)
          .values({
            ...given,
            id: `r_${randomBytes(12).toString("base64url")}`,
            personId: by.id,
            createdAt: new Date(this.clock.nowMs()),
          })
          .returning(),
      );
      await recordAct(tx, {
        by,
        act: "request.made",
        object: { kind: "request", id: made.id },
        after: given,
      });
      return made;
    });
  }

  /** Makes the app, or gives it the scopes: those that were asked for, or others. @throws Problem */
  approve(by: ActingPerson, id: string, approval: Approval): Promise<void> {
    return this.db.transaction(async (tx) => {
      const request = await this.#lock(tx, by, id);
      const { appId, teamId } = request;
      const { scopes = request.scopes, schemes, answer = null } = approval;
      const [app] = await tx.select({ id: apps.id }).from(apps).where(eq(apps.id, appId));
      if (app === undefined) {
        const made = { id: appId, teamId, scopes, schemes: schemes ?? ["lacre1"] };
        const rest = { networks: [], limits: null, attributes: {} };
        await this.apps.createIn(tx, by, "app", { ...made, ...rest });
      } else {
        const locked = await lockApp(tx, by.person, appId);
        if (locked.app.teamId !== teamId || locked.app.kind !== "app")
          throw new Problem("conflict", {
            detail: "The id belongs to another team. Refuse, and name another one.",
          });
        await this.apps.changeIn(tx, by, locked, {
          scopes: [...new Set([...locked.app.scopes, ...scopes])],
          ...(schemes && { schemes: [...new Set([...locked.app.schemes, ...schemes])] }),
        });
      }
      await this.#end(tx, by, request, { state: "approved", answer }, { scopes, schemes });
    });
  }

  /** @throws Problem */
  refuse(by: ActingPerson, id: string, answer: string): Promise<void> {
    return this.db.transaction(async (tx) => {
      const request = await this.#lock(tx, by, id);
      await this.#end(tx, by, request, { state: "refused", answer });
    });
  }

  /** By whoever asked, alone. @throws Problem */
  withdraw(by: ActingPerson, id: string): Promise<void> {
    return this.db.transaction(async (tx) => {
      const request = await this.#lock(tx, by, id);
      if (request.personId !== by.person.id)
        throw new Problem("not-allowed", { detail: "Only whoever asked can withdraw it." });
      await this.#end(tx, by, request, { state: "withdrawn", answer: null });
    });
  }

  /** One answer comes after the other, and the second finds it answered. */
  async #lock(tx: Transaction, { person }: ActingPerson, id: string): Promise<RequestRow> {
    const [row] = await tx
      .select()
      .from(accessRequests)
      .where(eq(accessRequests.id, id))
      .for("update");
    if (row === undefined || !mayFor(person, row.teamId)) throw new Problem("not-found");
    if (row.state !== "open")
      throw new Problem("conflict", { detail: `This request is ${row.state} already.` });
    return row;
  }

  async #end(
    tx: Transaction,
    by: ActingPerson,
    request: RequestRow,
    end: End,
    given: object = {},
  ): Promise<void> {
    await tx
      .update(accessRequests)
      .set({
        ...end,
        answeredBy: by.id,
        answeredAt: new Date(this.clock.nowMs()),
        version: request.version + 1,
      })
      .where(eq(accessRequests.id, request.id));
    await recordAct(tx, {
      by,
      act: `request.${end.state}`,
      object: { kind: "request", id: request.id },
      before: { state: request.state, appId: request.appId, scopes: request.scopes },
      after: { ...end, ...given },
    });
  }
}
