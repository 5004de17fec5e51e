import { getTableName, is, lt } from "drizzle-orm";
import { PgTable } from "drizzle-orm/pg-core";
import * as tables from "../../../apps/console/src/database/tables.js";
import { removeRows } from "../../../apps/console/src/database/remove-rows.js";
import { OldRows } from "../../../apps/console/src/happened/old-rows.js";
import { Tidying } from "../../../apps/console/src/sign-in/tidying.js";
import type { Databases } from "../support/databases.js";
import { TestConsole } from "../support/test-console.js";

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
const NOW = Date.parse("2026-05-05T12:34:56Z");

/** Who removes the rows of a table: regularly when they are so old, or why nobody does. */
type Fate =
  | {
      readonly by: "OldRows" | "Tidying";
      readonly afterMs: number;
      /** A row of a time, which is its only one. */
      readonly row: (at: Date, id: string) => object;
    }
  | { readonly stays: string };

const REFUSAL = {
  ...{ service: "api", code: "nonce-seen", status: 401, proven: true, method: "GET" },
  ...{ requestId: "r", detail: {} },
};
const COUNT = {
  ...{ appId: "", keyId: "", scheme: "lacre1", code: "accepted", service: "api", count: 1 },
};
const none = Buffer.from("none");
const SEALED = { sealed: none, wrappedKey: none, wrappedBy: "none" };
/** Of those that others name. */
const [PERSON, ENDPOINT, EVENT] = ["p_1", "wh_1", "evt_1"];

const BY_SETTINGS = { counts: 400 * DAY, ones: 30 * DAY };
const FATES: Readonly<Record<string, Fate>> = {
  access_requests: { stays: "who was given what, and by whom" },
  apps: { stays: "the audit log speaks of them" },
  audit: { stays: "rows are added, and never changed" },
  deliveries: {
    ...{ by: "OldRows", afterMs: BY_SETTINGS.counts },
    row: (createdAt, id) => ({
      ...{ id, eventId: EVENT, endpointId: id === "old" ? ENDPOINT : "wh_2" },
      ...{ state: "delivered", createdAt },
    }),
  },
  enrolments: {
    ...{ by: "Tidying", afterMs: 0 },
    row: (expiresAt, id) => ({ ticketHash: id, personId: PERSON, expiresAt, ...SEALED }),
  },
  events: {
    ...{ by: "OldRows", afterMs: BY_SETTINGS.counts },
    row: (at, id) => ({ id, type: "key.expired", payload: {}, at }),
  },
  failures: {
    ...{ by: "Tidying", afterMs: DAY },
    row: (spentAt, subject) => ({ subject, spent: 1, spentAt }),
  },
  guesses: {
    ...{ by: "Tidying", afterMs: DAY },
    row: (spentAt, origin) => ({ personId: PERSON, origin, spentAt }),
  },
  idempotency: {
    ...{ by: "OldRows", afterMs: DAY },
    row: (at, key) => ({ personId: PERSON, key, requestHash: "h", at }),
  },
  invitations: {
    ...{ by: "Tidying", afterMs: 30 * DAY },
    row: (expiresAt, id) => ({ id, tokenHash: id, expiresAt }),
  },
  key_uses: { stays: "when a key was used last; so many places a key" },
  keys: { stays: "the audit log speaks of them; a secret is used once" },
  memberships: { stays: "until somebody takes the person out of the team" },
  passkeys: { stays: "until their person removes them" },
  people: { stays: "the audit log speaks of them" },
  recovery_codes: { stays: "until their person makes new ones" },
  refusals: {
    ...{ by: "OldRows", afterMs: BY_SETTINGS.ones },
    row: (at) => ({ ...REFUSAL, at }),
  },
  registry_changes: {
    ...{ by: "OldRows", afterMs: 7 * DAY },
    row: (at, appId) => ({ appId, at }),
  },
  sessions: {
    ...{ by: "Tidying", afterMs: 30 * DAY },
    row: (expiresAt, id) => ({ id, personId: PERSON, expiresAt }),
  },
  settings: { stays: "what people chose" },
  sign_ins: { stays: "with their people" },
  teams: { stays: "until somebody removes them" },
  used_challenges: {
    ...{ by: "Tidying", afterMs: 0 },
    row: (expiresAt, challenge) => ({ challenge, expiresAt }),
  },
  verdict_batches: {
    ...{ by: "OldRows", afterMs: BY_SETTINGS.ones },
    row: (at, id) => ({ id, service: "api", at }),
  },
  verdict_hours: {
    ...{ by: "OldRows", afterMs: BY_SETTINGS.counts },
    row: (hour) => ({ ...COUNT, hour }),
  },
  verdict_minutes: {
    ...{ by: "OldRows", afterMs: BY_SETTINGS.counts },
    row: (minute) => ({ ...COUNT, minute }),
  },
  webhook_endpoints: { stays: "until somebody removes them" },
  webhook_old_secrets: {
    ...{ by: "OldRows", afterMs: 0 },
    row: (expiresAt, id) => ({
      ...{ endpointId: id === "old" ? ENDPOINT : "wh_2", expiresAt, ...SEALED },
    }),
  },
};

