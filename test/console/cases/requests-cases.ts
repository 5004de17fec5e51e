import type { Databases } from "../support/databases.js";
import { TestConsole } from "../support/test-console.js";

/** Developers ask, operators answer. */
export function requestsCases(databases: () => Databases): void {
  let lacre: TestConsole;
  let team: string;
  let developer: { id: string; token: string };
  let operator: string;

  const ask = (body: object, token = developer.token) =>
    lacre.ask("/v1/requests", { body: { teamId: team, reason: "We need it.", ...body }, token });
  const answer = (id: string, what: string, body: object = {}, token = operator) =>
    lacre.ask(`/v1/requests/${id}/${what}`, { body, token });

  beforeAll(async () => {
    lacre = await TestConsole.start(databases());
    team = await lacre.team("shop");
    developer = await lacre.somebody("developer", [team]);
    operator = (await lacre.somebody("operator")).token;
  });
  afterAll(() => lacre.close());

  it("makes the app that was asked for, with what the operator changed", async () => {
    const asked = await ask({ appId: "cart", scopes: ["cart:read", "cart:write"] });
    expect(asked).toMatchObject({
      status: 201,
      body: { isNew: true, state: "open", person: { id: developer.id }, team: { id: team } },
    });
    const body = { scopes: ["cart:read"], schemes: ["lacre1", "aws-sigv4"], answer: "Read only." };
    const approved = await answer(asked.body.id, "approve", body);
    expect(approved).toMatchObject({
      status: 200,
      body: { state: "approved", answer: "Read only.", isNew: true },
    });
    expect(await lacre.ask("/v1/apps/cart", { token: developer.token })).toMatchObject({
      body: { team: { id: team }, scopes: ["cart:read"], schemes: ["lacre1", "aws-sigv4"] },
    });

    const more = await ask({ appId: "cart", scopes: ["cart:write"] });
    expect(more.body.isNew).toBe(false);
    expect(await answer(more.body.id, "approve")).toMatchObject({ status: 200 });
    const { body: app } = await lacre.ask("/v1/apps/cart", { token: operator });
    expect(app).toMatchObject({ scopes: ["cart:read", "cart:write"], version: 2 });
  });

  it("lets one of two answers at the same moment through", async () => {
    const { body } = await ask({ appId: "stock", scopes: [] });
    const answers = await Promise.all([
      answer(body.id, "approve"),
      answer(body.id, "approve"),
      answer(body.id, "refuse", { answer: "No." }),
    ]);
    expect(answers.map(({ status }) => status).sort((a, b) => a - b)).toEqual([200, 409, 409]);
  });

  it("is withdrawn by whoever asked, and refused with a reason", async () => {
    const { body } = await ask({ appId: "later", scopes: [] });
    const colleague = (await lacre.somebody("developer", [team])).token;
    expect(await answer(body.id, "withdraw", {}, colleague)).toMatchObject({ status: 403 });
    expect(await answer(body.id, "withdraw", {}, developer.token)).toMatchObject({
      status: 200,
      body: { state: "withdrawn" },
    });
    const again = await ask({ appId: "later", scopes: [] });
    expect(await answer(again.body.id, "refuse")).toMatchObject({ status: 400 });
    expect(await answer(again.body.id, "refuse", { answer: "Not now." })).toMatchObject({
      status: 200,
      body: { state: "refused", answer: "Not now." },
    });
    const open = await lacre.ask("/v1/requests?state=open", { token: developer.token });
    expect(open.body.items).toEqual([]);
  });

  it("tells nobody which ids others have, and lets no operator give away what they have", async () => {
    const others = await lacre.team("neighbours");
    const stranger = (await lacre.somebody("developer", [others])).token;
    await lacre.ask("/v1/apps", {
      token: operator,
      body: { id: "taken", name: "Taken", teamId: team, scopes: [] },
    });
    const asked = (appId: string) =>
      ask({ appId, scopes: ["x:read"], teamId: others, reason: "Ours." }, stranger);
    const [taken, free] = [await asked("taken"), await asked("free")];
    const said = ({ status, body }: typeof taken): unknown => ({
      ...{ status, ...body },
      ...{ id: "", appId: "", createdAt: "" },
    });
    expect(taken).toMatchObject({ status: 201, body: { isNew: true } });
    expect(said(taken)).toEqual(said(free));
    const read = await lacre.ask(`/v1/requests/${taken.body.id}`, { token: stranger });
    expect(read.body.isNew).toBe(true);
    const list = await lacre.ask("/v1/requests", { token: stranger });
    expect(list.body.items.map(({ isNew }: { isNew: boolean }) => isNew)).toEqual([true, true]);
    // Whoever answers sees that there is one, and cannot approve it.
    const seen = await lacre.ask(`/v1/requests/${taken.body.id}`, { token: operator });
    expect(seen.body.isNew).toBe(false);
    expect(await answer(taken.body.id, "approve")).toMatchObject({ status: 409 });
    const { body: app } = await lacre.ask("/v1/apps/taken", { token: operator });
    expect(app).toMatchObject({ team: { id: team }, scopes: [], version: 1 });
    expect(await answer(taken.body.id, "refuse", { answer: "Another id." })).toMatchObject({
      status: 200,
    });
  });

  it("asks for nothing of others, and for nothing that services have", async () => {
    const others = await lacre.team("others");
    const stranger = (await lacre.somebody("developer", [others])).token;
    expect(await ask({ appId: "x", scopes: [], teamId: others })).toMatchObject({ status: 404 });
    expect(await ask({ appId: "x", scopes: ["registry:read"] })).toMatchObject({ status: 400 });
    expect(await ask({ appId: "lk1_x", scopes: [] })).toMatchObject({ status: 400 });
    const { body } = await ask({ appId: "own", scopes: [] });
    expect(await lacre.ask(`/v1/requests/${body.id}`, { token: stranger })).toMatchObject({
      status: 404,
    });
    const list = await lacre.ask("/v1/requests", { token: stranger });
    expect(list.body.items).toEqual([]);
    const first = await lacre.ask("/v1/requests?limit=2", { token: operator });
    const rest = await lacre.ask(`/v1/requests?cursor=${first.body.next}`, { token: operator });
    expect(first.body.items).toHaveLength(2);
    expect(rest.body.items.length).toBeGreaterThan(2);
  });
}
