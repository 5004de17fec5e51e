import { fork, type ChildProcess } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Client } from "pg";
import { AuditLog } from "../../apps/console/src/audit/audit-log.js";
import type { OpenDatabase } from "../../apps/console/src/database/database.js";
import { openEmbedded } from "../../apps/console/src/database/embedded-database.js";
import { openServer } from "../../apps/console/src/database/server-database.js";
import { audit, people } from "../../apps/console/src/database/tables.js";
import { isDatabaseAway } from "../../apps/console/src/problems/database-away.js";
import { freePort, PostgresServer } from "../support/postgres-server.js";
import { ConsoleProcess, runConsole } from "./support/console-process.js";
import { TestConsole } from "./support/test-console.js";

const KILLS = 5;

/** A process that writes, what it has been told is written, and why it was refused. */
class Writer {
  readonly acknowledged: string[] = [];
  refused: string | undefined;
  private constructor(readonly child: ChildProcess) {
    child.on("message", (message: { acknowledged?: string; refused?: string }) => {
      if (message.acknowledged !== undefined) this.acknowledged.push(message.acknowledged);
      this.refused ??= message.refused;
    });
  }

  static async start(...args: string[]): Promise<Writer> {
    const writer = new Writer(fork("test/console/support/writer.mjs", args));
    await once(writer.child, "message");
    return writer;
  }

  async kill(): Promise<void> {
    const ended = once(this.child, "close");
    this.child.kill("SIGKILL");
    await ended;
  }
}

/** Writes until some are acknowledged, kills in the middle of it, and opens again, several times. */
async function killAgainAndAgain(...args: string[]): Promise<string[]> {
  const acknowledged: string[] = [];
  for (let i = 0; i < KILLS; i += 1) {
    const writer = await Writer.start(...args);
    expect(writer.refused).toBeUndefined();
    while (writer.acknowledged.length < 20 + 7 * i)
      await new Promise((resolve) => setTimeout(resolve, 5));
    await writer.kill();
    acknowledged.push(...writer.acknowledged);
  }
  return acknowledged;
}

async function expectAllThere(database: OpenDatabase, acknowledged: string[]): Promise<void> {
  const rows = await database.db.select().from(audit);
  const there = new Set(rows.map(({ objectId }) => objectId));
  expect(acknowledged.filter((id) => !there.has(id))).toEqual([]);
  expect(await new AuditLog(database.db).verify()).toMatchObject({ whole: true });
  await database.close();
}

describe("the embedded database and processes", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "lacre-console-"));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));

  it("loses nothing that was acknowledged to a process that is killed, and opens again at once", async () => {
    const acknowledged = await killAgainAndAgain(folder);
    await expectAllThere(await openEmbedded({ folder, onLost: () => undefined }), acknowledged);
  });

  it("is open in one process of many that come at once, each time", async () => {
    for (let round = 0; round < 3; round += 1) {
      const writers = await Promise.all(Array.from({ length: 4 }, () => Writer.start(folder)));
      const owners = writers.filter(({ refused }) => refused === undefined);
      expect(owners.length).toBeLessThanOrEqual(1);
      for (const { refused } of writers)
        if (refused !== undefined) expect(refused).toMatch(/is in use by /);
      await Promise.all(
        writers.map((writer) => (writer.refused === undefined ? writer.kill() : undefined)),
      );
    }
  });

  it("stops the process that has lost the folder", async () => {
    const writer = await Writer.start(folder);
    const ended = once(writer.child, "close");
    const heartbeat = join(folder, "heartbeat");
    utimesSync(heartbeat, new Date(1e12), new Date(1e12)); // as another machine would, which took it
    expect(await ended).toEqual([1, null]);
  });
});

