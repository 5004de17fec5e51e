import { Inject, Injectable } from "@nestjs/common";
import { aliasedTable, and, desc, eq, sql } from "drizzle-orm";
import { z } from "zod";
import type { Person } from "../access/person.js";
import { inReach } from "../access/reach.js";
import { Cursors } from "../conventions/cursors.js";
import { ToldMoment } from "../conventions/moment.js";
import { behind, type Page } from "../conventions/page.js";
import { StoredText } from "../conventions/texts.js";
import { DATABASE } from "../database/database.module.js";
import type { Database } from "../database/database.js";
import { accessRequests, apps, people, teams } from "../database/tables.js";
import { Problem } from "../problems/problem.js";
import type { RequestsQuery, RequestView } from "./request-shapes.js";

const CURSORS = new Cursors("requests", z.tuple([ToldMoment, StoredText]));

/** What developers ask for, and what they were told. */
@Injectable()
export class RequestViews {
  constructor(@Inject(DATABASE) private readonly db: Database) {}

  /** The newest first. */
  async list(person: Person, { state, cursor, limit }: RequestsQuery): Promise<Page<RequestView>> {
    const { id, createdAt, teamId, state: column } = accessRequests;
    const rows = await this.#select(person)
      .where(
        and(
          inReach(person, teamId),
          state === undefined ? undefined : eq(column, state),
          behind([createdAt, id], CURSORS.read(cursor), "desc"),
        ),
      )
      .orderBy(desc(createdAt), desc(id))
      .limit(limit + 1);
    return CURSORS.cut(
      rows,
      limit,
      ({ request }) => [request.createdAt.toISOString(), request.id],
      viewOf,
    );
  }

  /** @throws Problem `not-found` */
  async one(person: Person, id: string): Promise<RequestView> {
    const [row] = await this.#select(person).where(
      and(eq(accessRequests.id, id), inReach(person, accessRequests.teamId)),
    );
    if (row === undefined) throw new Problem("not-found");
    return viewOf(row);
  }

  /** An app that others have is new to those who ask for it: they are not told that there is one. */
  #select(person: Person) {
    const theirs = inReach(person, apps.teamId);
    return this.db
      .select({
        request: accessRequests,
        person: { id: people.id, name: people.name },
        team: { id: teams.id, name: teams.name },
        answerer: { id: answerers.id, name: answerers.name },
        isNew: sql<boolean>`not exists (select 1 from ${apps} where ${apps.id} = ${accessRequests.appId}
          and ${apps.createdAt} < ${accessRequests.createdAt}
          and ${theirs ?? sql`true`})`,
      })
      .from(accessRequests)
      .innerJoin(people, eq(people.id, accessRequests.personId))
      .innerJoin(teams, eq(teams.id, accessRequests.teamId))
      .leftJoin(answerers, eq(answerers.id, accessRequests.answeredBy))
      .$dynamic();
  }
}

const answerers = aliasedTable(people, "answerers");

interface Row {
  readonly request: typeof accessRequests.$inferSelect;
  readonly person: { readonly id: string; readonly name: string };
  readonly team: { readonly id: string; readonly name: string };
  readonly answerer: { readonly id: string; readonly name: string } | null;
  readonly isNew: boolean;
}

const viewOf = ({ request, person, team, answerer, isNew }: Row): RequestView => ({
  id: request.id,
  person,
  team,
  appId: request.appId,
  isNew,
  scopes: request.scopes,
  reason: request.reason,
  state: request.state as RequestView["state"],
  answer: request.answer,
  answeredBy: answerer,
  createdAt: request.createdAt.toISOString(),
  answeredAt: request.answeredAt?.toISOString() ?? null,
  version: request.version,
});
