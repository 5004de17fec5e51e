import { randomBytes } from "node:crypto";
import { eq } from "drizzle-orm";
import { signIns } from "../../../../apps/console/src/database/tables.js";
import { readSettings } from "../../../../apps/console/src/start/read-settings.js";
import { base32, codeAt } from "../../support/authenticator-app.js";
import { basic, type Enrolled } from "../../support/enrolled.js";
import type { SignInWorld } from "../../support/sign-in-world.js";
import type { Answer } from "../../support/test-console.js";

/** When it was, and which request: also of a signature over the answer. */
const NOT_OF_THE_REASON = new Set(["date", "x-request-id"]);

/** All that an answer says, but the time and which request it was. */
const wordsOf = ({ status, headers, body }: Answer): unknown => [
  status,
  [...headers].filter(([name]) => !NOT_OF_THE_REASON.has(name)),
  body,
];

/** Login, password and code. */
export function loginCases(world: () => SignInWorld): void {
  let person: Enrolled;
  beforeEach(async () => {
    person = await world().somebody();
    world().clock.move(120);
  });
  const ask = (authorization: string | undefined, body: unknown): Promise<Answer> =>
    world().lacre.ask("/v1/login", {
      method: "POST",
      body,
      ...(authorization !== undefined && { headers: { authorization } }),
    });

  it("holds its phone against the vectors of RFC 6238", () => {
    const seed = Buffer.from("12345678901234567890");
    const times = [59, 1_111_111_109, 1_111_111_111, 1_234_567_890, 2_000_000_000, 20_000_000_000];
    expect(times.map((seconds) => codeAt(seed, seconds * 1000, 8))).toEqual([
      ...["94287082", "07081804", "14050471", "89005924", "69279037", "65353130"],
    ]);
    expect(base32("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ")).toEqual(seed);
  });

  it("answers as the API says, with a token of five minutes", async () => {
    const { status, body } = await person.signIn();
    const expiresAt = new Date(Math.floor(world().clock.nowMs() / 1000 + 300) * 1000);
    expect([status, body]).toEqual([
      200,
      {
        ...{ code: 200, message: null, token: expect.any(String), wrongCodes: 0 },
        expiresAt: expiresAt.toISOString(),
      },
    ]);
    const claims = JSON.parse(Buffer.from(body.token.split(".")[1], "base64url").toString());
    expect(claims).toMatchObject({ user_id: person.id, user_roles: ["operator"] });
  });

  it("P9: answers the same, byte by byte, whatever is wrong", async () => {
    const { lacre, owner } = world();
    const disabled = await world().somebody();
    const { token } = (await owner.signIn()).body;
    await lacre.ask(`/v1/people/${disabled.id}`, {
      ...{ method: "PATCH", token, body: { active: false } },
      headers: { "if-match": '"1"' },
    });
    const added = await lacre.ask("/v1/people", {
      ...{ token, body: { login: "not-enrolled", name: "N", role: "operator" } },
    });
    expect(added.status).toBe(201);
    world().clock.move(60);

    const code = person.code();
    const answers = {
      "unknown user": await ask(basic("nobody-here", person.password), { totp: code }),
      "wrong password": await ask(basic(person.login, "wrong password wrong"), { totp: code }),
      "wrong code": await ask(person.authorization, { totp: code === "000000" ? "1" : "000000" }),
      "empty code": await ask(person.authorization, { totp: "" }),
      inactive: await ask(disabled.authorization, { totp: disabled.code() }),
      "not enrolled": await ask(basic("not-enrolled", person.password), { totp: code }),
      "no credentials": await ask(undefined, { totp: code }),
      "wrong recovery code": await ask(person.authorization, { recoveryCode: "abc" }),
    };
    const [first, ...others] = Object.values(answers).map(wordsOf);
    expect(first).toMatchObject([401, expect.anything(), { code: "sign-in-failed" }]);
    for (const other of others) expect(other).toEqual(first);
    expect((await person.signIn()).status).toBe(200);
  });

  it("answers the same where a second factor cannot be opened: the log alone says why", async () => {
    const { lacre } = world();
    const code = person.freshCode();
    const damaged = { sealed: new Uint8Array(50) };
    const own = eq(signIns.personId, person.id);
    await lacre.database.db.update(signIns).set(damaged).where(own);
    const unknown = await ask(basic("nobody-here", person.password), { totp: code });
    expect(wordsOf(await ask(person.authorization, { totp: code }))).toEqual(wordsOf(unknown));
  });

  it("reads Basic as RFC 7617 has it, and nothing else", async () => {
    const [login, { password }] = [person.login, person];
    expect(password).toContain(":");
    const encode = (text: string): string => Buffer.from(text).toString("base64");
    const malformed = [
      ...["Basic", "Basic ", "Basic !!!", "Basic =", `Bearer ${encode(`${login}:${password}`)}`],
      ...[
        `Basic ${encode(`${login}${password.replace(":", "")}`)}`,
        `Basic ${encode(`:${password}`)}`,
      ],
      `Basic ${Buffer.from([...Buffer.from(`${login}:`), 0xff, 0xfe]).toString("base64")}`,
      `Basic ${encode(`${login}:${"x".repeat(3000)}`)}`,
      `Basic ${encode(`${login}:${password} `)}`,
    ];
    for (const authorization of malformed) {
      const { status, body } = await ask(authorization, { totp: person.code() });
      expect([authorization, status, body.code]).toEqual([authorization, 401, "sign-in-failed"]);
      world().clock.move(600);
    }
    const odd = basic(login.toUpperCase(), password).replace("Basic", "bAsIc ");
    expect((await ask(odd, { totp: person.freshCode() })).status).toBe(200);
  });

  it("AD06: takes a code once, and none of a step before it", async () => {
    const code = person.code();
    const before = person.code(-1);
    expect((await ask(person.authorization, { totp: code })).status).toBe(200);
    expect((await ask(person.authorization, { totp: code })).status).toBe(401);
    expect((await ask(person.authorization, { totp: before })).status).toBe(401);
    expect((await ask(person.authorization, { totp: person.code(1) })).status).toBe(200);
  });

  it("takes a code one step early or late, and no more", async () => {
    expect((await ask(person.authorization, { totp: person.code(-2) })).status).toBe(401);
    expect((await ask(person.authorization, { totp: person.code(2) })).status).toBe(401);
    expect((await ask(person.authorization, { totp: person.code(-1) })).status).toBe(200);
    expect((await ask(person.authorization, { totp: person.code(1) })).status).toBe(200);
  });

  it("AD08: lets exactly one of twenty in that come at once with one code", async () => {
    const code = person.code();
    // Each from its own network: it is the code that is used up, and no count of tries.
    const { lacre } = world();
    await ask(person.authorization, { totp: person.code(-1) });
    const many = Array.from({ length: 20 }, (_, i) =>
      lacre.ask("/v1/login", {
        ...{ method: "POST", body: { totp: code } },
        headers: { authorization: person.authorization, "x-forwarded-for": `198.51.${i}.1` },
      }),
    );
    const statuses = (await Promise.all(many)).map(({ status }) => status);
    expect(statuses.filter((status) => status === 200)).toHaveLength(1);
    expect(statuses.filter((status) => status === 401)).toHaveLength(19);
  });

  it("does not count a code that is right and was used as a guess: the next one lets in", async () => {
    const code = person.code();
    // From one network, which is known by then, and from many that are not.
    await ask(person.authorization, { totp: person.code(-1) });
    for (const networks of [1, 20]) {
      const many = Array.from({ length: 9 }, (_, i) =>
        person.signIn({ totp: code }, { "x-forwarded-for": `198.5${networks}.${i % networks}.1` }),
      );
      const statuses = (await Promise.all(many)).map(({ status }) => status);
      expect(new Set(statuses)).toEqual(new Set(networks === 1 ? [200, 401] : [401]));
    }
    const next = await person.signIn({ totp: person.code(1) }, { "x-forwarded-for": "198.59.1.1" });
    expect([next.status, next.body.wrongCodes]).toEqual([200, 0]);
  });

  it("clears no wait by a code that was used: what is wrong counts as before", async () => {
    const here = { "x-forwarded-for": "198.60.1.1" };
    const used = person.code();
    expect((await person.signIn({ totp: used }, here)).status).toBe(200);
    const wrong = used === "000000" ? "000001" : "000000";
    for (let i = 0; i < 5; i += 1) {
      await person.signIn({ totp: wrong }, here);
      await person.signIn({ totp: used }, here);
    }
    // Five in a row: this place waits, and the right code of the next step is not judged.
    expect((await person.signIn({ totp: person.code(1) }, here)).status).toBeGreaterThan(400);
  });

  it("takes one second factor: of two, none is used up, whoever asks", async () => {
    const [recoveryCode] = person.recoveryCodes;
    const nobody = basic("nobody-here", person.password);
    const body = { totp: "000000", recoveryCode };
    const both = [await ask(person.authorization, body), await ask(nobody, body)];
    const none = [await ask(person.authorization, {}), await ask(nobody, {})];
    for (const [first, second] of [both, none]) {
      expect(first).toMatchObject({ status: 400, body: { code: "invalid-input" } });
      expect(wordsOf(second as Answer)).toEqual(wordsOf(first as Answer));
    }
    expect((await person.signIn({ recoveryCode })).status).toBe(200);
  });

  it("AD11: takes blanks out of a code once, refuses every other form, and counts each", async () => {
    const wide = (code: string): string =>
      [...code].map((digit) => String.fromCodePoint(0xff_10 + Number(digit))).join("");
    const forms: ((code: string) => unknown)[] = [
      ...[wide, (code: string) => [code], Number, (code: string) => `${code}0`],
      ...[(code: string) => code.slice(1), (code: string) => `${code}\n`],
      ...[(code: string) => ({ code }), () => null],
    ];
    for (const form of forms) {
      const totp = form(person.code());
      const { status } = await ask(person.authorization, { totp });
      expect([totp, status]).toEqual([totp, 401]);
      world().clock.move(3600);
    }
    const { lacre } = world();
    const { rows } = (await lacre.database.db.execute(
      `select in_row from guesses where person_id = '${person.id}' and origin = 'unknown'`,
    )) as unknown as { rows: { in_row: number }[] };
    expect(rows[0]?.in_row).toBe(forms.length);
    const now = person.code();
    const spaced = ` ${now.slice(0, 3)} ${now.slice(3)} `;
    expect((await ask(person.authorization, { totp: spaced })).status).toBe(200);
  });

  it("AD13, AD14: hashes the whole password, and none with NUL or a megabyte", async () => {
    const { lacre } = world();
    const { password, login } = person;
    for (const wrong of [`${password}\0`, `${password}x`, password.slice(0, -1)])
      expect((await ask(basic(login, wrong), { totp: person.code() })).status).toBe(401);
    const { status } = await lacre.ask("/v1/login", {
      ...{ method: "POST", body: { totp: person.code() } },
      headers: { authorization: basic(login, "x".repeat(8000)) },
    });
    expect(status).toBe(401);
    const link = async (): Promise<string> => {
      const { body } = await lacre.ask(`/v1/people/${person.id}/invitation`, {
        ...{ method: "POST", token: (await world().owner.signIn()).body.token },
      });
      return body.link.split("#")[1];
    };
    const token = await link();
    const mega = "x".repeat(60_000);
    for (const refused of ["short", `nul\0nul nul nul`, mega, "aaaaaaaaaaaaaaaa", "Password1234"]) {
      const begun = await lacre.ask("/v1/enrolment", { body: { token, password: refused } });
      expect([refused.slice(0, 20), begun.status]).toEqual([refused.slice(0, 20), 400]);
    }
    const ofLogin = await lacre.ask("/v1/enrolment", { body: { token, password: `${login}1!` } });
    expect(ofLogin.status).toBe(400);

    // Basic carries no control character: with such a password nobody could ever sign in.
    const signedIn = (await person.signIn()).body.token;
    for (const character of ["\t", "\n", "\u0007", "\u007F", "\u0085"]) {
      const chosen = `three${character}words and more`;
      const password = { password: chosen };
      const answers = [
        await lacre.ask("/v1/enrolment", { body: { token, ...password } }),
        await lacre.ask("/v1/me/password", {
          body: { password: person.password, newPassword: chosen, totp: person.freshCode() },
          token: signedIn,
        }),
      ];
      expect(answers.map((answer) => [answer.status, answer.body.faults])).toEqual(
        ["body.password", "body.newPassword"].map((at) => [
          400,
          [{ at, problem: expect.stringContaining("control character") }],
        ]),
      );
    }
  });

  it("says of a new password that is the login which field it is", async () => {
    const { token } = (await person.signIn()).body;
    const body = { password: person.password, newPassword: `${person.login}!`, totp: "000000" };
    const { status, body: problem } = await world().lacre.ask("/v1/me/password", { body, token });
    expect([status, problem.faults]).toEqual([
      400,
      [{ at: "body.newPassword", problem: "is the login, or little more" }],
    ]);
  });

  it("slows nobody down who sends the code again that they were let in with", async () => {
    const here = { "x-forwarded-for": "198.61.1.1" };
    const totp = person.code();
    expect((await person.signIn({ totp }, here)).status).toBe(200);
    for (let n = 0; n < 14; n += 1) expect((await person.signIn({ totp }, here)).status).toBe(401);
    expect((await person.signIn({ totp: person.code(1) }, here)).status).toBe(200);
  });

  it("tells nobody of a right password by a code that was seen: elsewhere it counts as any failure", async () => {
    const totp = person.code();
    expect((await person.signIn({ totp })).status).toBe(200);
    const there = { "x-forwarded-for": "198.62.1.1" };
    const statuses = [];
    for (let n = 0; n < 11; n += 1) statuses.push((await person.signIn({ totp }, there)).status);
    expect(statuses).toEqual([...Array.from({ length: 10 }, () => 401), 429]);
  });

  it("takes a recovery code once, also of twenty at once, in place of the phone", async () => {
    const [first = "", second = ""] = person.recoveryCodes;
    expect(person.recoveryCodes).toHaveLength(10);
    expect((await person.signIn({ recoveryCode: first.toUpperCase() })).status).toBe(200);
    expect((await person.signIn({ recoveryCode: first })).status).toBe(401);
    const many = Array.from({ length: 20 }, () => person.signIn({ recoveryCode: second }));
    const statuses = (await Promise.all(many)).map(({ status }) => status);
    expect(statuses.filter((status) => status === 200)).toHaveLength(1);
  });

  it("reads no cheaper hashes, and no clock, from the environment", () => {
    const CONSOLE_MASTER_KEY = randomBytes(32).toString("base64");
    const settings = readSettings({ CONSOLE_MASTER_KEY, passwordCost: "1", PASSWORD_COST: "1" });
    expect(settings.passwordCost).toBeUndefined();
    expect(settings.clock).toBeUndefined();
    expect(() => readSettings({ CONSOLE_MASTER_KEY, CONSOLE_PASSWORD_COST: "1" })).toThrow();
  });
}
