import { sql, type SQL } from "drizzle-orm";
import type { Person } from "../../apps/console/src/access/person.js";
import { apps, settings } from "../../apps/console/src/database/tables.js";
import { seriesQuery, tableQuery } from "../../apps/console/src/happened/verdict-charts.js";
import { stepSecondsOf } from "../../apps/console/src/happened/steps.js";
import { embedded, postgres, type Databases } from "./support/databases.js";
import { TestConsole } from "./support/test-console.js";

/* Charts and tables over three million rows of minutes, and three years of hours. */

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
const END = Math.floor(Date.now() / DAY_MS) * DAY_MS;
const BEGIN = END - 3 * 365 * DAY_MS;
const MINUTES_BEGIN = END - 75_000 * MINUTE_MS;
const APPS = 10;
const CODES = ["accepted", "signature-mismatch", "nonce-seen", "timestamp-too-old"];
const ROWS = APPS * CODES.length;
/** In each row of minutes, and so in each minute of a row of hours. */
const COUNT = 2;

const iso = (ms: number): string => new Date(ms).toISOString();
/** Ends within an hour, and begins within another. */
const ofMinutes = (minutes: number, from = MINUTES_BEGIN + 30_000 * MINUTE_MS) => ({
  from: iso(from + 17 * MINUTE_MS),
  to: iso(from + (17 + minutes) * MINUTE_MS),
});

const PERIODS = {
  "a day, by the minute": { ...ofMinutes(1440), by: "minutes" },
  "a million rows of minutes, by the hour": { ...ofMinutes(25_000), by: "hours" },
  "a year, by the hour": {
    ...{ from: iso(END - 400 * DAY_MS), to: iso(END - 35 * DAY_MS), by: "hours" },
  },
} as const;

describe.each([
  ["the embedded database", async () => embedded()],
  ["PostgreSQL", postgres],
])("a million rows of verdicts in %s", (place, make: () => Promise<Databases>) => {
  let databases: Databases;
  let lacre: TestConsole;
  let team: string;
  const run = async (query: SQL): Promise<Record<string, unknown>[]> =>
    ((await lacre.database.db.execute(query)) as unknown as { rows: Record<string, unknown>[] })
      .rows;

  beforeAll(async () => {
    databases = await make();
    lacre = await TestConsole.start(databases);
    // Or the oldest are removed while they are counted.
    await lacre.database.db.insert(settings).values({ name: "minuteDays", value: 3650 });
    team = await lacre.team("blue");
    const red = await lacre.team("red");
    await lacre.database.db.insert(apps).values(
      Array.from({ length: APPS }, (_, i) => ({
        ...{ id: `app-${i}`, name: `App ${i}`, teamId: i % 2 === 0 ? team : red },
      })),
    );
    const kinds = sql`'app-' || a, 'k_' || a, 'lacre1', code, 'api'`;
    const each = sql`generate_series(0, ${APPS - 1}) a, unnest(${sql.raw(`array['${CODES.join("','")}']`)}) code`;
    await run(sql`
      insert into verdict_minutes (minute, app_id, key_id, scheme, code, service, count)
      select at, ${kinds}, ${COUNT} from
        generate_series(${iso(MINUTES_BEGIN)}::timestamptz, ${iso(END - 1)}, interval '1 minute') at, ${each}
      order by at`);
    await run(sql`
      insert into verdict_hours (hour, app_id, key_id, scheme, code, service, count)
      select at, ${kinds}, ${COUNT * 60} from
        generate_series(${iso(BEGIN)}::timestamptz, ${iso(END - 1)}, interval '1 hour') at, ${each}
      order by at`);
    await run(sql`vacuum (analyze) verdict_minutes, verdict_hours, apps`);
  });
  afterAll(async () => {
    await lacre.close();
    databases.close();
  });

  /** How long it took, and how much of that this process, in milliseconds. */
  async function timed(name: string, work: () => Promise<unknown>): Promise<void> {
    const took: string[] = [];
    for (let i = 0; i < 3; i++) {
      const [began, cpu] = [performance.now(), process.cpuUsage()];
      await work();
      const { user, system } = process.cpuUsage(cpu);
      const ms = Math.round(performance.now() - began);
      took.push(`${ms} (${Math.round((user + system) / 1000)})`);
    }
    console.log(`${place}, ${name}: ${took.join(", ")} ms (CPU of this process)`);
  }

  describe.each(Object.entries(PERIODS))("%s", (name, { from, to, by }) => {
    const period = { from: new Date(from), to: new Date(to) };
    const minutes = (period.to.getTime() - period.from.getTime()) / MINUTE_MS;

    it.each([
      ["everything", "viewer:auditor", 1],
      ["a team's", "developer", 2],
    ] as const)("%s: the sums are right", async (whose, kind, part) => {
      const { token } = await lacre.somebody(kind, [team]);
      const query = `from=${from}&to=${to}`;
      await timed(`${name}, chart of ${whose}`, async () => {
        const { body } = await lacre.ask(`/v1/verdicts/series?${query}&points=100`, { token });
        let sum = 0;
        for (const { accepted, refused } of body.points)
          for (const count of [accepted, ...Object.values(refused)]) sum += count as number;
        expect(sum).toBe((minutes * ROWS * COUNT) / part);
      });
      await timed(`${name}, table of ${whose}`, async () => {
        const { body } = await lacre.ask(`/v1/verdicts/table?${query}`, { token });
        const expected = { count: minutes * COUNT, before: minutes * COUNT };
        expect(body.items).toHaveLength(((CODES.length - 1) * APPS) / part);
        for (const item of body.items) expect(item).toMatchObject(expected);
      });
    });

    it("and the least that it could take", async () => {
      const within = sql`between ${from}::timestamptz and ${to}::timestamptz`;
      await timed(`${name}, a plain count of the minutes`, () =>
        run(sql`select count(*) from verdict_minutes where minute ${within}`),
      );
      await timed(`${name}, a plain count of the hours`, () =>
        run(sql`select count(*) from verdict_hours where hour ${within}`),
      );
    });

    it.each([
      ["everything", { role: "viewer", subrole: "auditor" }],
      ["a team's", { role: "developer", subrole: undefined }],
    ] as const)("%s: an index is read", async (_whose, { role, subrole }) => {
      const person: Person = { ...NOBODY, role, subrole, teamIds: [team] };
      const step = stepSecondsOf(period, 100);
      expect([by, step % 3_600 === 0]).toEqual([by, by === "hours"]);
      const { db } = lacre.database;
      for (const filter of [{}, { app: "app-2" }, { code: "nonce-seen" }])
        for (const [what, query] of [
          [by, seriesQuery(db, person, period, filter, step)],
          ["hours", tableQuery(db, person, period, filter)],
        ] as const) {
          const rows = await run(sql`explain ${query.getSQL()}`);
          const plan = rows.map((row) => Object.values(row)[0]).join("\n");
          expect(plan).toMatch(new RegExp(`verdict_${what}_(?:app|minute|hour)`));
          expect(plan).not.toContain("Seq Scan on verdict_");
        }
    });
  });
});

const NOBODY = { id: "p", login: "p", name: "P", sessionId: "s" };
