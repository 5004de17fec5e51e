import { readFileSync } from "node:fs";
import { eq } from "drizzle-orm";
import { isDoneOnce, statusOf } from "../../../apps/console/src/access/operation.js";
import { Operations } from "../../../apps/console/src/access/operations.js";
import { audit, webhookEndpoints } from "../../../apps/console/src/database/tables.js";
import type { Databases } from "../support/databases.js";
import { TestConsole, type Ask } from "../support/test-console.js";

const cursorOf = (...parts: unknown[]): string =>
  Buffer.from(JSON.stringify(parts)).toString("base64url");

/** What all routes share, whichever room they are in. */
export function conventionsCases(databases: () => Databases): void {
  let lacre: TestConsole;
  let admin: string;
  let team: string;
  let webhook: string;
  const ask = (path: string, terms: Ask = {}) => lacre.ask(path, { token: admin, ...terms });
  const made = async (path: string, body: object) => {
    const answer = await ask(path, { body });
    expect([path, answer.status]).toEqual([path, 201]);
    return answer.body;
  };
  beforeAll(async () => {
    lacre = await TestConsole.start(databases(), { settings: { privateWebhooks: true } });
    admin = (await lacre.somebody("admin")).token;
    team = (await made("/v1/teams", { name: "payments" })).id;
    for (const name of ["b", "c"]) await made("/v1/teams", { name });
    for (const id of ["shop", "till"]) await made("/v1/apps", { id, teamId: team });
    const url = "https://EXAMPLE.com:443/hook";
    webhook = (await made("/v1/webhooks", { url, events: ["key.expired"] })).endpoint.id;
  });
  afterAll(() => lacre.close());
  const routes = () => lacre.app.get(Operations).routes;
  const filled = (path: string): string => path.replace(/:\w+/, webhook);
  const pagedPaths = (): string[] =>
    routes()
      .filter(({ terms }) => terms.query !== undefined && "cursor" in terms.query.shape)
      .map(({ path }) => filled(path));

  it("takes a cursor for the list that gave it, in one spelling, and nothing that somebody made", async () => {
    const pages = { teams: "/v1/teams", apps: "/v1/apps", audit: "/v1/audit" };
    const given = await Promise.all(
      Object.values(pages).map(async (path) => (await ask(`${path}?limit=1`)).body.next as string),
    );
    const nameOf = (path: string): string =>
      path.endsWith("deliveries") ? `deliveries of ${webhook}` : path.replace("/v1/", "");
    const hostile = (path: string): string[] =>
      [nameOf(path), `${nameOf(path)} by id`]
        .flatMap((name) => [
          [name, "\0"],
          [name, "2026-01-01T00:00:00.000Z", "\0"],
          [name, "0000-01-01T00:00:00.000Z", "a"],
          [name, 1e99],
          [name, -1],
        ])
        .concat([["\0"], ["\0", "\0"], []])
        .map((parts) => cursorOf(...parts));
    expect(pagedPaths().length).toBeGreaterThan(6);
    for (const path of pagedPaths())
      for (const cursor of [...hostile(path), ...given, `${given[0]}=`, "x", "%00"]) {
        const isOwn = given.indexOf(cursor);
        const { status, body } = await ask(`${path}?cursor=${cursor}`);
        if (Object.values(pages)[isOwn] === path) expect([path, status]).toEqual([path, 200]);
        else
          expect([path, cursor, status, body.faults?.[0].at]).toEqual([
            ...[path, cursor, 400],
            expect.stringMatching(/^query/),
          ]);
      }
    // Another order of the same list is another list.
    const { next } = (await ask("/v1/apps?limit=1&sort=name")).body;
    expect((await ask(`/v1/apps?sort=name&cursor=${next}`)).status).toBe(200);
    expect((await ask(`/v1/apps?sort=-name&cursor=${next}`)).status).toBe(400);
  });

  it("takes no time that no database keeps", async () => {
    const outside = ["0001-01-01T00:00:00Z", "0000-12-31T23:00:00Z", "9999-12-31T23:59:59-14:00"];
    const timed = routes().filter(({ terms }) => terms.query && "from" in terms.query.shape);
    expect(timed.length).toBeGreaterThan(7);
    for (const time of outside) {
      for (const { path } of timed)
        for (const name of ["from", "to"]) {
          const answer = await ask(`${path}?${name}=${encodeURIComponent(time)}`);
          expect([path, name, time, answer.status]).toEqual([path, name, time, 400]);
          expect(answer.headers.get("content-type")).toMatch("application/problem+json");
          expect(answer.headers.get("content-disposition")).toBeNull();
        }
      const replayed = await ask(`/v1/webhooks/${webhook}/replay-failed`, {
        body: { since: time },
      });
      expect([time, replayed.status]).toEqual([time, 400]);
      const tried = await ask("/v1/explain", { body: { request: "GET / HTTP/1.1", at: time } });
      expect([time, tried.status]).toEqual([time, 400]);
    }
  });

  it("leaves what a change leaves as it is: its version, and the log", async () => {
    const person = await made("/v1/people", { login: "ada", name: "Ada", role: "operator" });
    const { key } = await made("/v1/apps/shop/keys", { expiresAt: "2099-01-01T00:00:00.000Z" });
    const records: readonly [path: string, change: object][] = [
      [`/v1/teams/${team}`, { name: "payments" }],
      ["/v1/apps/shop", { name: "shop", scopes: [], limits: null, attributes: {}, teamId: team }],
      [`/v1/apps/shop/keys/${key.id}`, { expiresAt: key.expiresAt, state: "active" }],
      [`/v1/people/${person.id}`, { name: "Ada", role: "operator", active: true }],
      [`/v1/webhooks/${webhook}`, { url: "https://example.com/hook", active: true }],
      ["/v1/settings", { refusalDays: 30, alarms: { keyExpiringDays: 14 } }],
    ];
    // A path of each route that takes a version, so that none is left out.
    const shapes = routes().filter(
      ({ method, takesVersion }) => method === "PATCH" && takesVersion,
    );
    expect(shapes).toHaveLength(records.length);
    for (const [path, body] of records) {
      const before = await lacre.database.db.$count(audit);
      const { version } = (await ask(path)).body;
      for (const change of [body, {}]) {
        if (path.startsWith("/v1/teams") && change !== body) continue;
        const headers = { "if-match": `"${version}"` };
        const answer = await ask(path, { method: "PATCH", body: change, headers });
        expect([path, answer.status, answer.body.version]).toEqual([path, 200, version]);
        const stale = { "if-match": `"${version + 1}"` };
        const refused = await ask(path, { method: "PATCH", body: change, headers: stale });
        expect([path, refused.status]).toEqual([path, 412]);
      }
      expect([path, await lacre.database.db.$count(audit)]).toEqual([path, before]);
    }
    const self = await ask("/v1/me", { method: "PATCH", body: { name: "A admin" } });
    expect(self.status).toBe(200);
  });

  it("takes one ETag, as it was told, and says what to send", async () => {
    const path = `/v1/teams/${team}`;
    const patch = (ifMatch: string) =>
      ask(path, { method: "PATCH", body: { name: "payments" }, headers: { "if-match": ifMatch } });
    for (const wrong of ["", "*", "1", '"1', '"1", "2"']) {
      const { status, body } = await patch(wrong);
      expect([wrong, status, body.faults]).toEqual([
        ...[wrong, 400],
        [{ at: "header.if-match", problem: 'must be the ETag of the record, such as "3"' }],
      ]);
    }
    for (const other of ['"01"', 'W/"1"', '"x"', '"0"', '"9999999999"'])
      expect([other, (await patch(other)).status]).toEqual([other, 412]);
    expect((await patch('"1"')).status).toBe(200);
  });

  it("answers alike what is sent again, unless its answer shows a secret", async () => {
    // Whoever adds a route says which of the two it is.
    for (const { method, path, terms } of routes().filter((route) =>
      isDoneOnce(route.method, route.terms),
    )) {
      const isSaid = terms.keepsAnswer === true || terms.made !== undefined;
      expect([method, path, isSaid || statusOf(terms) === 204]).toEqual([method, path, true]);
    }
    const { id } = await made("/v1/people", { login: "bob", name: "Bob", role: "operator" });
    const repeated: readonly [path: string, status: number, body?: object][] = [
      [`/v1/webhooks/${webhook}/test`, 204],
      [`/v1/people/${id}/end-sessions`, 204],
      ["/v1/settings/rewrap", 202],
      [`/v1/webhooks/${webhook}/replay-failed`, 200, { since: "2026-01-01T00:00:00Z" }],
      ["/v1/teams", 201, { name: "once" }],
    ];
    for (const [path, status, body] of repeated) {
      const terms = {
        method: "POST",
        body,
        headers: { "idempotency-key": `key of ${path.length}` },
      };
      const key = { "idempotency-key": `key-${path}` };
      const first = await ask(path, { ...terms, headers: key });
      const again = await ask(path, { ...terms, headers: key });
      expect([path, first.status, again.status]).toEqual([path, status, status]);
      expect(again.body).toEqual(first.body);
    }
    const key = { "idempotency-key": "invite" };
    const invite = () => ask(`/v1/people/${id}/invitation`, { method: "POST", headers: key });
    expect((await invite()).status).toBe(200);
    expect(await invite()).toMatchObject({
      ...{ status: 409, body: { detail: expect.stringContaining("it made an invitation") } },
    });
  });

  it("says what is wrong with content that is no object, or holds what would be lost", async () => {
    const send = async (text: string, path = "/v1/teams") => {
      const answer = await fetch(`${lacre.url}${path}`, {
        method: "POST",
        headers: { "content-type": "application/json", authorization: `Bearer ${admin}` },
        body: text,
      });
      return { status: answer.status, body: (await answer.json()) as { faults?: object[] } };
    };
    for (const text of ["null", "{", '"x"', "7"]) {
      const { status, body } = await send(text);
      expect([text, status, body.faults]).toEqual([
        ...[text, 400],
        [{ at: "body", problem: "must be JSON, and an object: { … }" }],
      ]);
    }
    for (const attributes of ['{"__proto__":{"a":1}}', '{"a":{"__proto__":1}}', '{"a":1e400}']) {
      const text = `{"id":"kept","teamId":"${team}","attributes":${attributes}}`;
      const { status, body } = await send(text, "/v1/apps");
      expect([attributes, status, body.faults]).toEqual([
        ...[attributes, 400],
        [{ at: expect.stringMatching(/^body/), problem: expect.any(String) }],
      ]);
    }
  });

  it("keeps once what is written twice, and the URL that is called", async () => {
    const twice = { scopes: ["a", "b", "a"], networks: ["10.0.0.0/8", "10.0.0.0/8"] };
    const schemes = ["lacre1", "hawk", "lacre1"];
    const app = await made("/v1/apps", { id: "twice", teamId: team, ...twice, schemes });
    expect(app).toMatchObject({
      ...{ scopes: ["a", "b"], networks: ["10.0.0.0/8"], schemes: ["lacre1", "hawk"] },
    });
    expect((await ask(`/v1/webhooks/${webhook}`)).body.url).toBe("https://example.com/hook");
    for (const url of [
      " https://example.com/",
      "https://exam\tple.com/",
      "https://example.com/a b",
    ])
      expect((await ask("/v1/webhooks", { body: { url, events: ["key.expired"] } })).status).toBe(
        400,
      );
    const body = { reason: "a leak \u202Eof keys" };
    const { key } = await made("/v1/apps/twice/keys", {});
    expect((await ask(`/v1/apps/twice/keys/${key.id}/revoke`, { body })).status).toBe(400);
  });

  it("sends nothing to an endpoint that is off, and says so", async () => {
    const { db } = lacre.database;
    await ask(`/v1/webhooks/${webhook}/test`, { method: "POST" });
    const { items } = (await ask(`/v1/webhooks/${webhook}/deliveries`)).body;
    const off = { active: false };
    await db.update(webhookEndpoints).set(off).where(eq(webhookEndpoints.id, webhook));
    for (const [path, body] of [
      [`/v1/webhooks/${webhook}/test`],
      [`/v1/webhooks/${webhook}/replay-failed`, { since: "2026-01-01T00:00:00Z" }],
      [`/v1/deliveries/${items[0].id}/replay`],
    ] as const)
      expect(await ask(path, { method: "POST", body })).toMatchObject({
        status: 409,
        body: { detail: expect.stringContaining("switched off") },
      });
    const secret = `/v1/webhooks/${webhook}/secret`;
    const { oldSecretUntil } = await made(secret, { overlap: "1h" });
    const open = await ask(secret, { body: { overlap: "1h" } });
    expect([open.status, open.body.code, open.body.title]).toEqual([
      ...[409, "rotation-open", "A rotation is still open"],
    ]);
    expect(open.body.detail).toContain(`signs until ${oldSecretUntil}`);
    expect((await made(secret, { overlap: "now" })).oldSecretUntil).toBeNull();
  });

  it("tells programs of the headers, and of what is answered without them", async () => {
    const { paths } = (await ask("/v1/openapi.json")).body;
    for (const { method, path, terms, takesVersion } of routes()) {
      const operation = paths[path.replaceAll(/:(\w+)/g, "{$1}")][method.toLowerCase()];
      const headers = (operation.parameters ?? [])
        .filter((parameter: { in: string }) => parameter.in === "header")
        .map(({ name }: { name: string }) => name);
      expect([method, path, headers]).toEqual([
        ...[method, path],
        [
          ...(takesVersion ? ["If-Match"] : []),
          ...(isDoneOnce(method, terms) ? ["Idempotency-Key"] : []),
        ],
      ]);
      for (const status of ["412", "428"])
        expect([path, status, status in operation.responses]).toEqual([path, status, takesVersion]);
    }
    const exported = paths["/v1/export"].post.responses["200"].content;
    expect(exported["application/octet-stream"].schema).toEqual({ type: "string" });
  });

  it("says in the docs which lists come page by page", () => {
    const [, said = ""] =
      /These are (.+?)[.] Send `next`/.exec(readFileSync("docs/console/api.md", "utf8")) ?? [];
    const names = pagedPaths().map((path) => path.split("/").at(-1) ?? "");
    expect(said.replace(" and the audit log", ", audit").split(", ").toSorted()).toEqual(
      names.toSorted(),
    );
  });
}