/** What is kept, and for how long. */
export function oldRowsCases(databases: () => Databases): void {
  let lacre: TestConsole;
  const all = (Object.values(tables) as unknown[]).filter((table) => is(table, PgTable));
  const named = new Map(all.map((table) => [getTableName(table), table]));
  const removed = Object.entries(FATES).flatMap(([name, fate]) =>
    "by" in fate ? [{ name, table: named.get(name) as PgTable, ...fate }] : [],
  );

  beforeAll(async () => {
    lacre = await TestConsole.start(databases(), { settings: { clock: { nowMs: () => NOW } } });
    const { db } = lacre.database;
    for (const { table } of removed) await db.delete(table);
    await db.insert(tables.people).values({ id: PERSON, login: "p", name: "P", role: "viewer" });
    for (const id of [ENDPOINT, "wh_2"])
      await db
        .insert(tables.webhookEndpoints)
        .values({ id, url: "https://x", events: [], ...SEALED });
    await db
      .insert(tables.events)
      .values({ id: EVENT, type: "key.expired", payload: {}, at: new Date(NOW) });
  });
  afterAll(() => lacre.close());

  it("is decided of each table", () => {
    expect([...named.keys()].sort()).toEqual(Object.keys(FATES).sort());
  });

  it("is all that is young enough, and nothing else", async () => {
    const { db } = lacre.database;
    for (const { table, afterMs, row } of removed) {
      // Counts go by whole hours.
      await db.insert(table).values(row(new Date(NOW - afterMs - 61 * MINUTE), "old"));
      await db.insert(table).values(row(new Date(NOW - afterMs + 1), "young"));
    }
    const left = async () => {
      const counts: Record<string, number> = {};
      for (const { name, table } of removed) counts[name] = await db.$count(table);
      return counts;
    };
    const before = await left();
    const expected = { ...before };
    for (const by of ["OldRows", "Tidying"] as const) {
      if (by === "OldRows") await lacre.app.get(OldRows, { strict: false }).remove();
      else await lacre.app.get(Tidying, { strict: false }).tidy();
      for (const { name } of removed.filter((each) => each.by === by))
        expected[name] = Number(before[name]) - 1;
      expect(await left()).toEqual(expected);
    }
  });

  it("keeps the last change, a link that somebody is using, and what all unknown places have tried", async () => {
    const { db } = lacre.database;
    const long = new Date(NOW - 1_000 * DAY);
    await db.delete(tables.registryChanges);
    await db.insert(tables.registryChanges).values([1, 2].map(() => ({ appId: "a", at: long })));
    await db.insert(tables.invitations).values({ id: "in-use", tokenHash: "t", expiresAt: long });
    await db.insert(tables.enrolments).values({
      ...{ ticketHash: "in-use", invitationId: "in-use", personId: PERSON, ...SEALED },
      expiresAt: new Date(NOW + MINUTE),
    });
    await db.insert(tables.guesses).values([
      { personId: PERSON, origin: "unknown", spentAt: long },
      {
        personId: PERSON,
        origin: "browser:known",
        knownAt: new Date(NOW - 399 * DAY),
        spentAt: long,
      },
      { personId: PERSON, origin: "browser:long-ago", knownAt: long, spentAt: long },
    ]);
    await lacre.app.get(OldRows, { strict: false }).remove();
    await lacre.app.get(Tidying, { strict: false }).tidy();
    expect(await db.$count(tables.registryChanges)).toBe(1);
    const links = await db.select({ id: tables.invitations.id }).from(tables.invitations);
    expect(links.map(({ id }) => id).sort()).toEqual(["in-use", "young"]);
    const { origin } = tables.guesses;
    const places = await db.select({ origin }).from(tables.guesses).orderBy(origin);
    expect(places.map((place) => place.origin)).toEqual(["browser:known", "unknown", "young"]);
  });

  it("keeps a message that waits, but not for an endpoint that was switched off", async () => {
    const { db } = lacre.database;
    const createdAt = new Date(NOW - 1_000 * DAY);
    const { deliveries, webhookEndpoints } = tables;
    await db.delete(deliveries);
    const off = { url: "https://x", events: [], ...SEALED, active: false };
    await db.insert(webhookEndpoints).values({ id: "wh_off", ...off });
    for (const endpointId of [ENDPOINT, "wh_off"])
      await db.insert(deliveries).values({ id: endpointId, eventId: EVENT, endpointId, createdAt });
    await lacre.app.get(OldRows, { strict: false }).remove();
    expect((await db.select().from(deliveries)).map(({ id }) => id)).toEqual([ENDPOINT]);
  });

  it("removes many in small batches, and stops between two where it is to end", async () => {
    const { db } = lacre.database;
    const { failures } = tables;
    await db.delete(failures);
    const spentAt = new Date(NOW - 9 * DAY);
    const rows = Array.from({ length: 4_500 }, (_, i) => ({ subject: `s${i}`, spent: 1, spentAt }));
    await db.insert(failures).values(rows);
    let asked = 0;
    const isOver = () => (asked += 1) > 1;
    await removeRows(db, failures, lt(failures.spentAt, new Date(NOW)), isOver);
    expect(await db.$count(failures)).toBe(2_500);
    await removeRows(db, failures, lt(failures.spentAt, new Date(NOW)));
    expect(await db.$count(failures)).toBe(0);
  });
}
