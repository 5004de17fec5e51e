import { Inject, Injectable, type BeforeApplicationShutdown } from "@nestjs/common";
import { sql } from "drizzle-orm";
import type { Clock } from "@lacre/core";
import { MINUTE_MS } from "../../conventions/durations.js";
import { teamsOf, type Person } from "../../access/person.js";
import { OPEN_DATABASE } from "../../database/database.module.js";
import type { OpenDatabase } from "../../database/database.js";
import { verdictMinutes } from "../../database/tables.js";
import { Problem } from "../../problems/problem.js";
import { CLOCK } from "../../start/settings.js";
import { toldOf, type RefusalRow } from "../refusal-log.js";
import { ACCEPTED } from "../verdict-charts.js";
import { minutesWhere, type VerdictFilter } from "../verdict-filter.js";
import { EventWriter, type EventSink } from "./event-writer.js";
import { OpenSessions } from "./open-sessions.js";
import { RefusalFeed, type FedRefusal } from "./refusal-feed.js";

const MOST_LISTENERS = 200;
const MOST_OF_ONE_PERSON = 10;
const BEAT_MS = 10_000;
/** A reader that is behind for so many beats is gone. */
const MOST_BEATS_BEHIND = 30;

interface Listener {
  person: Person;
  readonly sessionVersion: number;
  readonly filter: VerdictFilter;
  readonly writer: EventWriter;
  beatsBehind: number;
}

/** Tells those who listen what happens, while it happens. */
@Injectable()
export class Tail implements BeforeApplicationShutdown {
  readonly #listeners = new Set<Listener>();
  #feed: Promise<{ feed: RefusalFeed; close: () => Promise<void> }> | undefined;
  #beats: NodeJS.Timeout | undefined;
  #beating: Promise<void> = Promise.resolve();
  #isClosed = false;

  constructor(
    @Inject(OPEN_DATABASE) private readonly database: OpenDatabase,
    @Inject(CLOCK) private readonly clock: Clock,
    private readonly sessions: OpenSessions,
  ) {}

  /**
   * Refuses before anything is written.
   * @param begin makes the answer ready to be written to
   * @returns how to leave
   * @throws Problem
   */
  async join(person: Person, filter: VerdictFilter, begin: () => EventSink): Promise<() => void> {
    await this.#open();
    const session = (await this.sessions.among([person.sessionId])).get(person.sessionId);
    if (session === undefined) throw new Problem("not-signed-in");
    this.#refuseTooMany(person);
    const listener: Listener = {
      ...{ person: { ...person, teamIds: session.teamIds }, filter },
      sessionVersion: session.version,
      ...{ writer: new EventWriter(begin()), beatsBehind: 0 },
    };
    this.#listeners.add(listener);
    listener.writer.beat();
    this.#beats ??= setInterval(() => void this.beat(), BEAT_MS).unref();
    return () => void this.#listeners.delete(listener);
  }

