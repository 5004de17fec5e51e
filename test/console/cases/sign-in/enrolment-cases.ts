import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { eq, sql } from "drizzle-orm";
import { TERMINAL } from "../../../../apps/console/src/audit/actor.js";
import { audit } from "../../../../apps/console/src/database/tables.js";
import { Invitations } from "../../../../apps/console/src/sign-in/invitations.js";
import type { ConsoleSettings } from "../../../../apps/console/src/start/settings.js";
import { base32, codeAt } from "../../support/authenticator-app.js";
import { startEnrolled, enrolBy, type Enrolled } from "../../support/enrolled.js";
import type { SignInWorld } from "../../support/sign-in-world.js";
import { TestConsole, type Answer } from "../../support/test-console.js";

const PASSWORD = "a password of some length";

/** How people come to a password and a phone. */
export function enrolmentCases(world: () => SignInWorld): void {
  const ask = (path: string, body: unknown): Promise<Answer> => world().lacre.ask(path, { body });
  const linkOf = async (id: string): Promise<string> => {
    const invitations = world().lacre.app.get(Invitations, { strict: false });
    return (await invitations.linkFor(id, TERMINAL)).link.split("#")[1] ?? "";
  };
  const confirm = ({ body }: Answer): Promise<Answer> => {
    const totp = codeAt(base32(body.totp.secret), world().clock.nowMs());
    return ask("/v1/enrolment/confirm", { ticket: body.ticket, totp });
  };
  /** The same database, as a process that starts anew. */
  async function startAgain(more?: Partial<ConsoleSettings>): Promise<readonly string[]> {
    const { lacre, clock } = world();
    const database = { ...lacre.database, close: () => Promise.resolve() };
    const again = await TestConsole.startOn(database, lacre.masterKey, {
      settings: { clock, ...more },
    });
    await again.close();
    return again.shown;
  }

  it("AD15: has no account at the first start, but a link on the terminal for an hour", async () => {
    const { lacre, owner } = world();
    const shown = lacre.shown.join("");
    expect(shown).toMatch(/https:\/\/console\.test\/enrol#[\w-]{43}\n/);
    const used = await ask("/v1/enrolment/look", { token: /enrol#([\w-]+)/.exec(shown)?.[1] });
    expect(used.status).toBe(404);
    const { body } = await lacre.ask("/v1/me", { token: (await owner.signIn()).body.token });
    expect(body).toMatchObject({ login: "owner", role: "admin", kind: "admin" });
    expect(await startAgain()).toEqual([]);
  });

  it("AD15: makes a new link at each start while there is no admin; of two who use one, one gets in", async () => {
    const { lacre } = world();
    const { db } = lacre.database;
    await db.execute(sql`update people set active = false where role = 'admin'`);
    try {
      const [first = ""] = await startAgain();
      const [second = ""] = await startAgain();
      const tokens = [first, second].map((text) => /enrol#([\w-]+)/.exec(text)?.[1] ?? "");
      expect((await ask("/v1/enrolment/look", { token: tokens[0] })).status).toBe(404);
      const seen = await ask("/v1/enrolment/look", { token: tokens[1] });
      expect([seen.status, seen.body]).toEqual([200, { kind: "first" }]);
      const begun = await Promise.all(
        ["one", "two", "three"].map((login) =>
          ask("/v1/enrolment", { token: tokens[1], login, name: login, password: PASSWORD }),
        ),
      );
      const done = await Promise.all(begun.map(confirm));
      expect(done.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 404, 404]);
      await startAgain();
      world().clock.move(3601);
      expect((await ask("/v1/enrolment/look", { token: tokens[1] })).status).toBe(404);
    } finally {
      await db.execute(sql`update people set active = true where role = 'admin'`);
    }
  });

  it("AD15: writes the link into a file for its owner alone where one is named, and shows it nowhere", async () => {
    const { db } = world().lacre.database;
    const folder = mkdtempSync(join(tmpdir(), "lacre-first-"));
    const file = join(folder, "first-link");
    writeFileSync(file, "of before, for all to read", { mode: 0o644 });
    await db.execute(sql`update people set active = false where role = 'admin'`);
    try {
      expect(await startAgain({ firstLinkFile: file })).toEqual([]);
      const [, token = ""] =
        /^http:\/\/127\.0\.0\.1:3100\/enrol#([\w-]+)\n$/.exec(readFileSync(file, "utf8")) ?? [];
      expect(statSync(file).mode & 0o777).toBe(0o600);
      expect((await ask("/v1/enrolment/look", { token })).status).toBe(200);
      const nowhere = join(folder, "nowhere", "first-link");
      await expect(startAgain({ firstLinkFile: nowhere })).rejects.toThrow(
        "CONSOLE_FIRST_LINK: names a file that cannot be written (ENOENT).",
      );
    } finally {
      await db.execute(sql`update people set active = true where role = 'admin'`);
      rmSync(folder, { recursive: true });
    }
  });

  it("invites a person for a day, by a link that only an admin makes and that counts once", async () => {
    const { lacre, owner } = world();
    const admin = (await owner.signIn()).body.token;
    const operator = await world().somebody("operator");
    const body = { login: "New.Person", name: "New", role: "developer" };
    const added = (await lacre.ask("/v1/people", { token: admin, body })).body;
    const path = `/v1/people/${added.id}/invitation`;
    const refused = await lacre.ask(path, { method: "POST", token: operator.token });
    expect(refused.status).toBe(403);
    const { link } = (await lacre.ask(path, { method: "POST", token: admin })).body;
    expect(link).toMatch(/^https:\/\/console\.test\/enrol#[\w-]{43}$/);
    const token = link.split("#")[1];
    const seen = await ask("/v1/enrolment/look", { token });
    expect(seen.body).toEqual({ kind: "invitation", login: "new.person", name: "New" });
    const one = await ask("/v1/enrolment", { token, password: PASSWORD });
    const two = await ask("/v1/enrolment", { token, password: PASSWORD });
    const statuses = (await Promise.all([confirm(one), confirm(two)])).map(({ status }) => status);
    expect(statuses.toSorted((a, b) => a - b)).toEqual([200, 404]);

    const late = (await lacre.ask(path, { method: "POST", token: admin })).body.link.split("#")[1];
    world().clock.move(86_401);
    expect((await ask("/v1/enrolment/look", { token: late })).status).toBe(404);
  });

  it("takes nothing as enrolled before a code has confirmed it, and ten tries at that", async () => {
    const person = await world().somebody();
    const begun = await ask("/v1/enrolment", {
      token: await linkOf(person.id),
      password: PASSWORD,
    });
    for (let n = 0; n < 10; n += 1) {
      const { status } = await ask("/v1/enrolment/confirm", {
        ticket: begun.body.ticket,
        totp: "no",
      });
      expect(status).toBe(401);
    }
    expect((await confirm(begun)).status).toBe(401);
    world().clock.move(60);
    expect((await person.signIn()).status).toBe(200); // with what there was before
  });

  it("replaces everything once it is confirmed: the way back after a lost phone", async () => {
    const { lacre, clock } = world();
    const person = await world().somebody();
    clock.move(60);
    const before = (await person.signIn()).body.token;
    const again = await enrolBy(lacre, await linkOf(person.id), {}, PASSWORD);
    expect(again.id).toBe(person.id);
    expect((await lacre.ask("/v1/me", { token: before })).status).toBe(401);
    clock.move(60);
    expect((await person.signIn()).status).toBe(401);
    const old = { recoveryCode: person.recoveryCodes[0] };
    expect((await again.signIn(old)).status).toBe(401);
    expect((await again.signIn()).status).toBe(200);
  });

  it("makes a link on the terminal for a login, and writes down that it was there", async () => {
    const { lacre } = world();
    const person = await world().somebody();
    const invitations = lacre.app.get(Invitations, { strict: false });
    const { link } = await invitations.linkForLogin(person.login.toUpperCase());
    const again = await enrolBy(lacre, link.split("#")[1] ?? "", {}, PASSWORD);
    expect(again.id).toBe(person.id);
    const acts = await lacre.database.db.select().from(audit).where(eq(audit.objectId, person.id));
    expect(acts.map(({ actor, act }) => [actor, act])).toContainEqual([
      "terminal",
      "invitation.made",
    ]);
    await expect(invitations.linkForLogin("nobody")).rejects.toMatchObject({ code: "not-found" });
  });

  it("AD16: shows the seed once, keeps it sealed, and shows it by no route again", async () => {
    const { lacre } = world();
    const person = await world().somebody("admin");
    const token = await linkOf(person.id);
    const begun = await ask("/v1/enrolment", { token, password: PASSWORD });
    const { totp } = begun.body;
    expect(totp.secret).toMatch(/^[A-Z2-7]{32}$/);
    expect(totp.uri).toContain(`secret=${totp.secret}`);
    expect(totp.qrSvg).toMatch(/^<svg/);
    expect((await confirm(begun)).status).toBe(200);
    const { rows } = (await lacre.database.db.execute(sql`
      select t::text as row from sign_ins t union all select t::text from enrolments t
      union all select t::text from audit t union all select t::text from recovery_codes t`)) as unknown as {
      rows: { row: string }[];
    };
    const all = rows.map(({ row }) => row).join("\n");
    const hex = base32(totp.secret).toString("hex");
    expect(all).toContain("argon2id");
    for (const secret of [hex, totp.secret, PASSWORD, begun.body.ticket])
      expect(all).not.toContain(secret);
  });

  it("AD16: changes the phone after password and code alone; the old one counts until then", async () => {
    const { lacre, clock } = world();
    const person = await startEnrolled(lacre, "operator");
    clock.move(60);
    const { token } = (await person.signIn()).body;
    const mine = (path: string, body: unknown): Promise<Answer> => lacre.ask(path, { token, body });
    const wrong = await mine("/v1/me/totp", { password: "x", totp: person.freshCode() });
    expect(wrong.status).toBe(401);
    clock.move(60);
    const right = { password: person.password, totp: person.freshCode() };
    const { body } = await mine("/v1/me/totp", right);
    const seed = base32(body.totp.secret);
    clock.move(60);
    expect((await person.signIn()).status).toBe(200);
    const stranger: Enrolled = await startEnrolled(lacre, "operator");
    const totp = codeAt(seed, clock.nowMs());
    const others = await lacre.ask("/v1/me/totp/confirm", {
      ...{ token: stranger.token, body: { ticket: body.ticket, totp } },
    });
    expect(others.status).toBe(401);
    expect((await mine("/v1/me/totp/confirm", { ticket: body.ticket, totp })).status).toBe(204);
    clock.move(60);
    expect((await person.signIn()).status).toBe(401);
    person.seed = seed;
    clock.move(60);
    expect((await person.signIn()).status).toBe(200);
  });

  it("renews the recovery codes after password and code", async () => {
    const { lacre, clock } = world();
    const person = await world().somebody();
    clock.move(60);
    const { token } = (await person.signIn()).body;
    clock.move(60);
    const { status, body } = await lacre.ask("/v1/me/recovery-codes", {
      ...{ token, body: { password: person.password, totp: person.freshCode() } },
    });
    expect([status, new Set(body.recoveryCodes).size]).toEqual([200, 10]);
    expect((await person.signIn({ recoveryCode: person.recoveryCodes[0] })).status).toBe(401);
    expect((await person.signIn({ recoveryCode: body.recoveryCodes[0] })).status).toBe(200);
  });
}