describe("a console as people start it", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "lacre-console-"));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));

  it("starts with nothing given, stops when told to, and starts again", async () => {
    for (const signal of ["SIGTERM", "SIGINT"] as const) {
      const lacre = await ConsoleProcess.start({ CONSOLE_DATA: folder });
      const pong = await fetch(`${lacre.url}/v1/ping?token=never-in-the-log`);
      expect(await pong.json()).toEqual({ code: 200, message: "pong" });
      const second = await runConsole([], { CONSOLE_DATA: folder, PORT: String(await freePort()) });
      expect(second).toMatchObject({
        code: 2,
        output: expect.stringMatching(/^CONSOLE_DATA: .* is in use by process/),
      });
      expect(second.output.trim().split("\n")).toHaveLength(1);
      await lacre.stop(signal);
      expect(lacre.output).toContain("This is for trying out");
      expect(lacre.output).toMatch(/"method":"GET","route":"\/v1\/ping","status":200/);
      expect(lacre.output).not.toContain("never-in-the-log");
    }
  });

  it("verifies its audit log from the terminal", async () => {
    const writer = await Writer.start(folder);
    while (writer.acknowledged.length < 3) await new Promise((resolve) => setTimeout(resolve, 5));
    await writer.kill();
    const env = { CONSOLE_DATA: folder, CONSOLE_MASTER_KEY_FILE: join(folder, "key") };
    writeFileSync(env.CONSOLE_MASTER_KEY_FILE, "3q2+7wABbVx8d1k0Zt5mQ9uYlR4sEoXvCjHnPbKgAfI=\n");
    const whole = await runConsole(["audit", "verify"], env);
    expect(whole).toMatchObject({
      code: 0,
      output: expect.stringMatching(/^The audit log is whole\. Rows: \d+\. It ends with/),
    });
    const foreign = await runConsole(["audit", "verify", "--expect", "a".repeat(64)], env);
    expect(foreign).toMatchObject({
      code: 1,
      output: expect.stringMatching(/^The audit log is broken at \d+\. The expected/),
    });
    for (const args of [["verifi"], ["verify", "--expect", "5f0c"]])
      expect((await runConsole(["audit", ...args], env)).code).toBe(2);
  });

  it("makes neither database nor master key for a command", async () => {
    const CONSOLE_DATA = join(folder, "mistyped");
    const CONSOLE_MASTER_KEY = "3q2+7wABbVx8d1k0Zt5mQ9uYlR4sEoXvCjHnPbKgAfI=";
    const places: Record<string, string>[] = [
      { CONSOLE_DATA },
      { CONSOLE_DATA, CONSOLE_MASTER_KEY },
    ];
    for (const env of places)
      for (const args of [
        ["audit", "verify"],
        ["export", "--out", join(folder, "apps.json")],
      ])
        expect(await runConsole(args, env)).toMatchObject({
          code: 2,
          output: expect.stringMatching(/^CONSOLE_DATA: \S+ holds no (?:console|database)\. .+\n$/),
        });
    expect([CONSOLE_DATA, join(folder, "apps.json")].filter((path) => existsSync(path))).toEqual(
      [],
    );
  });

  it("says in one sentence that a command has the wrong master key", async () => {
    const lacre = await TestConsole.startOn(await openEmbedded({ folder }), randomBytes(32));
    await lacre.close();
    const CONSOLE_MASTER_KEY = randomBytes(32).toString("base64");
    const env = { CONSOLE_DATA: folder, CONSOLE_MASTER_KEY };
    const out = join(folder, "apps.json");
    const elsewhere = "postgres://nobody@127.0.0.1:1/none";
    for (const args of [["export", "--out", out], ["rewrap"], ["move", "--to", elsewhere]])
      expect(await runConsole(args, env)).toMatchObject({
        code: 2,
        output: expect.stringMatching(/^CONSOLE_MASTER_KEY: is not all .+\n$/),
      });
    expect(existsSync(out)).toBe(false);
    expect((await runConsole(["audit", "verify"], env)).code).toBe(0);
  });

  it("says why it does not start, and nothing of what it never began", async () => {
    const lacre = await TestConsole.startOn(await openEmbedded({ folder }), randomBytes(32));
    await lacre.close();
    const CONSOLE_MASTER_KEY = randomBytes(32).toString("base64");
    const empty = join(folder, "empty");
    for (const [more, end] of [
      [{ CONSOLE_DATA: folder, CONSOLE_MASTER_KEY }, "CONSOLE_MASTER_KEY: is not all"],
      [
        { CONSOLE_DATA: empty, CONSOLE_FIRST_LINK: "/proc/a/b" },
        "CONSOLE_FIRST_LINK: names a file",
      ],
      [{ CONSOLE_DATA: "/proc/lacre" }, "CONSOLE_DATA: /proc/lacre cannot be made"],
      [
        { CONSOLE_DATA: empty, CONSOLE_TRUSTED_PROXIES: "10.0.0.1/8" },
        "CONSOLE_TRUSTED_PROXIES[0]",
      ],
    ] as const) {
      const { code, output } = await runConsole([], { PORT: String(await freePort()), ...more });
      const said = output.split("\n").filter((line) => line !== "" && !line.startsWith("{"));
      expect([code, said]).toEqual([2, [expect.stringContaining(end)]]);
      expect(output).not.toMatch(/"level":[456]0/);
    }
  });

  it("names the commands to whoever types one that there is not", async () => {
    for (const args of [["bogus"], ["audit", "bogus"]])
      expect(await runConsole(args, { CONSOLE_DATA: folder })).toEqual({
        code: 2,
        output:
          "error: unknown command 'bogus'\nThere are: audit verify, invite, rewrap, export, move.\n",
      });
  });

  it("makes links with the address that the console had, unless told another one", async () => {
    const lacre = await ConsoleProcess.start({ CONSOLE_DATA: folder });
    await lacre.stop();
    const { db, close } = await openEmbedded({ folder });
    await db.insert(people).values({ id: "p_ada", login: "ada", name: "Ada", role: "admin" });
    await close();
    const invite = async (more: Record<string, string>): Promise<string> =>
      (await runConsole(["invite", "--login", "ada"], { CONSOLE_DATA: folder, ...more })).output;
    expect(await invite({})).toMatch(new RegExp(`^${lacre.url}/enrol#`));
    expect(await invite({ PORT: "3999" })).toMatch(/^http:\/\/127\.0\.0\.1:3999\/enrol#/);
  });
});

