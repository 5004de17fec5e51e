import { eq } from "drizzle-orm";
import {
  deliveries,
  events,
  keys,
  keyUses,
  people,
  refusals,
  verdictBatches,
  verdictMinutes,
} from "../../../apps/console/src/database/tables.js";
import { APPS, REFUSED, SERVICES, TEAMS, type SeedApp } from "./believable-apps.js";
import type { TestConsole } from "./test-console.js";
import { addHours } from "./verdict-rows.js";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
/** Verdicts are counted for every so many minutes: a row for each minute would take too long. */
const EVERY = 20;

export interface Week {
  readonly admin: string;
  readonly operator: string;
  readonly developer: string;
  readonly auditor: string;
}

/**
 * Fills a console with a week that could have been: teams, apps and keys by its API; what services told of their
 * verdicts into its tables, since nobody wants to wait for a week.
 */
export async function fillWeek(console: TestConsole): Promise<Week> {
  const teams = new Map<string, string>();
  for (const name of TEAMS) teams.set(name, await console.team(name));
  const teamIds = [...teams.values()];
  const named = async (name: string, ...who: Parameters<TestConsole["somebody"]>) => {
    const { id, token } = await console.somebody(...who);
    await console.database.db.update(people).set({ name }).where(eq(people.id, id));
    return token;
  };
  const week = {
    admin: await named("Ana Figueiredo", "admin"),
    operator: await named("Tomás Echeverría", "operator"),
    developer: await named("Júlia Prado", "developer", teamIds.slice(0, 2)),
    auditor: await named("Ruth Adeyemi", "viewer:auditor"),
  };
  const random = randomOf(20_261_130);
  for (const app of APPS) await makeApp(console, week, teams.get(app.team) ?? "", app, random);
  for (const id of SERVICES)
    await ask(console, week.admin, "/v1/services", {
      id,
      name: `Verifies for ${id}`,
      teamId: teams.get("Platform"),
      scopes: ["registry:read", "verdicts:write"],
    });
  await tellVerdicts(console, random);
  await askForAccess(console, week.developer, teamIds);
  await tellOthers(console, week.operator);
  return week;
}

async function makeApp(
  console: TestConsole,
  { operator }: Week,
  teamId: string,
  { id, name, scopes, schemes, networks, limits, ring }: SeedApp,
  random: () => number,
): Promise<void> {
  const body = { id, name, teamId, scopes, schemes, networks: networks ?? [], limits };
  await ask(console, operator, "/v1/apps", body);
  const made: string[] = [];
  for (const { age, ends, scheme, secret, rotates, uses, lastUse } of ring) {
    const before = made.at(-1);
    const { key } = await ask(
      console,
      operator,
      rotates && before !== undefined
        ? `/v1/apps/${id}/keys/${before}/rotate`
        : `/v1/apps/${id}/keys`,
      rotates && before !== undefined
        ? { overlap: "7d" }
        : {
            ...(scheme !== undefined && { scheme }),
            ...(secret !== undefined && { secret }),
            ...(ends !== undefined && { expiresAt: later(ends * DAY).toISOString() }),
          },
    );
    made.push(key.id);
    const createdAt = later(-age * DAY);
    await console.database.db
      .update(keys)
      .set({ createdAt, notBefore: createdAt })
      .where(eq(keys.id, key.id));
    if (uses === undefined) continue;
    await console.database.db.insert(keyUses).values(
      uses.map((source, i) => ({
        keyId: key.id,
        appId: id,
        source,
        scheme: key.scheme,
        lastMinute: later(-(lastUse ?? 3) * MINUTE - i * 7 * MINUTE),
        count: Math.ceil(40 + random() * 4000),
      })),
    );
  }
}

/** Counts and single refusals, with the tides of the day, a storm of replays and two clocks that are off. */
async function tellVerdicts(console: TestConsole, random: () => number): Promise<void> {
  const { db } = console.database;
  const rows: (typeof verdictMinutes.$inferInsert)[] = [];
  const ones: (typeof refusals.$inferInsert)[] = [];
  const live = new Map<string, string>();
  for (const { id, appId, scheme } of await db.select().from(keys))
    live.set(appId, `${id} ${scheme}`);
  const begin = Math.floor(Date.now() / MINUTE) * MINUTE - 7 * DAY;
  for (const { id, traffic, drift = 0.2, refused } of APPS) {
    const [keyId = "", scheme = "lacre1"] = live.get(id)?.split(" ") ?? [];
    const service = SERVICES[id.length % SERVICES.length] ?? "";
    for (let at = begin; at < begin + 7 * DAY; at += EVERY * MINUTE) {
      const row = { minute: new Date(at), appId: id, keyId, scheme, service };
      const count = Math.round(traffic * tide(at) * (0.7 + 0.6 * random()));
      const off = drift * (0.6 + 0.8 * random());
      if (count > 0)
        rows.push({
          ...{ ...row, code: "accepted", count },
          ...{ driftSum: off * count, driftCount: count, driftMax: Math.abs(off) * 1.6 },
        });
      for (const [code, perDay] of Object.entries(refused)) {
        const many = chance((perDay * EVERY * tide(at)) / 1440, random);
        if (many > 0) rows.push({ ...row, code, count: many });
        if (many > 0 && at > begin + 5 * DAY) ones.push(refusalOf(id, code, service, at, random));
      }
    }
  }
  const storm = begin + 6 * DAY + 14 * HOUR;
  for (let i = 0; i < 9; i += 1) {
    const at = storm + i * MINUTE;
    const row = { minute: new Date(at), appId: "courier-mobile", keyId: "", scheme: "lacre1" };
    rows.push({ ...row, service: SERVICES[0] ?? "", code: "nonce-seen", count: 18 + 31 * (i % 4) });
    ones.push(refusalOf("courier-mobile", "nonce-seen", SERVICES[0] ?? "", at, random));
  }
  for (let i = 0; i < rows.length; i += 800)
    await db
      .insert(verdictMinutes)
      .values(rows.slice(i, i + 800))
      .onConflictDoNothing();
  await addHours(db);
  ones.sort((a, b) => a.at.getTime() - b.at.getTime());
  for (let i = 0; i < ones.length; i += 500)
    await db.insert(refusals).values(ones.slice(i, i + 500));
  await db.insert(verdictBatches).values(
    SERVICES.map((service, i) => ({
      ...{ id: `${service}/believable-batch-01`, service },
      ...{ at: later(-(i * i * 40 + 0.3) * MINUTE), lost: i === 2 ? 418 : 0 },
    })),
  );
}

