import { createHmac, randomUUID, timingSafeEqual } from "node:crypto";
import { Inject, Injectable } from "@nestjs/common";
import { and, eq, gt, isNull, ne, type SQL } from "drizzle-orm";
import type { Clock } from "@lacre/core";
import { actorAt, CONSOLE, type Actor } from "../audit/actor.js";
import { recordAct } from "../audit/record-act.js";
import { DATABASE } from "../database/database.module.js";
import type { Database, Transaction } from "../database/database.js";
import { sessions } from "../database/tables.js";
import { Problem } from "../problems/problem.js";
import { CLOCK, SETTINGS, type ConsoleSettings } from "../start/settings.js";
import { ACCESS_SECONDS } from "./access-tokens.js";
import type { Source } from "./source.js";

/** NIST SP 800-63B, level 2: sign in again at least once a day, and after an hour without use. */
const IDLE_SECONDS = 3600;
export const SESSION_SECONDS = 12 * 3600;
/** Two tabs may ask with the same token at once. */
const GRACE_MS = 10_000;

export interface Begun {
  readonly sessionId: string;
  /** For the cookie of a browser. */
  readonly refreshToken: string | undefined;
}

type Session = typeof sessions.$inferSelect;

/** Sign-ins that last. A browser's go on by refresh tokens, each of which counts once; a program's end with its token. */
@Injectable()
export class Sessions {
  constructor(
    @Inject(DATABASE) private readonly db: Database,
    @Inject(SETTINGS) private readonly settings: ConsoleSettings,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  async begin(
    tx: Transaction,
    personId: string,
    { address, userAgent }: Source,
    isBrowser: boolean,
  ): Promise<Begun> {
    const id = `s_${randomUUID()}`;
    const now = this.clock.nowMs();
    await tx.insert(sessions).values({
      ...{ id, personId, userAgent, address },
      generation: isBrowser ? 1 : null,
      createdAt: new Date(now),
      lastUsedAt: new Date(now),
      expiresAt: new Date(now + (isBrowser ? SESSION_SECONDS : ACCESS_SECONDS) * 1000),
    });
    return { sessionId: id, refreshToken: isBrowser ? this.#tokenOf(id, 1) : undefined };
  }

  /**
   * Goes on with a session. A token that was used before ends it: somebody has stolen it. Within a few seconds it may
   * be another tab, which then gets no successor of its own: the browser already has the one that was given.
   * @throws Problem `not-signed-in`
   */
  async goOn(refreshToken: string, source: Source): Promise<Begun & { personId: string }> {
    const { id, generation } = this.#read(refreshToken);
    const now = new Date(this.clock.nowMs());
    const outcome = await this.db.transaction(async (tx) => {
      const [session] = await tx.select().from(sessions).where(eq(sessions.id, id)).for("update");
      if (session === undefined || !isLive(session, now.getTime())) return undefined;
      const { personId } = session;
      if (generation === session.generation) {
        const next = { generation: generation + 1, rotatedAt: now, lastUsedAt: now };
        await tx.update(sessions).set(next).where(eq(sessions.id, id));
        return { sessionId: id, personId, refreshToken: this.#tokenOf(id, generation + 1) };
      }
      const sinceMs = now.getTime() - Number(session.rotatedAt);
      if (generation + 1 === session.generation && sinceMs <= GRACE_MS)
        return { sessionId: id, personId, refreshToken: undefined };
      await this.#end(tx, session, actorAt(CONSOLE.id, source), "session.token-used-twice");
      return undefined;
    });
    if (outcome === undefined) throw new Problem("not-signed-in");
    return outcome;
  }

  async list(personId: string): Promise<Session[]> {
    const now = this.clock.nowMs();
    const rows = await this.db
      .select()
      .from(sessions)
      .where(
        and(
          eq(sessions.personId, personId),
          isNull(sessions.endedAt),
          gt(sessions.expiresAt, new Date(now)),
        ),
      )
      .orderBy(sessions.createdAt, sessions.id);
    return rows.filter((session) => isLive(session, now));
  }

  /** Ends the session of a refresh token, if it is one. */
  async endOf(refreshToken: string, source: Source): Promise<void> {
    const { id } = this.#read(refreshToken);
    await this.#endOpen(eq(sessions.id, id), source);
  }

  /** Ends one of somebody's own sessions. False: they have no such one. */
  end(id: string, by: Actor): Promise<boolean> {
    return this.#endOpen(and(eq(sessions.id, id), eq(sessions.personId, by.id)), by);
  }

  #endOpen(which: SQL | undefined, from: Pick<Actor, "address">): Promise<boolean> {
    return this.db.transaction(async (tx) => {
      const [session] = await tx
        .select()
        .from(sessions)
        .where(and(which, isNull(sessions.endedAt)));
      if (session === undefined) return false;
      await this.#end(tx, session, actorAt(session.personId, from), "session.ended");
      return true;
    });
  }

  /** Ends all of a person, but perhaps one. */
  async endAll(tx: Transaction, personId: string, but?: string): Promise<void> {
    await tx
      .update(sessions)
      .set({ endedAt: new Date(this.clock.nowMs()) })
      .where(
        and(
          eq(sessions.personId, personId),
          isNull(sessions.endedAt),
          but === undefined ? undefined : ne(sessions.id, but),
        ),
      );
  }

  async #end(tx: Transaction, session: Session, by: Actor, act: string): Promise<void> {
    const endedAt = new Date(this.clock.nowMs());
    await tx.update(sessions).set({ endedAt }).where(eq(sessions.id, session.id));
    const after = { personId: session.personId };
    await recordAct(tx, { by, act, object: { kind: "session", id: session.id }, after });
  }

  /** Names its session and its number, under a MAC: however old it is, it is known again. */
  #tokenOf(id: string, generation: number): string {
    return `${id}.${generation}.${this.#macOf(id, generation)}`;
  }

  #read(token: string): { id: string; generation: number } {
    const [, id = "", number = "", mac = ""] =
      /^(s_[\w-]{36})\.([1-9]\d{0,8})\.([\w-]{43})$/.exec(token) ?? [];
    // As texts: the last letter of base64url has more than one spelling.
    const expected = Buffer.from(this.#macOf(id, Number(number)));
    const given = Buffer.from(mac);
    if (given.length !== expected.length || !timingSafeEqual(given, expected))
      throw new Problem("not-signed-in");
    return { id, generation: Number(number) };
  }

  #macOf(id: string, generation: number): string {
    return createHmac("sha256", this.settings.tokenKey)
      .update(`refresh token ${id}.${generation}`)
      .digest("base64url");
  }
}

function isLive({ endedAt, expiresAt, lastUsedAt, generation }: Session, nowMs: number): boolean {
  const isIdle = generation !== null && nowMs - lastUsedAt.getTime() > IDLE_SECONDS * 1000;
  return endedAt === null && expiresAt.getTime() > nowMs && !isIdle;
}
