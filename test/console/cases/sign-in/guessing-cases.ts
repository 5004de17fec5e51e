import { and, desc, eq, sql } from "drizzle-orm";
import { audit } from "../../../../apps/console/src/database/tables.js";
import { basic, ownPage, type Enrolled } from "../../support/enrolled.js";
import { from, type SignInWorld } from "../../support/sign-in-world.js";
import { TestConsole, type Answer } from "../../support/test-console.js";

const HOUR = 3600;
/** A network of its own for each number. */
const network = (n: number): Record<string, string> =>
  from(`10.${Math.floor(n / 256)}.${n % 256}.9`);

/** What somebody with the password can do, and without. */
export function guessingCases(world: () => SignInWorld): void {
  let person: Enrolled;
  beforeEach(async () => {
    person = await world().somebody();
    world().clock.move(120);
  });
  const wrongCode = (): string => (person.code() === "000000" ? "000001" : "000000");
  /** The attacker has the password, and guesses the code. */
  const guess = (headers: Record<string, string>): Promise<Answer> =>
    person.signIn({ totp: wrongCode() }, headers);
  /** How many guesses were judged, of all unknown places, since the last complete sign-in. */
  async function judged(): Promise<number> {
    const { rows } = (await world().lacre.database.db.execute(
      sql`select in_row from guesses where person_id = ${person.id} and origin = 'unknown'`,
    )) as unknown as { rows: { in_row: number }[] };
    return rows[0]?.in_row ?? 0;
  }

  it("AD09: judges five guesses in a step, also of fifty that come at once", async () => {
    await Promise.all(Array.from({ length: 50 }, (_, i) => guess(network(i))));
    expect(await judged()).toBe(5);
    // The owner finds out.
    const told = await person.signIn({ recoveryCode: person.recoveryCodes[0] });
    expect(told.body).toMatchObject({ code: 200, wrongCodes: 5 });
    const [begun] = await world()
      .lacre.database.db.select()
      .from(audit)
      .where(and(eq(audit.actor, person.id), eq(audit.act, "session.begun")))
      .orderBy(desc(audit.seq));
    expect(begun?.after).toEqual({ by: "recovery-code", isBrowser: false, wrongCodes: 5 });
    await Promise.all(Array.from({ length: 9 }, (_, i) => guess(network(i))));
    const right = await person.signIn({ totp: person.code() }, network(60));
    expect(right.status).toBe(401); // the sixth is not judged, right as it is
  });

  it("AD09: judges at most 68 guesses of unknown places in a day, from however many networks", async () => {
    let networks = 0;
    for (let step = 0; step < 8; step += 1) {
      for (let n = 0; n < 6; n += 1) await guess(network((networks += 1)));
      world().clock.move(30);
    }
    const atFirst = await judged();
    expect(atFirst).toBe(20);
    for (let hour = 1; hour < 24; hour += 1) {
      world().clock.move(HOUR);
      for (let n = 0; n < 3; n += 1) await guess(network((networks += 1)));
    }
    expect(await judged()).toBeLessThanOrEqual(68);
    expect(await judged()).toBeGreaterThan(60);
  });

  it("AD09: makes one place wait twice as long after each guess, up to an hour", async () => {
    const here = from("192.0.2.1");
    for (let n = 0; n < 5; n += 1) await guess(here);
    for (const seconds of [30, 60]) {
      const before = await judged();
      world().clock.move(seconds - 1);
      await guess(from("192.0.2.200")); // the same /24
      expect(await judged()).toBe(before);
      world().clock.move(2);
      await guess(here);
      expect(await judged()).toBe(before + 1);
    }
  });

  it("AD09: counts on after a restart", async () => {
    const { lacre, clock } = world();
    await Promise.all(Array.from({ length: 6 }, (_, i) => guess(network(i))));
    const database = { ...lacre.database, close: () => Promise.resolve() };
    const again = await TestConsole.startOn(database, lacre.masterKey, { settings: { clock } });
    const { status } = await again.ask("/v1/login", {
      ...{ method: "POST", body: { totp: person.code() } },
      headers: { authorization: person.authorization },
    });
    await again.close();
    expect([status, await judged()]).toEqual([401, 5]);
  });

  it("AD09: closes unknown places after a hundred in a row, until the owner has signed in", async () => {
    const known = { ...ownPage, cookie: await person.browser() };
    await guess(network(1));
    await world().lacre.database.db.execute(
      sql`update guesses set in_row = 100 where person_id = ${person.id} and origin = 'unknown'`,
    );
    world().clock.move(2 * 86_400);
    expect((await person.signIn(undefined, network(2))).status).toBe(401);
    expect((await person.signIn(undefined, known)).status).toBe(200);
    world().clock.move(60);
    expect((await person.signIn(undefined, network(2))).status).toBe(200);
  });

  it("AD10: an outsider without the password moves no count of the account", async () => {
    const { lacre } = world();
    const authorization = basic(person.login, "a wrong password");
    const body = { totp: person.code() };
    for (let n = 0; n < 60; n += 1)
      await lacre.ask("/v1/login", { body, headers: { authorization, ...network(n) } });
    const { rows } = (await lacre.database.db.execute(
      sql`select origin from guesses where person_id = ${person.id} and in_row > 0`,
    )) as unknown as { rows: unknown[] };
    expect(rows).toEqual([]);
    expect((await person.signIn(undefined, from("203.0.113.7"))).status).toBe(200);
  });

  it("AD10: the owner signs in all the while that an attacker with the password tries to lock them out", async () => {
    const browser = { ...ownPage, cookie: await person.browser() };
    const program = from("203.0.113.50");
    world().clock.move(60);
    expect((await person.signIn(undefined, program)).status).toBe(200);
    let networks = 0;
    for (let hour = 0; hour < 6; hour += 1) {
      for (let n = 0; n < 6; n += 1) await guess(network((networks += 1)));
      world().clock.move(60);
      for (let n = 0; n < 2; n += 1) await guess(network((networks += 1)));
      const statuses = [
        (await person.signIn(undefined, browser)).status,
        (await person.signIn({ recoveryCode: person.recoveryCodes[hour] }, network(9000 + hour)))
          .status,
      ];
      world().clock.move(60);
      statuses.push((await person.signIn(undefined, program)).status);
      expect([hour, ...statuses]).toEqual([hour, 200, 200, 200]);
      world().clock.move(HOUR);
    }
  });

  it("slows wrong passwords by login and network, known or not alike, and nobody elsewhere", async () => {
    const { lacre } = world();
    const here = from("198.51.100.7");
    const browser = { ...ownPage, cookie: await person.browser(here) };
    const answers = [];
    for (const login of [person.login, "nobody-of-this-name"]) {
      const authorization = basic(login, "a wrong password");
      for (let n = 0; n < 12; n += 1)
        answers.push(
          await lacre.ask("/v1/login", { body: { totp: "" }, headers: { authorization, ...here } }),
        );
    }
    const statuses = answers.map(({ status }) => status);
    expect(statuses.slice(0, 12)).toEqual([...Array.from({ length: 10 }, () => 401), 429, 429]);
    expect(statuses.slice(12)).toEqual(statuses.slice(0, 12));
    expect(answers[11]?.body).toEqual(answers[23]?.body);
    expect(answers[11]?.headers.get("retry-after")).toBe("300");

    expect((await person.signIn(undefined, here)).status).toBe(429);
    world().clock.move(60);
    expect((await person.signIn(undefined, from("198.51.101.7"))).status).toBe(200);
    const inBrowser = await person.signIn(undefined, { ...here, ...browser });
    expect(inBrowser.status).toBe(200);
  });

  it("believes a cookie of a known browser for its own person alone", async () => {
    const other = await world().somebody();
    world().clock.move(60);
    const cookie = await other.browser();
    await Promise.all(Array.from({ length: 6 }, (_, i) => guess(network(i))));
    expect((await person.signIn(undefined, { ...ownPage, cookie })).status).toBe(401);
  });

  it("gives a flood a place in the queue and others theirs, and sends away whoever is too many", async () => {
    const flood = Array.from({ length: 120 }, (_, i) =>
      world().lacre.ask("/v1/login", {
        body: { recoveryCode: "a" },
        headers: { authorization: basic(`nobody-${i}`, "a wrong password"), ...network(1) },
      }),
    );
    const [one, ...others] = await Promise.all([person.signIn(undefined, network(2)), ...flood]);
    expect(one?.status).toBe(200);
    for (const { status, headers } of others)
      if (status === 503) expect(headers.get("retry-after")).toBe("2");
      else expect(status).toBe(401);
  });
}
