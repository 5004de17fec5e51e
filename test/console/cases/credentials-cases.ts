import { existsSync } from "node:fs";
import { join } from "node:path";
import { App, readApp } from "@lacre/core";
import { KEY_RULES } from "../../../apps/console/src/credentials/schemes.js";
import {
  keyUses,
  registryChanges,
  verdictMinutes,
} from "../../../apps/console/src/database/tables.js";
import { SETTINGS, type ConsoleSettings } from "../../../apps/console/src/start/settings.js";
import { ROOT } from "../../docs/markdown.js";
import type { Databases } from "../support/databases.js";
import { TestConsole, type Answer } from "../support/test-console.js";
import { addVerdicts } from "../support/verdict-rows.js";

const HOUR = 3_600_000;
const FAR = "2099-01-01T00:00:00.000Z";

/** Apps, keys, and how they live and end. */
export function credentialsCases(databases: () => Databases): void {
  let lacre: TestConsole;
  let nowMs = Date.now();
  let team: string;
  let operator: string;
  let developer: string;
  let apps = 0;

  const at = (ms: number): string => new Date(nowMs + ms).toISOString();
  const newApp = async (more: object = {}): Promise<string> => {
    const id = `app-${(apps += 1)}`;
    const body = { id, teamId: team, ...more };
    expect(await lacre.ask("/v1/apps", { body, token: operator })).toMatchObject({ status: 201 });
    return id;
  };
  const issue = (appId: string, body: object = {}, token = operator): Promise<Answer> =>
    lacre.ask(`/v1/apps/${appId}/keys`, { body, token });
  const rotate = (appId: string, keyId: string, body: object = {}, token = operator) =>
    lacre.ask(`/v1/apps/${appId}/keys/${keyId}/rotate`, { body, token });
  const keysOf = async (appId: string) =>
    (await lacre.ask(`/v1/apps/${appId}/keys`, { token: operator })).body.items;
  const patch = (path: string, version: number, body: object, token = operator) =>
    lacre.ask(path, { method: "PATCH", body, token, headers: { "if-match": `"${version}"` } });

  beforeAll(async () => {
    lacre = await TestConsole.start(databases(), { settings: { clock: { nowMs: () => nowMs } } });
    team = await lacre.team("payments");
    operator = (await lacre.somebody("operator")).token;
    developer = (await lacre.somebody("developer", [team])).token;
  });
  afterAll(() => lacre.close());

  it("makes an app, shows it, changes it, and tells the services", async () => {
    const made = await lacre.ask("/v1/apps", {
      token: operator,
      body: {
        id: "orders",
        name: "Orders",
        teamId: team,
        scopes: ["orders:read"],
        limits: { perMinute: 600 },
        attributes: { tenant: 7 },
      },
    });
    expect(made).toMatchObject({
      status: 201,
      body: {
        id: "orders",
        kind: "app",
        team: { id: team, name: "payments" },
        health: "none",
        healthReasons: ["no-live-key"],
        limits: { perMinute: 600 },
        createdAt: at(0),
        version: 1,
      },
    });
    const seen = await lacre.ask("/v1/apps/orders", { token: developer });
    expect(seen.headers.get("etag")).toBe('"1"');
    expect(seen.body).toEqual(made.body);

    const path = "/v1/apps/orders";
    const none = await lacre.ask(path, { method: "PATCH", body: { name: "B" }, token: operator });
    expect(none).toMatchObject({ status: 428, body: { code: "version-missing" } });
    const changed = await patch(path, 1, { scopes: ["orders:write"], limits: null });
    expect(changed).toMatchObject({
      status: 200,
      body: { scopes: ["orders:write"], limits: null },
    });
    expect(await patch(path, 1, { name: "B" })).toMatchObject({
      status: 412,
      body: { code: "changed-meanwhile" },
    });
    const told = await lacre.database.db.select().from(registryChanges);
    expect(told.filter(({ appId }) => appId === "orders")).toHaveLength(2);
  });

  it("refuses what no verifier would take, and says what is wrong", async () => {
    for (const [body, at] of [
      [{ id: "lk1_secret" }, "body.id"],
      [{ id: "a b" }, "body.id"],
      [{ networks: ["10.0.0.0/8", "10.0.0.0/99"] }, "body.networks[1]"],
      [{ id: ".." }, "body.id"],
      [{ scopes: ["registry:read"] }, "body.scopes"],
      [{ schemes: ["unheard-of"] }, "body.schemes.0"],
      [{ limits: { perWeek: 1 } }, "body.limits"],
      [{ limits: {} }, "body.limits"],
      [{ teamId: "t_none" }, "body.teamId"],
      [{ attributes: { text: "\0" } }, "body.attributes"],
      [{ attributes: { text: "\ud800" } }, "body.attributes"],
      [{ name: "two\nlines" }, "body.name"],
      [{ kind: "service" }, "body"],
    ] as const) {
      const given = { id: "wrong", teamId: team, ...body };
      const { status, body: problem } = await lacre.ask("/v1/apps", {
        body: given,
        token: operator,
      });
      expect([body, status, problem.faults?.[0]?.at]).toEqual([body, 400, at]);
    }
    const again = await lacre.ask("/v1/apps", {
      body: { id: "orders", teamId: team },
      token: operator,
    });
    expect(again).toMatchObject({ status: 409, body: { code: "conflict" } });
  });

  it("names what was sent where a key is refused, and not what was made of it", async () => {
    const app = await newApp();
    const { keyId } = { keyId: (await issue(app)).body.key.id };
    const secret = "too short";
    for (const [told, named] of [
      [issue(app, { secret }), "body.secret"],
      [issue(app, { notBefore: FAR, expiresAt: at(HOUR) }), "body.expiresAt"],
      [issue(app, { encoding: "hex", secret: "x".repeat(64) }), "body.secret"],
      [rotate(app, keyId, { secret }), "body.secret"],
    ] as const) {
      const { status, body } = await told;
      expect([status, body.faults?.[0]?.at]).toEqual([400, named]);
    }
  });

  it("ends no key by a time that is past, forced or not", async () => {
    const app = await newApp();
    const { body: first } = await issue(app);
    const { body: rotated } = await rotate(app, first.key.id);
    expect(rotated.key.replaces).toBe(first.key.id);
    nowMs += 1000;
    for (const keyId of [first.key.id, rotated.key.id]) {
      const { status, body } = await rotate(app, keyId, { until: at(-HOUR), force: true });
      expect([status, body.faults?.[0]?.at]).toEqual([400, "body.until"]);
    }
    expect((await keysOf(app)).every(({ live }: { live: boolean }) => live)).toBe(true);
  });

  it("issues a key that the module takes, and shows it once", async () => {
    const app = await newApp();
    const { status, body, headers } = await issue(app);
    expect([status, headers.get("cache-control")]).toEqual([201, "no-store"]);
    expect(body.key).toMatchObject({ appId: app, scheme: "lacre1", live: true, state: "active" });
    const read = readApp({ appId: app, apiKey: body.apiKey }, KEY_RULES);
    expect(read.keys[0]?.secret.fingerprint).toBe(body.key.fingerprint);
    expect(JSON.stringify(body.snippets)).not.toContain(body.apiKey);
    expect(body.snippets.length).toBe(9);
    for (const { text } of body.snippets) {
      expect(text).toContain(app);
      // What is no package says where it is, and there it is.
      const [file] = /clients\/[\w./]*\w/.exec(text) ?? [];
      expect(file !== undefined).toBe(!/npx lacre|@lacre\/client/.test(text));
      if (file !== undefined) expect(existsSync(join(ROOT, file))).toBe(true);
    }

    const shown = JSON.stringify([
      await keysOf(app),
      (await lacre.ask("/v1/apps", { token: operator })).body,
      (await lacre.ask(`/v1/apps/${app}/keys/${body.key.id}`, { token: operator })).body,
    ]);
    expect(shown).not.toContain(body.apiKey.slice(4));
    expect(shown).not.toMatch(/sealed|wrapped|mark/i);
  });

  it("makes keys in every encoding of every scheme, and the module takes them", async () => {
    const { body } = await lacre.ask("/v1/schemes", { token: operator });
    for (const { name, encodings, algorithms } of body.items) {
      const app = await newApp({ schemes: [name] });
      for (const encoding of encodings.slice(0, 2))
        for (const algorithm of algorithms.slice(0, 1)) {
          const issued = await issue(app, { scheme: name, encoding, algorithm });
          expect([name, encoding, issued.status]).toEqual([name, encoding, 201]);
          const definition = { appId: app, apiKey: issued.body.apiKey, encoding, algorithm };
          const read = readApp({ ...definition, schemes: [name] }, KEY_RULES);
          expect(read).toBeInstanceOf(App);
        }
    }
  });

  it("takes secrets that others made, each once", async () => {
    const app = await newApp({ schemes: ["stripe", "standard-webhooks"] });
    const secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwAAAAAAAA";
    const imported = await issue(app, { scheme: "stripe", secret });
    expect(imported).toMatchObject({ status: 201, body: { apiKey: null } });
    const next = `${secret}B`;
    const successor = await rotate(app, imported.body.key.id, { secret: next });
    expect(successor).toMatchObject({ status: 201, body: { apiKey: null } });
    for (const { body } of [imported, successor])
      expect(JSON.stringify(body)).not.toContain(secret);
    const other = await newApp({ schemes: ["stripe"] });
    const refused = await issue(other, { scheme: "stripe", secret });
    expect(refused).toMatchObject({ status: 409, body: { code: "conflict" } });
    expect(JSON.stringify(refused.body)).not.toContain(app);
    const bad = await issue(app, { scheme: "standard-webhooks", secret: "whsec_x" });
    expect(bad).toMatchObject({ status: 400, body: { faults: [{ at: "body.secret" }] } });
    const forGitHub = await newApp({ schemes: ["github"] });
    const short = await issue(forGitHub, {
      scheme: "github",
      secret: "it-has-twenty-nine-characters",
    });
    expect([short.status, short.body.faults]).toEqual([
      400,
      [
        {
          at: "body.secret",
          problem: expect.stringMatching(/32 bytes: it has 29\. GitHub lets you choose .*longer/),
        },
      ],
    ]);
    expect(await issue(app, { scheme: "lacre1" })).toMatchObject({ status: 400 });
  });

  it("lets two keys live while a rotation is open, and no third", async () => {
    const app = await newApp();
    const { body: first } = await issue(app, { expiresAt: at(48 * HOUR) });
    const { status, body: second } = await rotate(app, first.key.id, { overlap: "1h" }, developer);
    expect(status).toBe(201);
    expect(second.key).toMatchObject({ replaces: first.key.id, expiresAt: at(48 * HOUR) });
    expect(second.old).toMatchObject({
      replacedBy: second.key.id,
      expiresAt: at(HOUR),
      live: true,
    });
    expect(second.apiKey).not.toBe(first.apiKey);

    for (const keyId of [first.key.id, second.key.id])
      expect(await rotate(app, keyId)).toMatchObject({
        status: 409,
        body: { code: "rotation-open" },
      });
    expect(await issue(app)).toMatchObject({ status: 409, body: { code: "conflict" } });

    nowMs += 1000;
    const { body: third } = await rotate(app, second.key.id, { overlap: "24h", force: true });
    const ring = await keysOf(app);
    expect(ring.map(({ id, live }: { id: string; live: boolean }) => [id, live])).toEqual(
      expect.arrayContaining([
        [first.key.id, false],
        [second.key.id, true],
        [third.key.id, true],
      ]),
    );
  });

  it("lets the old key end earlier, and whoever may not issue keys lengthen nothing", async () => {
    const app = await newApp();
    const { body: first } = await issue(app, { expiresAt: at(48 * HOUR) });
    const path = `/v1/apps/${app}/keys/${first.key.id}`;
    expect(await patch(path, 1, { expiresAt: at(90 * HOUR) }, developer)).toMatchObject({
      status: 403,
    });
    await rotate(app, first.key.id, { overlap: "24h" }, developer);
    expect(await patch(path, 2, { expiresAt: at(47 * HOUR) }, developer)).toMatchObject({
      status: 200,
    });
    expect(await patch(path, 3, { expiresAt: null }, developer)).toMatchObject({ status: 403 });
    nowMs += 1000;
    expect(await patch(path, 3, { expiresAt: at(0) }, developer)).toMatchObject({
      status: 200,
      body: { live: false },
    });
    expect(await patch(path, 4, { expiresAt: at(HOUR) })).toMatchObject({ status: 409 });
  });

  it("lets nobody undo the end that was set by somebody who may issue keys", async () => {
    // By a change of the old key of a rotation, and by a rotation of their own.
    for (const setEnd of [
      async (app: string, keyId: string) => {
        await rotate(app, keyId, { overlap: "24h" }, developer);
        const path = `/v1/apps/${app}/keys/${keyId}`;
        expect(await patch(path, 2, { expiresAt: at(HOUR) })).toMatchObject({ status: 200 });
        return path;
      },
      async (app: string, keyId: string) => {
        await rotate(app, keyId, { overlap: "1h" });
        return `/v1/apps/${app}/keys/${keyId}`;
      },
    ]) {
      const app = await newApp();
      const path = await setEnd(app, (await issue(app)).body.key.id);
      const { version, expiresAt } = (await lacre.ask(path, { token: developer })).body;
      expect(expiresAt).toBe(at(HOUR));
      for (const later of [null, at(2 * HOUR), at(24 * HOUR)])
        expect(await patch(path, version, { expiresAt: later }, developer)).toMatchObject({
          status: 403,
        });
      expect(await patch(path, version, { expiresAt: at(HOUR / 2) }, developer)).toMatchObject({
        status: 200,
      });
      expect(await patch(path, version + 1, { expiresAt: at(HOUR) }, developer)).toMatchObject({
        status: 200,
      });
      expect(await patch(path, version + 2, { expiresAt: at(24 * HOUR) })).toMatchObject({
        status: 200,
      });
    }
  });

  it("lets one of several rotations at the same moment through", async () => {
    const app = await newApp();
    const { body } = await issue(app);
    const answers = await Promise.all(
      Array.from({ length: 8 }, () => rotate(app, body.key.id, { overlap: "1h" })),
    );
    expect(answers.map(({ status }) => status).sort((a, b) => a - b)).toEqual([
      201,
      ...Array(7).fill(409),
    ]);
    const more = await newApp();
    const issued = await Promise.all(Array.from({ length: 5 }, () => issue(more)));
    expect(issued.map(({ status }) => status).sort((a, b) => a - b)).toEqual([
      201, 201, 409, 409, 409,
    ]);
  });

  it("says what a revocation breaks, and revokes for ever", async () => {
    const app = await newApp();
    const { body } = await issue(app);
    const keyId: string = body.key.id;
    const minute = new Date(nowMs);
    const use = { keyId, appId: app, scheme: "lacre1" };
    await lacre.database.db
      .insert(keyUses)
      .values({ ...use, source: "10.1.2.3", lastMinute: minute, count: 412 });
    await lacre.database.db
      .insert(verdictMinutes)
      .values({ ...use, minute, code: "accepted", service: "s", count: 412 });
    const path = `/v1/apps/${app}/keys/${keyId}`;
    const asked = await lacre.ask(`${path}/revocation`, { token: developer });
    expect(asked.body).toMatchObject({
      usesToday: 412,
      lastUsedAt: at(0),
      sources: [{ source: "10.1.2.3", scheme: "lacre1", count: 412 }],
      otherLiveKeys: 0,
    });
    const seen = await lacre.ask(`/v1/apps/${app}`, { token: developer });
    expect(seen.body).toMatchObject({ health: "green", healthReasons: [], lastUsedAt: at(0) });

    const revoke = () =>
      lacre.ask(`${path}/revoke`, { body: { reason: "leaked" }, token: developer });
    expect(await revoke()).toMatchObject({ status: 200, body: { state: "revoked", live: false } });
    expect(await revoke()).toMatchObject({ status: 409 });
    expect(await patch(path, 2, { state: "active" })).toMatchObject({ status: 409 });
    expect(await rotate(app, keyId)).toMatchObject({ status: 409 });
  });

  it("shows people of a team nothing of others", async () => {
    const other = (await lacre.somebody("developer", [await lacre.team("others")])).token;
    const nobody = (await lacre.somebody("viewer:team")).token;
    const app = await newApp();
    const { body } = await issue(app);
    const path = `/v1/apps/${app}`;
    for (const token of [other, nobody]) {
      for (const each of [path, `${path}/keys`, `${path}/uses`, `${path}/keys/${body.key.id}`])
        expect([each, (await lacre.ask(each, { token })).status]).toEqual([each, 404]);
      expect((await lacre.ask("/v1/apps", { token })).body.items).toEqual([]);
    }
    expect(await rotate(app, body.key.id, {}, other)).toMatchObject({ status: 404 });
    const reason = { body: { reason: "x" }, token: other };
    expect(await lacre.ask(`${path}/keys/${body.key.id}/revoke`, reason)).toMatchObject({
      status: 404,
    });
  });

  it("keeps services for admins", async () => {
    const admin = (await lacre.somebody("admin")).token;
    const body = { id: "gateway", teamId: team, scopes: ["registry:read"] };
    expect(await lacre.ask("/v1/services", { body, token: operator })).toMatchObject({
      status: 403,
    });
    const wrong = { ...body, scopes: ["orders:read"] };
    expect(await lacre.ask("/v1/services", { body: wrong, token: admin })).toMatchObject({
      status: 400,
    });
    expect(await lacre.ask("/v1/services", { body, token: admin })).toMatchObject({ status: 201 });
    for (const token of [operator, developer])
      expect(await issue("gateway", {}, token)).toMatchObject({ status: 403 });
    expect(await patch("/v1/apps/gateway", 1, { name: "x" })).toMatchObject({ status: 403 });
    const issued = await issue("gateway", {}, admin);
    expect(issued.status).toBe(201);
    // It calls the console and nothing else.
    const text = issued.body.snippets.map((snippet: { text: string }) => snippet.text).join("");
    const { origin } = lacre.app.get<ConsoleSettings>(SETTINGS, { strict: false });
    expect(text).toContain(`CONSOLE_URL=${origin}\nCONSOLE_APP_ID=gateway\n`);
    expect(text).toMatch(
      /new ConsoleKeyStore[^]*new ConsoleVerdicts|new ConsoleVerdicts[^]*new ConsoleKeyStore/,
    );
    expect(text).not.toMatch(/lacre curl|fetch/);
    expect(text).not.toContain(issued.body.apiKey);
  });

  it("does a request with an Idempotency-Key once, and shows no secret twice", async () => {
    const headers = { "idempotency-key": "create-1" };
    const body = { id: "once", teamId: team };
    const create = (more: object = {}) =>
      lacre.ask("/v1/apps", { body: { ...body, ...more }, headers, token: operator });
    const first = await create();
    expect(first.status).toBe(201);
    expect((await create()).body).toEqual(first.body);
    expect(await create({ name: "Other" })).toMatchObject({
      status: 409,
      body: { code: "conflict" },
    });

    const issueOnce = () =>
      lacre.ask("/v1/apps/once/keys", {
        body: {},
        headers: { "idempotency-key": "issue-1" },
        token: operator,
      });
    const answers = await Promise.all([issueOnce(), issueOnce(), issueOnce()]);
    const [made] = answers.filter(({ status }) => status === 201);
    expect(answers.filter(({ status }) => status === 409)).toHaveLength(2);
    const again = await issueOnce();
    expect(again).toMatchObject({ status: 409 });
    expect(again.body.detail).toContain(made?.body.key.id);
    expect(await keysOf("once")).toHaveLength(1);
    const failed = await create({ id: "lk1_" });
    expect(failed.status).toBe(409);
  });

  it("lists page by page in every order, and finds", async () => {
    for (const sort of ["-id", "name", "-lastUsedAt", "health"]) {
      const whole = await lacre.ask(`/v1/apps?limit=200&sort=${sort}`, { token: operator });
      expect([sort, whole.status]).toEqual([sort, 200]);
      const ids: string[] = [];
      let cursor = "";
      do {
        const query = `limit=6&sort=${sort}${cursor && `&cursor=${cursor}`}`;
        const { body } = await lacre.ask(`/v1/apps?${query}`, { token: operator });
        ids.push(...body.items.map(({ id }: { id: string }) => id));
        cursor = body.next ?? "";
      } while (cursor !== "");
      expect(ids).toEqual(whole.body.items.map(({ id }: { id: string }) => id));
    }
    const find = async (query: string) =>
      (await lacre.ask(`/v1/apps?${query}`, { token: operator })).body.items.map(
        ({ id }: { id: string }) => id,
      );
    expect(await find("search=ORDER")).toEqual(["orders"]);
    expect(await find("search=%25")).toEqual([]);
    expect(await find("scope=orders:write")).toEqual(["orders"]);
    expect(await find("kind=service")).toEqual(["gateway"]);
    expect(await find("health=green")).toEqual([]);
    const { status } = await lacre.ask("/v1/apps?cursor=abc", { token: operator });
    expect(status).toBe(400);
  });

  it("says when two keys have lived side by side for long, or when one ends soon", async () => {
    const app = await newApp();
    const { body: first } = await issue(app);
    const { body: second } = await issue(app, { expiresAt: at(50 * 24 * HOUR) });
    const use = { appId: app, scheme: "lacre1", source: "10.0.0.1", count: 1 };
    await lacre.database.db
      .insert(keyUses)
      .values(
        [first, second].map(({ key }) => ({ ...use, keyId: key.id, lastMinute: new Date(nowMs) })),
      );
    const reasonsAfter = async (days: number) => {
      const now = nowMs;
      nowMs += days * 24 * HOUR;
      const { body } = await lacre.ask(`/v1/apps/${app}`, { token: operator });
      nowMs = now;
      return body.healthReasons;
    };
    expect(await reasonsAfter(1)).toEqual([]);
    expect(await reasonsAfter(32)).toEqual(["two-keys-for-long", "not-used-lately"]);
    expect(await reasonsAfter(37)).toEqual([
      "key-ends-soon",
      "two-keys-for-long",
      "not-used-lately",
    ]);
    expect(await reasonsAfter(51)).toEqual(["not-used-lately"]);
  });

  it("says why an app is not well", async () => {
    const app = await newApp();
    const { body: first } = await issue(app);
    const healthOf = async () => {
      const { body } = await lacre.ask(`/v1/apps/${app}`, { token: operator });
      return [body.health, ...body.healthReasons];
    };
    expect(await healthOf()).toEqual(["amber", "key-never-used"]);
    nowMs += 1000;
    const { body: second } = await rotate(app, first.key.id, { overlap: "7d" });
    nowMs += 60_000;
    const use = { appId: app, scheme: "lacre1", source: "10.0.0.1", count: 1 };
    await lacre.database.db.insert(keyUses).values([
      { ...use, keyId: first.key.id, lastMinute: new Date(nowMs) },
      { ...use, keyId: second.key.id, lastMinute: new Date(nowMs) },
    ]);
    expect(await healthOf()).toEqual(["amber", "old-key-in-use"]);
    const uses = await lacre.ask(`/v1/apps/${app}/uses`, { token: developer });
    expect(
      uses.body.items.map(({ keyId, current }: { keyId: string; current: boolean }) => [
        keyId,
        current,
      ]),
    ).toEqual(
      expect.arrayContaining([
        [first.key.id, false],
        [second.key.id, true],
      ]),
    );
    const minute = new Date(nowMs);
    const told = { appId: app, keyId: "", scheme: "lacre1", service: "s", minute };
    await addVerdicts(lacre.database.db, [{ ...told, code: "signature-mismatch", count: 50 }]);
    // Anybody can bring these about who knows the AppId.
    expect(await healthOf()).toEqual(["amber", "old-key-in-use", "unproven-refusals"]);
    const proven = { ...told, keyId: second.key.id };
    await addVerdicts(lacre.database.db, [{ ...proven, code: "scope-insufficient", count: 9 }]);
    expect(await healthOf()).toEqual(["amber", "old-key-in-use", "unproven-refusals"]);
    await addVerdicts(lacre.database.db, [{ ...proven, code: "nonce-seen", count: 1 }]);
    const all = ["refusals-above-usual", "old-key-in-use", "unproven-refusals"];
    expect(await healthOf()).toEqual(["red", ...all]);
    // As many as in each hour of the week before: that is usual.
    const usual = Array.from({ length: 160 }, (_, n) => ({
      ...{ ...proven, minute: new Date(nowMs - (n + 2) * HOUR) },
      ...{ code: "nonce-seen", count: 10 },
    }));
    await addVerdicts(lacre.database.db, usual);
    expect(await healthOf()).toEqual(["amber", "old-key-in-use", "unproven-refusals"]);
    await patch(`/v1/apps/${app}`, 1, { state: "disabled" });
    expect(await healthOf()).toEqual(["none", "disabled"]);
  });
}
