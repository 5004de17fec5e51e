import { randomBytes } from "node:crypto";
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { getTableName, is, sql } from "drizzle-orm";
import { PgTable } from "drizzle-orm/pg-core";
import type { OpenDatabase } from "../../apps/console/src/database/database.js";
import { openEmbedded } from "../../apps/console/src/database/embedded-database.js";
import { openServer } from "../../apps/console/src/database/server-database.js";
import * as tables from "../../apps/console/src/database/tables.js";
import { PostgresServer } from "../support/postgres-server.js";
import { fillWeek } from "./support/believable-week.js";
import { runConsole } from "./support/console-process.js";
import { TestConsole } from "./support/test-console.js";

/** From the embedded database to a server, with a week that could have been. Needs `npm run build`. */
describe("console move", () => {
  const masterKey = randomBytes(32);
  let folder: string;
  let server: PostgresServer;
  let source: Content;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "lacre-move-"));
    const [, lacre] = await Promise.all([
      PostgresServer.start().then((started) => (server = started)),
      TestConsole.startOn(await openEmbedded({ folder }), masterKey),
    ]);
    await fillWeek(lacre);
    // The last number that was given out has no row any more.
    await lacre.database.db.execute(
      sql`delete from registry_changes where seq = (select max(seq) from registry_changes)`,
    );
    await lacre.close();
    const database = await openEmbedded({ folder });
    source = await contentOf(database);
    await database.close();
  });
  afterAll(() => {
    server.destroy();
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  });

  const move = () => {
    const CONSOLE_MASTER_KEY = masterKey.toString("base64");
    return runConsole(["move", "--to", server.url()], { CONSOLE_DATA: folder, CONSOLE_MASTER_KEY });
  };
  async function onServer<Result>(look: (database: OpenDatabase) => Promise<Result>) {
    const database = await openServer(server.url());
    try {
      return await look(database);
    } finally {
      await database.close();
    }
  }

  it("leaves nothing where it cannot copy all", async () => {
    await onServer(async ({ db }) => {
      await db.execute(
        sql`create function fails() returns trigger language plpgsql as $$ begin raise exception 'no'; end $$`,
      );
      await db.execute(
        sql`create trigger fails before insert on verdict_minutes execute function fails()`,
      );
    });
    expect(await move()).toMatchObject({ code: 2 });
    await onServer(async (database) => {
      const { rows } = await contentOf(database);
      expect(Object.values(rows).flat()).toEqual([]);
      await database.db.execute(sql`drop function fails cascade`);
    });
  });

  it("copies every row and every number that was given out, once", async () => {
    expect(await move()).toMatchObject({
      code: 0,
      output: expect.stringMatching(
        /^Copied to \S+: \d+ rows\. The audit log is whole\. Rows: \d+\. It ends/,
      ),
    });
    expect(
      Object.entries(source.rows).filter(([, rows]) => rows.length > 0).length,
    ).toBeGreaterThan(15);
    const copied = await onServer(contentOf);
    expect(copied.sequences).toEqual(source.sequences);
    for (const [name, rows] of Object.entries(source.rows))
      expect([name, copied.rows[name]]).toEqual([name, rows]);
    expect(await move()).toMatchObject({
      code: 2,
      output: expect.stringMatching(/^--to: names a database that is not empty/),
    });
  });

  it("says of a log that was tampered with where it is broken, and not to go on there", async () => {
    const copy = mkdtempSync(join(tmpdir(), "lacre-move-"));
    const other = await PostgresServer.start();
    try {
      cpSync(join(folder, "database"), join(copy, "database"), { recursive: true });
      const database = await openEmbedded({ folder: copy });
      await database.db.execute(sql`alter table audit disable trigger user`);
      await database.db.execute(sql`update audit set act = 'nothing' where seq = 3`);
      await database.close();
      const CONSOLE_MASTER_KEY = masterKey.toString("base64");
      const env = { CONSOLE_DATA: copy, CONSOLE_MASTER_KEY };
      const { code, output } = await runConsole(["move", "--to", other.url()], env);
      expect([code, output]).toEqual([
        1,
        expect.stringMatching(/The audit log is broken at 3\. [^]*Find out first who/),
      ]);
      expect(output).not.toContain("Start the console");
    } finally {
      other.destroy();
      rmSync(copy, { recursive: true, force: true, maxRetries: 5 });
    }
  });

  it("leaves a console that goes on there with the same master key", async () => {
    const lacre = await TestConsole.startOn(await openServer(server.url()), masterKey);
    try {
      const { token } = await lacre.somebody("admin");
      const { body } = await lacre.ask("/v1/apps?kind=app&limit=1", { token });
      const issued = await lacre.ask(`/v1/apps/${body.items[0].id}/keys`, { token, body: {} });
      expect(issued.status).toBe(201);
      const audit = await lacre.ask("/v1/audit/verify", { token });
      expect(audit.body).toMatchObject({ whole: true, problem: null });
    } finally {
      await lacre.close();
    }
  });
});

interface Content {
  readonly rows: Readonly<Record<string, readonly string[]>>;
  readonly sequences: unknown;
}

/** All rows, as the database writes them, and the numbers that it has given out. */
async function contentOf({ db }: OpenDatabase): Promise<Content> {
  const read = async (statement: ReturnType<typeof sql>): Promise<Record<string, unknown>[]> =>
    ((await db.execute(statement)) as unknown as { rows: Record<string, unknown>[] }).rows;
  const rows: Record<string, string[]> = {};
  for (const table of Object.values(tables)) {
    if (!is(table, PgTable)) continue;
    const name = getTableName(table);
    const found = await read(sql`select to_jsonb(t)::text as row from ${sql.identifier(name)} t`);
    rows[name] = found.map(({ row }) => String(row).replaceAll("+00:00", "Z")).toSorted();
  }
  const sequences = await read(
    sql`select sequencename, last_value::text from pg_sequences where schemaname = 'public' order by 1`,
  );
  return { rows, sequences };
}