describe("PostgreSQL and processes", () => {
  let server: PostgresServer;
  const urlOf = (name: string): string => server.url().replace(/\/postgres$/, `/${name}`);
  async function ask(...statements: string[]): Promise<void> {
    const client = new Client({ connectionString: server.url() });
    await client.connect();
    for (const statement of statements) await client.query(statement);
    await client.end();
  }

  beforeAll(async () => {
    server = await PostgresServer.start();
  });
  afterAll(() => server.destroy());

  it("loses nothing that was acknowledged to a process that is killed", async () => {
    await ask("create database killed");
    const acknowledged = await killAgainAndAgain("", urlOf("killed"));
    await expectAllThere(await openServer(urlOf("killed")), acknowledged);
  });

  it("lets two start at once on an empty database, and write at once", async () => {
    await ask("create database shared");
    const writers = await Promise.all([1, 2, 3].map(() => Writer.start("", urlOf("shared"))));
    expect(writers.map(({ refused }) => refused)).toEqual([undefined, undefined, undefined]);
    while (writers.some(({ acknowledged }) => acknowledged.length < 20))
      await new Promise((resolve) => setTimeout(resolve, 5));
    await Promise.all(writers.map((writer) => writer.kill()));
    await expectAllThere(
      await openServer(urlOf("shared")),
      writers.flatMap(({ acknowledged }) => acknowledged),
    );
  });

  it("hears again after a lost connection, and says that something may have been missed", async () => {
    await ask("create database heard");
    const database = await openServer(urlOf("heard"));
    const heard: string[] = [];
    let missed = 0;
    const say = (text: string): Promise<unknown> =>
      database.db.execute(`select pg_notify('lacre_test', '${text}')`);
    const until = async (holds: () => boolean): Promise<void> => {
      while (!holds()) await new Promise((resolve) => setTimeout(resolve, 10));
    };
    await database.listen(
      "lacre_test",
      (payload) => heard.push(payload),
      () => (missed += 1),
    );
    await say("one");
    await until(() => heard.length === 1);
    await ask(
      "select pg_terminate_backend(pid) from pg_stat_activity where datname = 'heard' and query like 'LISTEN%'",
    );
    await until(() => missed === 1);
    await say("two");
    await until(() => heard.length === 2);
    server.stop("immediate");
    server.startAgain();
    await until(() => missed === 2);
    await say("three");
    await until(() => heard.length === 3);
    expect(heard).toEqual(["one", "two", "three"]);
    await database.close();
  });

  it("makes no console of an empty database for a command", async () => {
    await ask("create database empty");
    const CONSOLE_MASTER_KEY = "3q2+7wABbVx8d1k0Zt5mQ9uYlR4sEoXvCjHnPbKgAfI=";
    const env = { DATABASE_URL: urlOf("empty"), CONSOLE_MASTER_KEY };
    expect(await runConsole(["audit", "verify"], env)).toMatchObject({
      code: 2,
      output: expect.stringMatching(
        /^DATABASE_URL: names a database that holds no console\. .+\n$/,
      ),
    });
    await expect(openServer(urlOf("empty"), false)).rejects.toThrow("holds no console");
  });

  it("answers 503 while the server is away, whatever was under way, and goes on when it is back", async () => {
    await ask("create database away");
    const databases = { open: () => openServer(urlOf("away")), close: () => undefined };
    const lacre = await TestConsole.start(databases);
    const admin = await lacre.somebody("admin");
    const asked = ["/v1/people", "/v1/apps", "/v1/teams", "/v1/audit", "/v1/webhooks"];
    const all = () => Promise.all(asked.map((path) => lacre.ask(path, { token: admin.token })));
    const login = () =>
      lacre.ask("/v1/login", {
        ...{ method: "POST", body: { totp: "1" } },
        headers: { authorization: `Basic ${Buffer.from("a:b").toString("base64")}` },
      });
    expect((await all()).map(({ status }) => status)).toEqual(asked.map(() => 200));
    const waiting = lacre.database.db
      .transaction(async (tx) => {
        await tx.select().from(audit);
        await new Promise((resolve) => setTimeout(resolve, 1000));
        await tx.select().from(audit);
      })
      .catch((error: unknown) => error);
    server.stop("immediate");
    for (const { status, headers, body } of [...(await all()), await login()])
      expect([status, headers.get("retry-after"), body.code]).toEqual([503, "5", "unavailable"]);
    expect(isDatabaseAway(await waiting)).toBe(true);
    server.startAgain();
    expect((await all()).map(({ status }) => status)).toEqual(asked.map(() => 200));
    await lacre.close();
  });

  it("says why it cannot start, and no password", async () => {
    await ask(
      "create role guest login password 'pw-of-guest'",
      "create database closed",
      "revoke all on database closed from public",
      "revoke all on schema public from public",
      "create database newer",
    );
    await (await openServer(urlOf("newer"))).close();
    const client = new Client({ connectionString: urlOf("newer") });
    await client.connect();
    await client.query(
      "insert into drizzle.__drizzle_migrations (hash, created_at) values ('x', 9999999999999)",
    );
    await client.end();
    const guest = (name: string): string => {
      const url = new URL(urlOf(name));
      Object.assign(url, { username: "guest", password: "pw-of-guest" });
      return url.href;
    };
    const cases: [string, RegExp][] = [
      [urlOf("nothing"), /^DATABASE_URL: names a database that there is not\. Create it/],
      [server.url({ password: "pw-that-is-wrong" }), /^DATABASE_URL: has a wrong user or password/],
      [
        server.url({ port: await freePort() }),
        /^DATABASE_URL: names a place where no server answers/,
      ],
      ["postgres://u:pw-of-u@nowhere.invalid/d", /^DATABASE_URL: names a host that/],
      [guest("newer"), /^DATABASE_URL: names a user that may not/],
      [urlOf("newer"), /^the database: was written by a newer version/],
    ];
    for (const [url, message] of cases) {
      const error = await openServer(url).then(
        () => new Error("it opened"),
        (fault: Error) => fault,
      );
      expect([url, error.message]).toEqual([url, expect.stringMatching(message)]);
      expect(error.message).not.toContain(new URL(url).password);
    }
  });
});
