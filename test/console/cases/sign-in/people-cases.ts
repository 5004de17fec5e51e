import { asc, eq, gt } from "drizzle-orm";
import { audit } from "../../../../apps/console/src/database/tables.js";
import type { SignInWorld } from "../../support/sign-in-world.js";
import type { Answer } from "../../support/test-console.js";

/** Who there is, and what they are. */
export function peopleCases(world: () => SignInWorld): void {
  let token: string;
  beforeEach(async () => {
    ({ token } = (await world().owner.signIn()).body);
  });
  const add = async (login: string, role = "operator"): Promise<{ id: string; version: number }> =>
    (await world().lacre.ask("/v1/people", { token, body: { login, name: login, role } })).body;
  const change = (id: string, body: object, version: number, by = token): Promise<Answer> =>
    world().lacre.ask(`/v1/people/${id}`, {
      ...{ method: "PATCH", token: by, body, headers: { "if-match": `"${version}"` } },
    });

  it("adds, shows, changes and disables a person, and writes each act down without a secret", async () => {
    const { lacre, owner } = world();
    const [last] = await lacre.database.db.select().from(audit).orderBy(asc(audit.seq)).limit(1);
    const body = {
      login: "Ann",
      name: "Ann",
      email: "ann@example.com",
      role: "viewer",
      subrole: "team",
    };
    const added = await lacre.ask("/v1/people", { token, body });
    expect([added.status, added.body]).toEqual([
      201,
      {
        ...{ id: expect.any(String), login: "ann", name: "Ann", email: "ann@example.com" },
        ...{ role: "viewer", subrole: "team", active: true, teams: [], enrolled: false },
        ...{ lastSignInAt: null, createdAt: expect.any(String), version: 1 },
      },
    ]);
    expect(added.headers.get("etag")).toBe('"1"');
    const { id } = added.body;
    expect((await change(id, { role: "developer", name: "Ann B" }, 1)).body).toMatchObject({
      ...{ role: "developer", subrole: null, name: "Ann B", version: 2 },
    });
    expect((await change(id, { active: false }, 2)).body).toMatchObject({ active: false });
    const acts = await lacre.database.db
      .select()
      .from(audit)
      .where(eq(audit.objectId, id))
      .orderBy(asc(audit.seq));
    expect(acts.map(({ act, actor, before, after }) => [act, actor, before, after])).toEqual([
      ["person.added", owner.id, null, expect.objectContaining({ login: "ann" })],
      [
        ...["person.changed", owner.id],
        expect.objectContaining({ role: "viewer", subrole: "team" }),
        expect.objectContaining({ role: "developer", subrole: null }),
      ],
      [
        ...["person.changed", owner.id],
        expect.objectContaining({ active: true }),
        expect.objectContaining({ active: false }),
      ],
    ]);
    const all = await lacre.database.db
      .select()
      .from(audit)
      .where(gt(audit.seq, last?.seq ?? 0));
    expect(JSON.stringify(all)).not.toMatch(/argon2|enrol#|secret/i);
  });

  it("wants to know which version was seen, and refuses a login twice and a viewer of no kind", async () => {
    const { id } = await add("versions");
    const path = `/v1/people/${id}`;
    const ask = (headers: Record<string, string>): Promise<Answer> =>
      world().lacre.ask(path, { method: "PATCH", token, body: { name: "X" }, headers });
    expect((await ask({})).status).toBe(428);
    expect((await ask({ "if-match": '"7"' })).status).toBe(412);
    const both = await Promise.all([change(id, { name: "A" }, 1), change(id, { name: "B" }, 1)]);
    expect(both.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 412]);
    const again = { login: "VERSIONS", name: "x", role: "operator" };
    expect((await world().lacre.ask("/v1/people", { token, body: again })).status).toBe(409);
    expect((await change(id, { role: "viewer" }, 2)).status).toBe(400);
    expect((await change("nobody", { name: "x" }, 1)).status).toBe(404);
  });

  it("lists people by login, page by page, and finds them", async () => {
    for (const login of ["zz-1", "zz-2", "zz-3"]) await add(login);
    const { lacre } = world();
    const first = await lacre.ask("/v1/people?search=ZZ-&limit=2", { token });
    expect(first.body.items.map(({ login }: { login: string }) => login)).toEqual(["zz-1", "zz-2"]);
    const path = `/v1/people?search=zz-&limit=2&cursor=${first.body.next}`;
    const second = await lacre.ask(path, { token });
    expect([second.body.items[0].login, second.body.next]).toEqual(["zz-3", null]);
    expect((await lacre.ask("/v1/people?search=zz_1", { token })).body.items).toEqual([]);
  });

  it("lets nobody change what they are themselves", async () => {
    const { lacre, owner } = world();
    const { version } = (await lacre.ask(`/v1/people/${owner.id}`, { token })).body;
    expect((await change(owner.id, { role: "operator" }, version)).status).toBe(409);
    expect((await change(owner.id, { active: false }, version)).status).toBe(409);
    expect((await change(owner.id, { name: "The owner" }, version)).status).toBe(200);
  });

  it("keeps one admin who can sign in, also where two demote each other at once", async () => {
    const { lacre, clock, owner } = world();
    const other = await world().somebody("admin");
    clock.move(60);
    const second = (await other.signIn()).body.token;
    const people = (await lacre.ask("/v1/people?limit=200", { token })).body.items;
    for (const { id, role, version } of people)
      if (role === "admin" && id !== owner.id && id !== other.id)
        expect((await change(id, { role: "operator" }, version)).status).toBe(200);
    const { version } = (await lacre.ask(`/v1/people/${owner.id}`, { token })).body;
    const both = await Promise.all([
      change(other.id, { role: "operator" }, 1),
      change(owner.id, { role: "operator" }, version, second),
    ]);
    const statuses = both.map(({ status }) => status).toSorted((a, b) => a - b);
    // The second one is refused as the last admin, or as somebody whose token has just ended.
    expect(statuses[0]).toBe(200);
    expect([401, 403, 409]).toContain(statuses[1]);
    const admins = (await lacre.database.db.query.people.findMany()).filter(
      ({ role, active }) => role === "admin" && active,
    );
    expect(admins).toHaveLength(1);
    const [left] = admins;
    if (left?.id === other.id) {
      ({ token } = (await other.signIn({ totp: other.freshCode() })).body);
      await change(owner.id, { role: "admin" }, version + 1);
    }
  });

  it("refuses an id of one's own, and a subrole of somebody who is no viewer", async () => {
    const { lacre } = world();
    const person = { login: "sub-role", name: "x", role: "operator" };
    const addWith = async (more: object): Promise<number> =>
      (await lacre.ask("/v1/people", { token, body: { ...person, ...more } })).status;
    expect(await addWith({ id: "p_x" })).toBe(400);
    expect(await addWith({ subrole: "auditor" })).toBe(400);
    expect(await addWith({ subrole: null })).toBe(201);
    const { id } = await add("sub-role-2");
    expect((await change(id, { subrole: "auditor" }, 1)).status).toBe(400);
    expect((await change(id, { role: "viewer", subrole: "auditor" }, 1)).status).toBe(200);
    // A viewer who becomes something else has none any more.
    expect((await change(id, { role: "operator" }, 2)).body).toMatchObject({ subrole: null });
  });

  it("lets nobody look like somebody else: neither by a login nor by a name", async () => {
    const { lacre } = world();
    const statusOf = async (login: string, name: string): Promise<number> => {
      const body = { login, name, role: "operator" };
      return (await lacre.ask("/v1/people", { token, body })).status;
    };
    expect(await statusOf("alike", "Alike")).toBe(201);
    for (const login of ["\u0430like", "al\u0131ke", "\uFF41like", "ali\u212Ae", "alike\u0301"])
      expect([login, await statusOf(login, "A name")]).toEqual([login, 400]);
    for (const hidden of [
      "\u202E",
      "\u2066",
      "\u200B",
      "\u200F",
      "\uFEFF",
      "\u00AD",
      "\u2028",
      "\x07",
    ]) {
      const name = `Ada${hidden}x`;
      expect([name, await statusOf("hidden", name)]).toEqual([name, 400]);
    }
    // Names are written in every script; two characters that join letters are part of some.
    for (const [i, name] of ["Zoë Ångström", "李小龙", "علی\u200Cرضا", "O’Brien-Šć"].entries())
      expect([name, await statusOf(`name-${i}`, name)]).toEqual([name, 201]);
  });

  it("ends all sessions of a person for an admin", async () => {
    const { lacre } = world();
    const person = await world().somebody();
    const path = `/v1/people/${person.id}/end-sessions`;
    expect((await lacre.ask(path, { method: "POST", token })).status).toBe(204);
    expect((await lacre.ask("/v1/me", { token: person.token })).status).toBe(401);
  });

  it("lets people change their own name and mail address, and nothing else of them", async () => {
    const { lacre } = world();
    const person = await world().somebody();
    const body = { name: "Another", email: "a@example.com" };
    const change = (given: object): Promise<Answer> =>
      lacre.ask("/v1/me", { method: "PATCH", token: person.token, body: given });
    expect((await change({ ...body, role: "admin" })).status).toBe(400);
    expect((await change(body)).body).toMatchObject({
      name: "Another",
      email: "a@example.com",
      role: "operator",
    });
  });
}
