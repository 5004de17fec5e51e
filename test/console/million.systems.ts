import { sql } from "drizzle-orm";
import type { Person } from "../../apps/console/src/access/person.js";
import { apps } from "../../apps/console/src/database/tables.js";
import { BY_INDEX, seriesQuery } from "../../apps/console/src/happened/verdict-charts.js";
import { embedded, postgres, type Databases } from "./support/databases.js";
import { TestConsole } from "./support/test-console.js";

/* A chart over a million rows, of three. */

const BEGIN = "2026-01-01T00:00:00Z";
const MINUTES = 25_000;
const APPS = 10;
const minute = (n: number): string => new Date(Date.parse(BEGIN) + n * 60_000).toISOString();
const MILLION = { from: minute(MINUTES), to: minute(2 * MINUTES) };
const DAY = { from: minute(2 * MINUTES), to: minute(2 * MINUTES + 1440) };

describe.each([
  ["the embedded database", async () => embedded()],
  ["PostgreSQL", postgres],
])("a million rows of verdicts in %s", (place, make: () => Promise<Databases>) => {
  let databases: Databases;
  let lacre: TestConsole;
  let team: string;
  beforeAll(async () => {
    databases = await make();
    lacre = await TestConsole.start(databases);
    const { db } = lacre.database;
    team = await lacre.team("blue");
    const red = await lacre.team("red");
    await db.insert(apps).values(
      Array.from({ length: APPS }, (_, i) => ({
        ...{ id: `app-${i}`, name: `App ${i}`, teamId: i % 2 === 0 ? team : red },
      })),
    );
    await db.execute(sql`
      insert into verdict_minutes (minute, app_id, key_id, scheme, code, service, count)
      select ${BEGIN}::timestamptz + n * interval '1 minute', 'app-' || a, 'k_' || a, 'lacre1',
        (array['accepted', 'signature-mismatch', 'nonce-seen', 'timestamp-too-old'])[c], 'api', 2
      from generate_series(0, ${3 * MINUTES - 1}) n, generate_series(0, ${APPS - 1}) a, generate_series(1, 4) c
      order by n`);
    await db.execute(sql`vacuum (analyze) verdict_minutes`);
  });
  afterAll(async () => {
    await lacre.close();
    databases.close();
  });

  const CASES = {
    "a million rows": [MILLION, "viewer:auditor", 4 * 2 * APPS * MINUTES],
    "a million rows, of which half are a team's": [MILLION, "developer", 2 * 2 * APPS * MINUTES],
    "a day": [DAY, "viewer:auditor", 4 * 2 * APPS * 1440],
    "a day of a team": [DAY, "developer", 2 * 2 * APPS * 1440],
  } as const;

  it.each(Object.entries(CASES))("are charted by an index: %s", async (name, asked) => {
    const [{ from, to }, kind, expected] = asked;
    const { token } = await lacre.somebody(kind, [team]);
    const path = `/v1/verdicts/series?from=${from}&to=${to}&points=100`;
    const took: number[] = [];
    for (let i = 0; i < 3; i++) {
      const began = performance.now();
      const { body } = await lacre.ask(path, { token });
      took.push(Math.round(performance.now() - began));
      let sum = 0;
      for (const { accepted, refused } of body.points)
        for (const count of [accepted, ...Object.values(refused)]) sum += count as number;
      expect(sum).toBe(expected);
    }
    console.log(`${place}, ${name}: ${took.join(", ")} ms`);

    const [role, subrole] = kind.split(":") as ["developer", undefined];
    const person: Person = { ...NOBODY, role, subrole, teamIds: [team] };
    const period = { from: new Date(from), to: new Date(to) };
    for (const filter of [{}, { app: "app-2" }, { code: "nonce-seen" }]) {
      const query = seriesQuery(lacre.database.db, person, period, filter, 14_400).getSQL();
      const { rows } = (await lacre.database.db.transaction(async (tx) => {
        await tx.execute(BY_INDEX);
        return tx.execute(sql`explain ${query}`);
      })) as unknown as { rows: Record<string, string>[] };
      const plan = rows.map((row) => Object.values(row)[0]).join("\n");
      expect(plan).toMatch(/verdict_minutes_(?:app|minute)/);
      expect(plan).not.toContain("Seq Scan on verdict_minutes");
    }
  });
});

const NOBODY = { id: "p", login: "p", name: "P", sessionId: "s" };
