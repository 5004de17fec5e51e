import { apps } from "../../../../apps/console/src/database/tables.js";
import type { SignInWorld } from "../../support/sign-in-world.js";
import type { Answer } from "../../support/test-console.js";

/** Teams. */
export function teamCases(world: () => SignInWorld): void {
  let token: string;
  beforeEach(async () => {
    ({ token } = (await world().owner.signIn()).body);
  });
  const ask = (path: string, method: string, more: object = {}): Promise<Answer> =>
    world().lacre.ask(`/v1/teams${path}`, { method, token, ...more });
  const add = async (name: string): Promise<string> =>
    (await ask("", "POST", { body: { name } })).body.id;
  const seen = (version: number): object => ({ headers: { "if-match": `"${version}"` } });

  it("adds, renames and removes a team, and refuses a name twice", async () => {
    const added = await ask("", "POST", { body: { name: "Payments" } });
    expect([added.status, added.body]).toMatchObject([
      201,
      { name: "Payments", members: 0, apps: 0, people: [], version: 1 },
    ]);
    const { id } = added.body;
    expect((await ask("", "POST", { body: { name: "Payments" } })).status).toBe(409);
    const body = { name: "Money" };
    expect((await ask(`/${id}`, "PATCH", { body })).status).toBe(428);
    expect((await ask(`/${id}`, "PATCH", { body, ...seen(9) })).status).toBe(412);
    const renamed = await ask(`/${id}`, "PATCH", { body, ...seen(1) });
    expect([renamed.body.name, renamed.headers.get("etag")]).toEqual(["Money", '"2"']);
    expect((await ask(`/${id}`, "DELETE", seen(2))).status).toBe(204);
    expect((await ask(`/${id}`, "GET")).status).toBe(404);
  });

  it("puts people in and takes them out, at once for what they see", async () => {
    const { lacre } = world();
    const [mine, others] = [await add("Mine"), await add("Others")];
    const developer = await lacre.somebody("developer");
    const see = async (id: string): Promise<number> =>
      (await lacre.ask(`/v1/teams/${id}`, { token: developer.token })).status;
    expect(await see(mine)).toBe(404);
    const member = `/${mine}/members/${developer.id}`;
    expect((await ask(member, "PUT")).status).toBe(204);
    expect((await ask(member, "PUT")).status).toBe(204);
    expect([await see(mine), await see(others)]).toEqual([200, 404]);
    const { items } = (await lacre.ask("/v1/teams", { token: developer.token })).body;
    expect(items).toEqual([expect.objectContaining({ id: mine, members: 1, apps: 0 })]);
    const me = (await lacre.ask("/v1/me", { token: developer.token })).body;
    expect(me.teams).toEqual([{ id: mine, name: "Mine" }]);
    expect((await ask(member, "DELETE")).status).toBe(204);
    expect((await ask(member, "DELETE")).status).toBe(404);
    expect(await see(mine)).toBe(404);
    expect((await ask(`/${mine}/members/nobody`, "PUT")).status).toBe(404);
  });

  it("removes no team that has apps", async () => {
    const id = await add("Has apps");
    const { db } = world().lacre.database;
    await db.insert(apps).values({ id: "app-of-team", name: "A", teamId: id });
    expect((await ask(`/${id}`, "GET")).body.apps).toBe(1);
    expect((await ask(`/${id}`, "DELETE", seen(1))).status).toBe(409);
  });

  it("lists teams by name, page by page", async () => {
    for (const name of ["zz 1", "zz 2", "zz 3"]) await add(name);
    const names: string[] = [];
    let next: string | null = "";
    while (next !== null) {
      const { body } = await ask(`?limit=2${next && `&cursor=${next}`}`, "GET");
      names.push(...body.items.map(({ name }: { name: string }) => name));
      ({ next } = body);
    }
    expect(names).toEqual([...new Set(names)]);
    expect(names).toEqual(expect.arrayContaining(["zz 1", "zz 2", "zz 3"]));
  });
}
