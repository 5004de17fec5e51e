import { createHmac } from "node:crypto";
import { REFUSAL_CODES, Signer } from "@lacre/core";
import { eq } from "drizzle-orm";
import { causesOf } from "lacre/explain";
import {
  apps,
  audit,
  keys,
  refusals,
  registryChanges,
} from "../../../apps/console/src/database/tables.js";
import { ExplainThreads } from "../../../apps/console/src/explaining/explain-threads.js";
import type { Problem } from "../../../apps/console/src/problems/problem.js";
import { SETTINGS, type ConsoleSettings } from "../../../apps/console/src/start/settings.js";
import { snippetsFor } from "../../../apps/console/src/credentials/snippets.js";
import { plainCauses } from "../../../apps/console/src/explaining/plain-words.js";
import type { Databases } from "../support/databases.js";
import { explainProgram } from "../support/explain-program.js";
import { TestConsole } from "../support/test-console.js";

const ORIGIN = "https://api.example.test";

/** Requests that people try, and refusals that they look at. */
export function explainingCases(databases: () => Databases): void {
  let lacre: TestConsole;
  let blue: string;
  let developer: string;
  let operator: string;
  const apiKeys: Record<string, string> = {};
  beforeAll(async () => {
    lacre = await TestConsole.start(databases(), {
      settings: { explainProgram: await explainProgram() },
    });
    blue = await lacre.team("blue");
    const red = await lacre.team("red");
    developer = (await lacre.somebody("developer", [blue])).token;
    operator = (await lacre.somebody("operator")).token;
    await lacre.database.db.insert(apps).values([
      { id: "shop", name: "Shop", teamId: blue, schemes: ["lacre1", "stripe"] },
      { id: "billing", name: "Billing", teamId: red },
    ]);
    for (const appId of ["shop", "billing"]) {
      const path = `/v1/apps/${appId}/keys`;
      const { body } = await lacre.ask(path, { token: operator, body: {} });
      apiKeys[appId] = body.apiKey;
    }
  });
  afterAll(() => lacre.close());

  const CONTENT = '{"n":1}';
  function signed(appId: string, apiKey = apiKeys[appId] ?? "", content = CONTENT): string {
    const { headers } = new Signer({ appId, apiKey }).sign({
      method: "POST",
      url: `${ORIGIN}/v1/items?a=1`,
      headers: [["content-type", "application/json"]],
      content: Buffer.from(content),
    });
    return [
      "POST /v1/items?a=1 HTTP/1.1",
      "Host: api.example.test",
      "Content-Type: application/json",
      `Content-Length: ${CONTENT.length}`,
      ...headers.map(([name, value]) => `${name}: ${value}`),
      "",
      CONTENT,
    ].join("\r\n");
  }
  const explain = async (request: string, token = developer, more: object = {}) =>
    lacre.ask("/v1/explain", { token, body: { request, ...more } });
  const outcomes = (body: { steps: { outcome: string }[] }) =>
    body.steps.map(({ outcome }) => ({ passed: "p", failed: "F" })[outcome] ?? "-").join("");

  it("says of each step whether it passed, and changes nothing", async () => {
    const rows = async () => [
      await lacre.database.db.select().from(audit),
      await lacre.database.db.select().from(registryChanges),
    ];
    const before = await rows();
    for (let i = 0; i < 2; i++) {
      const { status, body } = await explain(signed("shop"));
      expect([status, body.outcome, outcomes(body)]).toEqual([200, "accepted", "ppppppppppp-"]);
      expect(body.who).toMatchObject({ appId: "shop", scheme: "lacre1", proven: true });
    }
    expect(await rows()).toEqual(before);
  });

  it("asks for the AppId where the format does not carry it", async () => {
    const hook = [
      "POST /hooks HTTP/1.1",
      "Host: api.example.test",
      "Content-Type: application/json",
      `Stripe-Signature: t=1700000000,v1=${"0".repeat(64)}`,
      `Content-Length: ${CONTENT.length}`,
      "",
      CONTENT,
    ].join("\r\n");
    const asksForIt = expect.stringContaining("no AppId is named") as unknown as string;
    expect((await explain(hook)).body.assumptions).toContainEqual(asksForIt);
    for (const named of [
      await explain(hook, developer, { appId: "shop" }),
      await explain(signed("shop")),
    ])
      expect(named.body.assumptions).not.toContainEqual(asksForIt);
  });

  it("holds the address that it is told against the networks of the app", async () => {
    const { db } = lacre.database;
    await db
      .update(apps)
      .set({ networks: ["192.0.2.0/24", "2001:db8::/32"] })
      .where(eq(apps.id, "shop"));
    const seen = [];
    for (const address of [
      undefined,
      "192.0.2.7",
      "::ffff:192.0.2.7",
      "2001:db8::1",
      "203.0.113.1",
    ]) {
      const { body } = await explain(signed("shop"), developer, { address });
      seen.push([address, body.outcome, body.code]);
    }
    await db.update(apps).set({ networks: [] }).where(eq(apps.id, "shop"));
    expect(seen).toEqual([
      [undefined, "accepted", undefined],
      ["192.0.2.7", "accepted", undefined],
      ["::ffff:192.0.2.7", "accepted", undefined],
      ["2001:db8::1", "accepted", undefined],
      ["203.0.113.1", "refused", "network-not-allowed"],
    ]);
    for (const address of ["192.0.2.0/24", "localhost", "", "1"]) {
      const { status, body } = await explain(signed("shop"), developer, { address });
      expect([address, status, body.faults[0].at]).toEqual([address, 400, "body.address"]);
    }
  });

  it("finds the cause, and shows neither key nor the MAC that would be right", async () => {
    const wrong = signed("shop", undefined, '{"n":2}');
    const key = apiKeys.shop ?? "";
    const bytes = Buffer.from(key.slice(4), "base64url");
    // Somebody who pastes their key, too.
    const pasted = [key, key.slice(4), bytes.toString("base64"), bytes.toString("hex")];
    pasted.push(
      bytes.toString("hex").toUpperCase(),
      Buffer.from(key).toString("hex").toUpperCase(),
    );
    const request = wrong
      .replace("\r\n\r\n", `\r\nX-Key: ${key}\r\nX-Raw: ${key.slice(4)}\r\n\r\n`)
      .replace(
        "?a=1",
        `?a=1&${pasted.map((one, i) => `k${i}=${encodeURIComponent(one)}`).join("&")}`,
      );
    const { status, body } = await explain(request);
    expect([status, body.outcome]).toEqual([200, "refused"]);
    expect(body.causes.length).toBeGreaterThan(0);
    expect(body.causes[0]).toEqual({
      id: expect.any(String),
      sentence: expect.any(String),
      cure: expect.any(String),
      concerns: expect.any(Array),
    });
    const text = JSON.stringify(body);
    for (const secret of pasted)
      for (const form of [secret, encodeURIComponent(secret)])
        expect(text.toLowerCase()).not.toContain(form.toLowerCase());
    const mac = createHmac("sha256", bytes)
      .update(body.canonicalRequest ?? "", "latin1")
      .digest();
    for (const encoding of ["base64", "base64url", "hex"] as const)
      expect(text).not.toContain(mac.toString(encoding));
    expect(body.note).toContain("AppId: shop");
  });

  it("takes a curl command of bash and of Windows, and a HAR entry", async () => {
    const [head = "", content = ""] = signed("shop").split("\r\n\r\n");
    const headers = head
      .split("\r\n")
      .slice(1)
      .filter((line) => !/^(?:host|content-length)/i.test(line));
    const url = `${ORIGIN}/v1/items?a=1`;
    const bash = `curl '${url}' ${headers.map((line) => `-H '${line}'`).join(" ")} --data-raw '${content}'`;
    const cmd = `curl "${url}" ${headers.map((line) => `-H "${line}"`).join(" ^\n ")} --data-raw "${content.replaceAll('"', '\\"')}"`;
    const har = JSON.stringify({
      request: {
        method: "POST",
        url,
        httpVersion: "HTTP/1.1",
        headers: [
          { name: "Host", value: "api.example.test" },
          ...headers.map((line) => {
            const at = line.indexOf(": ");
            return { name: line.slice(0, at), value: line.slice(at + 2) };
          }),
        ],
        postData: { mimeType: "application/json", text: content },
      },
    });
    for (const [kind, text] of Object.entries({ bash, cmd, har })) {
      const { body } = await explain(text);
      expect([kind, body.outcome, body.code]).toEqual([kind, "accepted", undefined]);
    }
  });

  it("answers the same for an app of others as for none at all", async () => {
    const of = (body: object) => JSON.stringify(body).replaceAll(/billing|nothere/g, "APP");
    const key = apiKeys.billing ?? "";
    const now = new Date().toISOString();
    const foreign = await explain(signed("billing"), developer, { at: now });
    const unknown = await explain(signed("nothere", key), developer, { at: now });
    expect([foreign.status, foreign.body.code]).toEqual([200, "app-unknown"]);
    const blind = (text: string) =>
      text.replaceAll(
        /\b[0-9a-f]{64}\b|(?:nonce|ts|t|mac)=\\?"?[\w+/=-]+|\d{10}|of \d+ bytes/g,
        "_",
      );
    const withoutText = ({
      canonicalRequest: _text,
      note: _note,
      ...rest
    }: Record<string, unknown>) => rest;
    expect(blind(of(withoutText(foreign.body)))).toBe(blind(of(withoutText(unknown.body))));
    expect((await explain(signed("billing"), operator)).body.outcome).toBe("accepted");
  });

  it("judges for another time and another origin", async () => {
    const request = signed("shop");
    const at = new Date(Date.now() + 3_600_000).toISOString();
    expect((await explain(request, developer, { at })).body.code).toBe("timestamp-too-old");
    const origin = "https://other.example.test";
    expect((await explain(request, developer, { origin })).body.code).toBe("host-unknown");
  });

  it("says what is wrong with what is no request", async () => {
    const { status, body } = await explain("hello");
    expect([status, body.faults[0].at]).toEqual([400, "body.request"]);
    expect(body.faults[0].problem).toContain("Paste one request");
    const snippet = snippetsFor({
      appId: "shop",
      scheme: "lacre1",
      algorithm: "sha256",
      encoding: "lk1",
    })[0];
    const own = await explain(snippet?.text ?? "");
    expect(own.body.faults[0].problem).toContain("--dry-run");
    for (const request of ["", "x".repeat(500_001)])
      expect((await explain(request)).status).toBe(400);
    const file = "curl https://api.example.test/ --data-binary @/etc/passwd";
    const answer = await explain(file);
    expect([answer.status, JSON.stringify(answer.body)]).toEqual([
      400,
      expect.not.stringContaining("root:"),
    ]);
  });

  it("does again what is sent again: it changes nothing", async () => {
    const headers = { "idempotency-key": "tried" };
    const body = { request: signed("shop") };
    const answers = [];
    for (let n = 0; n < 2; n += 1)
      answers.push(await lacre.ask("/v1/explain", { token: developer, body, headers }));
    expect(answers.map(({ status }) => status)).toEqual([200, 200]);
    expect(answers[1]?.body.outcome).toBe(answers[0]?.body.outcome);
  });

  it("goes on answering others while somebody pastes what takes long", async () => {
    const wrong = signed("shop", apiKeys.billing)
      .replace(CONTENT, `{"n":${"1".repeat(60_000)}}`)
      .replace(/Content-Length: \d+/, "Content-Length: 60006");
    const slow = Array.from({ length: 2 }, () => explain(wrong));
    let answered = 0;
    let done = false;
    const all = Promise.all(slow).finally(() => (done = true));
    while (!done) {
      await lacre.ask("/v1/ping");
      answered += 1;
    }
    for (const { status, body } of await all)
      expect([status, body.outcome]).toEqual([200, "refused"]);
    expect(answered).toBeGreaterThan(20);
  });

  it("ends what does not end", async () => {
    const settings = lacre.app.get<ConsoleSettings>(SETTINGS, { strict: false });
    const explainProgram = new URL("data:text/javascript,while(true);");
    const threads = new ExplainThreads({ ...settings, explainProgram });
    threads.timeLimitMs = 200;
    const task = {
      request: "x",
      atSeconds: 0,
      origin: undefined,
      appId: undefined,
      address: undefined,
    };
    const asked = Array.from({ length: 13 }, () => threads.explain(task, async () => undefined));
    const ends = (await Promise.allSettled(asked)).map((each) =>
      each.status === "rejected" ? (each.reason as Problem).code : "answered",
    );
    // Two run, ten wait, and nobody waits behind them.
    expect(ends).toEqual([...Array.from({ length: 12 }, () => "invalid-input"), "slow-down"]);
  });

  it("explains a refusal to whoever may see it", async () => {
    const row = (appId: string | null, code: string, detail = {}) => ({
      ...{ at: new Date(), appId, code, service: "api", status: 401, proven: false },
      ...{ method: "POST", route: "/v1/items", requestId: "r-1", detail },
    });
    const found = await lacre.database.db
      .insert(refusals)
      .values([
        row("shop", "signature-mismatch", {
          note: "a dead key made the MAC",
          keyFingerprints: ["0a1b2c3d"],
        }),
        row("billing", "nonce-seen"),
        row(null, "of-a-newer-service"),
      ])
      .returning({ id: refusals.id });
    const [own, foreign, newer] = found.map(({ id }) => `/v1/refusals/${id}`) as [
      string,
      string,
      string,
    ];
    const { body } = await lacre.ask(own, { token: developer });
    expect(body).toMatchObject({ appId: "shop", code: "signature-mismatch" });
    expect(body.explanation.causes.length).toBeGreaterThan(1);
    expect(body.explanation.note).toContain("0a1b2c3d");
    expect((await lacre.ask(foreign, { token: developer })).status).toBe(404);
    expect((await lacre.ask(newer, { token: developer })).status).toBe(404);
    expect((await lacre.ask(newer, { token: operator })).body.explanation.causes).toEqual([]);
    expect((await lacre.ask("/v1/refusals/999999", { token: operator })).status).toBe(404);
  });

  const told = async (row: object, token = developer) => {
    const [{ id } = { id: "" }] = await lacre.database.db
      .insert(refusals)
      .values({
        ...{ at: new Date(), appId: "shop", service: "api", status: 401, proven: false },
        ...{ method: "POST", route: "/v1/items", requestId: "r-1", code: "nonce-seen", detail: {} },
        ...row,
      })
      .returning({ id: refusals.id });
    return (await lacre.ask(`/v1/refusals/${id}`, { token })).body;
  };

  it.each(["signature-mismatch", "key-unusable"])(
    "says of %s that a dead key made it, and nothing of other keys",
    async (code) => {
      const deadKey = { id: "k_old", why: "revoked" };
      const note = "made with the key k_old, which is revoked";
      const body = await told({ code, detail: { deadKey, note, keyFingerprints: ["0a1b2c3d"] } });
      expect(body.deadKey).toEqual(deadKey);
      const { facts, causes, links } = body.explanation;
      expect(facts).toEqual([{ text: "Made with the key k_old, which is revoked." }]);
      expect(causes).toHaveLength(1);
      expect(causes[0].sentence).toContain("k_old");
      expect(links).toEqual([{ to: "keys", appId: "shop" }]);
      expect(body.explanation.note).not.toMatch(/anybody|fingerprint|0a1b2c3d/);
    },
  );

  it("tells whoever tries a request that its key is revoked, and which", async () => {
    const { body: issued } = await lacre.ask("/v1/apps/shop/keys", { token: operator, body: {} });
    const path = `/v1/apps/shop/keys/${issued.key.id}/revoke`;
    await lacre.ask(path, { token: operator, body: { reason: "leaked" } });
    const { body } = await explain(signed("shop", issued.apiKey));
    expect([body.outcome, body.code]).toEqual(["refused", "signature-mismatch"]);
    expect(body.causes).toEqual([
      {
        ...{ id: "dead-key", concerns: [], cure: expect.any(String) },
        sentence: expect.stringContaining(`${issued.key.id} of the app, which is revoked`),
      },
    ]);
  });

  it("tells a disabled app from a revoked key", async () => {
    const { db } = lacre.database;
    const [key] = await db.select({ id: keys.id }).from(keys).where(eq(keys.appId, "shop"));
    const deadKey = { id: key?.id ?? "", why: "revoked" };
    const body = await told({ code: "key-unusable", detail: { deadKey, note: "is revoked" } });
    expect(body.deadKey).toEqual({ id: key?.id, why: "app-disabled" });
    expect(JSON.stringify(body.explanation)).not.toMatch(/revoked/);
    expect(body.explanation.facts[0].text).toContain("disabled");
  });

  it("says of an app that services do not know how it stood", async () => {
    const app = async (id: string, path = "/v1/apps", asking = operator, scopes: string[] = []) => {
      const { status } = await lacre.ask(path, {
        token: asking,
        body: { id, teamId: blue, scopes },
      });
      expect(status).toBe(201);
    };
    const admin = (await lacre.somebody("admin", [])).token;
    const patch = (id: string, version: number, body: object) =>
      lacre.ask(`/v1/apps/${id}`, {
        ...{ method: "PATCH", token: operator, body, headers: { "if-match": `"${version}"` } },
      });
    for (const id of ["off", "on-again"]) await app(id);
    await app("gateway", "/v1/services", admin, ["registry:read"]);
    const code = "app-unknown";
    const causeOf = async (row: object) => (await told({ code, ...row })).explanation.causes[0].id;
    const minutes = (n: number) => new Date(Date.now() + n * 60_000);

    await patch("off", 1, { state: "disabled" });
    await patch("on-again", 1, { state: "disabled" });
    await patch("on-again", 2, { name: "It is on again" });
    const wasOff = new Date();
    await patch("on-again", 3, { state: "active" });
    expect(await causeOf({ appId: "off" })).toBe("app-disabled");
    expect(await causeOf({ appId: "on-again", at: wasOff })).toBe("app-disabled");
    expect(await causeOf({ appId: "on-again" })).toBe("app-new");
    expect(await causeOf({ appId: "on-again", at: minutes(2) })).toBe("app-known");
    expect(await causeOf({ appId: "off", at: minutes(-2) })).toBe("app-new");
    expect(await causeOf({ appId: "gateway" })).toBe("app-service");
    const { explanation } = await told({ code, appId: "off" });
    expect(explanation.facts[0].text).toContain("disabled");
    expect(explanation.note).toContain("was disabled");
    expect(explanation.note).not.toContain("No app has this AppId");
    const { explanation: other } = await told({ code, appId: null }, operator);
    expect(other.causes.length).toBeGreaterThan(1);
  });

  it("tells what is known of a refusal first, and where it can be mended", async () => {
    const note = "the app lacks orders:admin; it has orders:read";
    const { deadKey, explanation } = await told({ code: "scope-insufficient", detail: { note } });
    expect(deadKey).toBeNull();
    const text = "The app lacks orders:admin; it has orders:read.";
    expect(explanation.facts).toEqual([{ text }]);
    expect(explanation.links).toEqual([{ to: "scopes", appId: "shop" }]);
    expect(explanation.note.indexOf(text)).toBeLessThan(explanation.note.indexOf("Likely causes"));
    const { explanation: missing } = await told({
      code: "header-missing",
      detail: { message: "header-missing: content-type" },
    });
    expect(missing.facts).toEqual([{ text: "The service says: content-type." }]);
  });

  it("speaks of every code without Markdown, paths, and lines of a log that nobody sees", async () => {
    for (const code of REFUSAL_CODES) {
      const { means, causes, cures } = plainCauses(causesOf({ code }));
      const texts = [means, ...causes, ...cures];
      for (const text of texts) {
        expect([code, text]).toEqual([code, expect.stringMatching(/^\S.*[.!?]$/)]);
        expect(text).not.toMatch(
          /`|docs\/|[Tt]he line (?:says|has|names)|that line|keyCache|keygen/,
        );
      }
    }
  });
}
