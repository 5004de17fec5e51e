import { Inject, Injectable } from "@nestjs/common";
import { and, asc, eq, gt, lte, ne } from "drizzle-orm";
import { z } from "zod";
import type { Clock } from "@lacre/core";
import { DAY_MS } from "../conventions/durations.js";
import type { Person } from "../access/person.js";
import { inReach } from "../access/reach.js";
import { KeyViews } from "../credentials/key-views.js";
import { KeyView } from "../credentials/shapes.js";
import { DATABASE } from "../database/database.module.js";
import type { Database } from "../database/database.js";
import { apps, keys } from "../database/tables.js";
import { CLOCK } from "../start/settings.js";

const MOST_KEYS = 500;

export const EndingKeyList = z.object({ items: z.array(KeyView) });

/** Keys that end soon. */
@Injectable()
export class EndingKeys {
  constructor(
    @Inject(DATABASE) private readonly db: Database,
    @Inject(CLOCK) private readonly clock: Clock,
    private readonly views: KeyViews,
  ) {}

  /** The next to end first. */
  async list(person: Person, withinDays: number): Promise<z.output<typeof EndingKeyList>> {
    const now = this.clock.nowMs();
    const ending = await this.db
      .select({ id: keys.id })
      .from(keys)
      .innerJoin(apps, eq(apps.id, keys.appId))
      .where(
        and(
          ne(keys.state, "revoked"),
          gt(keys.expiresAt, new Date(now)),
          lte(keys.expiresAt, new Date(now + withinDays * DAY_MS)),
          inReach(person, apps.teamId),
        ),
      )
      .orderBy(asc(keys.expiresAt), asc(keys.id))
      .limit(MOST_KEYS);
    return { items: ending.length === 0 ? [] : await this.views.some(ending.map(({ id }) => id)) };
  }
}
