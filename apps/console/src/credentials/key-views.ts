import { Inject, Injectable } from "@nestjs/common";
import { and, asc, desc, eq, gte, inArray, ne, sum } from "drizzle-orm";
import type { Clock } from "@lacre/core";
import { mayFor } from "../access/reach.js";
import type { Person } from "../access/person.js";
import { DATABASE } from "../database/database.module.js";
import type { Database } from "../database/database.js";
import { apps, keyUses, keys, people, verdictMinutes } from "../database/tables.js";
import { Problem } from "../problems/problem.js";
import { REACHES_WITHIN_SECONDS } from "../registry/note-change.js";
import { CLOCK } from "../start/settings.js";
import { isLive, liveKeys } from "./life.js";
import type { KeyRow } from "./secrets.js";
import type { KeyView, Revocation, UsesView } from "./shapes.js";
import type { z } from "zod";

type UseRow = typeof keyUses.$inferSelect;

/** Keys as people see them: never with a secret. */
@Injectable()
export class KeyViews {
  constructor(
    @Inject(DATABASE) private readonly db: Database,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** The keys of an app, the newest first. @throws Problem `not-found` */
  async ofApp(person: Person, appId: string): Promise<KeyView[]> {
    await this.#reach(person, appId);
    return this.#viewsOf(await this.#ringOf(appId));
  }

  /** @throws Problem `not-found` */
  async one(person: Person, appId: string, keyId: string): Promise<KeyView> {
    const view = (await this.ofApp(person, appId)).find(({ id }) => id === keyId);
    if (view === undefined) throw new Problem("not-found");
    return view;
  }

  /** These keys, which may be of several apps, in this order. */
  async some(ids: readonly string[]): Promise<KeyView[]> {
    const rows = await this.db
      .select()
      .from(keys)
      .where(inArray(keys.id, [...ids]));
    const views = new Map((await this.#viewsOf(rows)).map((view) => [view.id, view]));
    return ids.flatMap((id) => views.get(id) ?? []);
  }

  /** From where the keys of an app are used, and by which scheme. @throws Problem `not-found` */
  async uses(person: Person, appId: string): Promise<z.output<typeof UsesView>> {
    await this.#reach(person, appId);
    const replaced = new Set((await this.#ringOf(appId)).map(({ replaces }) => replaces));
    const rows = await this.db
      .select()
      .from(keyUses)
      .where(eq(keyUses.appId, appId))
      .orderBy(desc(keyUses.lastMinute))
      .limit(1000);
    return {
      items: rows.map((row) => ({
        keyId: row.keyId,
        current: !replaced.has(row.keyId),
        ...useOf(row),
      })),
    };
  }

  /** What would break if a key were revoked. @throws Problem `not-found` */
  async revocation(
    person: Person,
    appId: string,
    keyId: string,
  ): Promise<z.output<typeof Revocation>> {
    const key = await this.one(person, appId, keyId);
    const now = this.#now();
    const today = new Date(now);
    today.setUTCHours(0, 0, 0, 0);
    const [counted] = await this.db
      .select({ uses: sum(verdictMinutes.count) })
      .from(verdictMinutes)
      .where(
        and(
          eq(verdictMinutes.appId, appId),
          eq(verdictMinutes.keyId, keyId),
          eq(verdictMinutes.code, "accepted"),
          gte(verdictMinutes.minute, today),
        ),
      );
    const others = await this.db
      .select({ id: keys.id })
      .from(keys)
      .where(
        and(eq(keys.appId, appId), eq(keys.scheme, key.scheme), ne(keys.id, keyId), liveKeys(now)),
      );
    return {
      usesToday: Number(counted?.uses ?? 0),
      lastUsedAt: key.lastUsedAt,
      sources: (await this.#usesOf([keyId])).map(useOf),
      otherLiveKeys: others.length,
      reachesWithinSeconds: REACHES_WITHIN_SECONDS,
    };
  }

  async #reach(person: Person, appId: string): Promise<void> {
    const [app] = await this.db
      .select({ teamId: apps.teamId })
      .from(apps)
      .where(eq(apps.id, appId));
    if (app === undefined || !mayFor(person, app.teamId)) throw new Problem("not-found");
  }

  #ringOf(appId: string): Promise<KeyRow[]> {
    return this.db
      .select()
      .from(keys)
      .where(eq(keys.appId, appId))
      .orderBy(desc(keys.createdAt), desc(keys.id));
  }

  #usesOf(keyIds: readonly string[]): Promise<UseRow[]> {
    return this.db
      .select()
      .from(keyUses)
      .where(inArray(keyUses.keyId, [...keyIds]))
      .orderBy(desc(keyUses.lastMinute));
  }

  async #viewsOf(rows: readonly KeyRow[]): Promise<KeyView[]> {
    const now = this.#now();
    const uses = await this.#usesOf(rows.map(({ id }) => id));
    const successors = await this.db
      .select({ id: keys.id, replaces: keys.replaces })
      .from(keys)
      .where(
        inArray(
          keys.replaces,
          rows.map(({ id }) => id),
        ),
      )
      .orderBy(asc(keys.createdAt));
    const makers = await this.db
      .select({ id: people.id, name: people.name })
      .from(people)
      .where(
        inArray(
          people.id,
          rows.flatMap(({ createdBy }) => createdBy ?? []),
        ),
      );
    return rows.map((row) => {
      const last = uses.find(({ keyId }) => keyId === row.id);
      return {
        ...bareView(row, now),
        replacedBy: successors.findLast(({ replaces }) => replaces === row.id)?.id ?? null,
        createdBy: makers.find(({ id }) => id === row.createdBy) ?? null,
        lastUsedAt: last?.lastMinute.toISOString() ?? null,
        lastSource: last?.source ?? null,
        lastScheme: last?.scheme ?? null,
      };
    });
  }

  #now(): Date {
    return new Date(this.clock.nowMs());
  }
}

/** What its row says of a key. */
const bareView = (row: KeyRow, now: Date) => ({
  id: row.id,
  appId: row.appId,
  scheme: row.scheme,
  algorithm: row.algorithm as KeyView["algorithm"],
  encoding: row.encoding as KeyView["encoding"],
  state: row.state as KeyView["state"],
  live: isLive(row, now),
  notBefore: row.notBefore.toISOString(),
  expiresAt: row.expiresAt?.toISOString() ?? null,
  replaces: row.replaces,
  fingerprint: row.fingerprint,
  createdAt: row.createdAt.toISOString(),
  revokedAt: row.revokedAt?.toISOString() ?? null,
  version: row.version,
});

const useOf = ({ source, scheme, lastMinute, count }: UseRow) => ({
  source,
  scheme,
  lastMinute: lastMinute.toISOString(),
  count,
});