  /** What is due now and then: ends those whose sign-in has ended, tells of this minute, and looks for what was missed. */
  beat(): Promise<void> {
    return (this.#beating = this.#beating.then(() => this.#beat().catch(() => undefined)));
  }

  /** Before the server waits for connections to end. */
  async beforeApplicationShutdown(): Promise<void> {
    this.#isClosed = true;
    clearInterval(this.#beats);
    for (const listener of this.#listeners) this.#end(listener, "shutdown");
    await this.#beating;
    await (await this.#feed?.catch(() => undefined))?.close();
  }

  async #open(): Promise<void> {
    if (this.#isClosed) throw new Problem("unavailable");
    const isOpen = this.#feed !== undefined;
    this.#feed ??= RefusalFeed.open(
      this.database,
      () => this.#listeners.size > 0,
      (fed, skipped) => this.#tell(fed, skipped),
    );
    try {
      const { feed } = await this.#feed;
      if (isOpen && this.#listeners.size === 0) await feed.fromNow();
    } catch {
      this.#feed = undefined;
      throw new Problem("unavailable");
    }
  }

  #refuseTooMany({ id }: Person): void {
    if (this.#isClosed) throw new Problem("unavailable");
    const own = [...this.#listeners].filter(({ person }) => person.id === id).length;
    if (own >= MOST_OF_ONE_PERSON || this.#listeners.size >= MOST_LISTENERS)
      throw new Problem("slow-down", {
        detail: "Too many live tails are open. Close one.",
        retryAfterSeconds: 10,
      });
  }

  /** To those who may see it now: they may have left a team since the last one. */
  async #tell(fed: readonly FedRefusal[], skipped: number): Promise<void> {
    try {
      await this.#askAnew();
    } catch {
      for (const { writer } of this.#listeners) writer.skip(skipped + fed.length);
      return;
    }
    for (const listener of this.#listeners) {
      if (skipped > 0) listener.writer.skip(skipped);
      for (const each of fed)
        if (concerns(listener, each)) listener.writer.send("refusal", toldOf(each.refusal));
    }
  }

  /** Ends those whose sign-in has ended, and learns of which teams the others are. */
  async #askAnew(): Promise<void> {
    const listeners = [...this.#listeners]; // who joins meanwhile is asked about by itself
    const ids = listeners.map(({ person }) => person.sessionId);
    const open = await this.sessions.among([...new Set(ids)]);
    for (const listener of listeners) {
      const session = open.get(listener.person.sessionId);
      if (session === undefined || session.version !== listener.sessionVersion)
        this.#end(listener, "session");
      else listener.person = { ...listener.person, teamIds: session.teamIds };
    }
  }

  async #beat(): Promise<void> {
    if (this.#listeners.size === 0) return;
    await this.#askAnew();
    for (const listener of this.#listeners) {
      listener.beatsBehind = listener.writer.isBehind ? listener.beatsBehind + 1 : 0;
      if (listener.beatsBehind > MOST_BEATS_BEHIND) this.#end(listener, "behind");
      else await this.#tellMinutes(listener);
    }
    await (await this.#feed)?.feed.look();
  }

  /** This minute and the one before, of which services may have told meanwhile. */
  async #tellMinutes({ person, filter, writer }: Listener): Promise<void> {
    writer.beat();
    const now = Math.floor(this.clock.nowMs() / MINUTE_MS) * MINUTE_MS;
    const period = { from: new Date(now - MINUTE_MS), to: new Date(now + MINUTE_MS) };
    const { minute, code, count } = verdictMinutes;
    const rows = await this.database.db
      .select({ minute, code, count: sql`sum(${count})`.mapWith(Number) })
      .from(verdictMinutes)
      .where(minutesWhere(person, period, filter))
      .groupBy(minute, code);
    for (const at of [now - MINUTE_MS, now]) {
      const own = rows.filter((row) => row.minute.getTime() === at);
      const refused = own.filter((row) => row.code !== ACCEPTED);
      writer.send("minute", {
        at: new Date(at).toISOString(),
        accepted: own.find((row) => row.code === ACCEPTED)?.count ?? 0,
        refused: Object.fromEntries(refused.map((row) => [row.code, row.count])),
      });
    }
  }

  #end(listener: Listener, reason: string): void {
    this.#listeners.delete(listener);
    listener.writer.end(reason);
  }
}

/** The same rule as `refusalsWhere`. */
function concerns({ person, filter }: Listener, { refusal, teamId }: FedRefusal): boolean {
  const teams = teamsOf(person);
  if (teams !== undefined && (teamId === null || !teams.includes(teamId))) return false;
  const told: Partial<Record<keyof VerdictFilter, RefusalRow[keyof RefusalRow]>> = {
    app: refusal.appId ?? "",
    code: refusal.code,
    scheme: refusal.scheme,
    service: refusal.service,
  };
  return (Object.keys(filter) as (keyof VerdictFilter)[]).every(
    (name) => filter[name] === undefined || filter[name] === told[name],
  );
}
