import { Inject, Injectable } from "@nestjs/common";
import { and, eq, gt, inArray, isNull } from "drizzle-orm";
import type { Clock } from "@lacre/core";
import { DATABASE } from "../../database/database.module.js";
import type { Database } from "../../database/database.js";
import { CLOCK } from "../../start/settings.js";
import { memberships, people, sessions } from "../../database/tables.js";

/** A sign-in that has not ended. */
export interface OpenSession {
  /** Another one than before: all that was given out before has ended. */
  readonly version: number;
  readonly teamIds: readonly string[];
}

/** Which sign-ins are still good, for what lasts longer than an access token. */
@Injectable()
export class OpenSessions {
  constructor(
    @Inject(DATABASE) private readonly db: Database,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** Of those that are, by id. */
  async among(sessionIds: readonly string[]): Promise<ReadonlyMap<string, OpenSession>> {
    if (sessionIds.length === 0) return new Map();
    const rows = await this.db
      .select({
        sessionId: sessions.id,
        version: people.sessionVersion,
        teamId: memberships.teamId,
      })
      .from(sessions)
      .innerJoin(people, eq(people.id, sessions.personId))
      .leftJoin(memberships, eq(memberships.personId, people.id))
      .where(
        and(
          inArray(sessions.id, [...sessionIds]),
          isNull(sessions.endedAt),
          gt(sessions.expiresAt, new Date(this.clock.nowMs())),
          eq(people.active, true),
        ),
      );
    const open = new Map<string, { version: number; teamIds: string[] }>();
    for (const { sessionId, version, teamId } of rows) {
      const session = open.get(sessionId) ?? { version, teamIds: [] };
      if (teamId !== null) session.teamIds.push(teamId);
      open.set(sessionId, session);
    }
    return open;
  }
}