function refusalOf(appId: string, code: string, service: string, at: number, random: () => number) {
  const facts = REFUSED[code];
  const routes = ["/orders", "/orders/:id", "/shipments", "/invoices/:id/pdf", "/webhooks/stripe"];
  return {
    at: new Date(at + Math.floor(random() * EVERY * MINUTE * 0.9)),
    ...{ service, code, status: facts?.status ?? 401, proven: facts?.proven ?? false },
    ...{ appId: code === "credentials-missing" ? null : appId, keyId: null },
    scheme: code === "credentials-missing" ? null : "lacre1",
    method: random() < 0.6 ? "POST" : "GET",
    route: routes[Math.floor(random() * routes.length)],
    requestId: `${Math.floor(random() * 2 ** 48).toString(16)}`,
    address: `10.${Math.floor(random() * 4)}.${Math.floor(random() * 200)}.${Math.floor(random() * 250)}`,
    detail: { message: facts?.message ?? code },
  };
}

async function askForAccess(
  console: TestConsole,
  token: string,
  teamIds: readonly string[],
): Promise<void> {
  const asked = [
    ["returns-desk", ["orders:read", "refunds:write"], "The returns desk moves to the new API."],
    ["shop-web", ["coupons:read"], "Coupons at the checkout, from the first of the month on."],
    ["label-printer", ["shipments:read"], "Printers in the warehouse fetch their labels."],
  ] as const;
  for (const [i, [appId, scopes, reason]] of asked.entries())
    await ask(console, token, "/v1/requests", {
      ...{ teamId: teamIds[i === 2 ? 1 : 0], appId, scopes, reason },
    });
}

/** Two endpoints: one that takes everything, and one that fails now and then. Nothing is sent. */
async function tellOthers(console: TestConsole, token: string): Promise<void> {
  const { db } = console.database;
  const ends = ["key.expiring", "key.expired"];
  const all = [...ends, "key.old-used", "app.replay-storm"];
  for (const [url, names] of [
    ["https://hooks.shop.example/lacre", all],
    ["https://pager.example/in/4f1c", ends],
  ] as const) {
    const { endpoint } = await ask(console, token, "/v1/webhooks", { url, events: names });
    for (let i = 0; i < 14; i += 1) {
      const id = `${endpoint.id}-${i}`;
      const at = later(-i * 5.3 * HOUR);
      const type = names[i % names.length] ?? "";
      await db.insert(events).values({ id: `e_${id}`, type, payload: {}, at });
      const failed = i % 5 === 2;
      await db.insert(deliveries).values({
        ...{ id: `d_${id}`, eventId: `e_${id}`, endpointId: endpoint.id, createdAt: at },
        ...{ tries: failed ? 12 : 1 + (i % 4 === 3 ? 2 : 0), lastTriedAt: at, doneAt: at },
        ...{ state: failed ? "failed" : "delivered", nextAt: at },
        tried: Array.from({ length: failed ? 12 : 1 + (i % 4 === 3 ? 2 : 0) }, (_, n) => ({
          at: later(-i * 5.3 * HOUR + n * 60_000).toISOString(),
          status: failed || (i % 4 === 3 && n < 2) ? 503 : 204,
          error: null,
          ms: 84 + 7 * n,
        })),
        ...(failed ? { lastStatus: 503, lastError: "the answer was 503" } : { lastStatus: 204 }),
      });
    }
  }
}

// oxlint-disable-next-line typescript/no-explicit-any -- a test reads what it likes
async function ask(console: TestConsole, token: string, path: string, body: object): Promise<any> {
  const answer = await console.ask(path, { token, body });
  if (answer.status >= 300)
    throw new Error(`${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
  return answer.body;
}

const later = (ms: number): Date => new Date(Math.floor((Date.now() + ms) / 1000) * 1000);

/** More by day than by night. */
const tide = (at: number): number =>
  0.35 + 0.65 * Math.sin((Math.PI * ((at / HOUR) % 24)) / 24) ** 2;

const chance = (mean: number, random: () => number): number =>
  Math.floor(mean) + (random() < mean % 1 ? 1 : 0);

/** The same numbers each time, so that pictures can be compared. */
function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) % 2 ** 32;
    return state / 2 ** 32;
  };
}
