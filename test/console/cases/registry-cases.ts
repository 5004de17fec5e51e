import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { inspect } from "node:util";
import { generateApiKey, UnreadableAppError, type AppDefinition } from "@lacre/nestjs";
import { Signer } from "@lacre/core";
import { createGate } from "@lacre/node";
import {
  ConsoleKeyStore,
  MasterKeyWrapper,
  RegistryReader,
  type ConsoleKeyStoreOptions,
  type ConsolePool,
} from "@lacre/stores/console";
import { Operations } from "../../../apps/console/src/access/operations.js";
import { Problem } from "../../../apps/console/src/problems/problem.js";
import { noteChange } from "../../../apps/console/src/registry/note-change.js";
import { registryDatabase } from "../../../apps/console/src/registry/registry-database.js";
import { keys, registryChanges } from "../../../apps/console/src/database/tables.js";
import { eq } from "drizzle-orm";
import type { Databases } from "../support/databases.js";
import { Forger, type Passing } from "../support/forger.js";
import { RegistryWriter, until, type Known } from "../support/registry.js";
import { TestConsole } from "../support/test-console.js";

/** What is signed so lies behind the fence of a console that has just started. */
const AHEAD_MS = 5_000;

/** How services read apps and keys, and what they believe. */
export function registryCases(databases: () => Databases): void {
  let lacre: TestConsole;
  let forger: Forger;
  let registry: RegistryWriter;
  let wrapper: MasterKeyWrapper;
  let service: Known;
  const clock = { aheadMs: AHEAD_MS, nowMs: () => Date.now() + clock.aheadMs };
  const open: ConsoleKeyStore[] = [];

  beforeAll(async () => {
    forger = await Forger.start();
    lacre = await TestConsole.start(databases(), { settings: { origin: forger.url } });
    forger.target = Number(new URL(lacre.url).port);
    wrapper = new MasterKeyWrapper(lacre.masterKey);
    registry = new RegistryWriter(lacre.database.db, wrapper);
    service = await registry.service("orders-service");
    await until(async () => (await signed(service, "/v1/registry/changes")).status === 200);
  });
  afterEach(async () => {
    forger.forge = () => undefined;
    clock.aheadMs = AHEAD_MS;
    for (const store of open.splice(0)) await store.close();
  });
  afterAll(async () => {
    await lacre.close();
    forger.close();
  });

  /** A signed request, straight to the console or by the forger. */
  async function signed(caller: Known, path: string, json?: unknown) {
    const method = json === undefined ? "GET" : "POST";
    const content = json === undefined ? undefined : Buffer.from(JSON.stringify(json));
    const headers: [string, string][] =
      content === undefined ? [] : [["content-type", "application/json"]];
    const url = `${forger.url}${path}`;
    const { headers: credentials } = new Signer({ ...caller, clock }).sign({
      method,
      url,
      headers,
      content,
    });
    const answer = await fetch(url, {
      method,
      headers: [...headers, ...credentials] as [string, string][],
      body: content,
    });
    return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
  }

  const overHttp = (more: Partial<ConsoleKeyStoreOptions> = {}): ConsoleKeyStore =>
    opened({ url: forger.url, ...service, ...more });
  const fromDatabase = (more: Partial<ConsoleKeyStoreOptions> = {}): ConsoleKeyStore =>
    opened({ pool: registryDatabase(lacre.database), wrapper, ...more });
  function opened(options: ConsoleKeyStoreOptions): ConsoleKeyStore {
    const store = new ConsoleKeyStore({ clock, logger: {}, ...options });
    open.push(store);
    return store;
  }
  const WAYS = [
    ["over HTTP", overHttp],
    ["from the database", fromDatabase],
  ] as const;

  describe("who may call", () => {
    it("neither lets a person's token in where services call, nor a service's signature where people do", async () => {
      const { token } = await lacre.somebody("admin");
      for (const path of ["/v1/registry/changes", "/v1/registry/apps/x"]) {
        expect((await lacre.ask(path, { token })).status).toBe(401);
        expect((await lacre.ask(path)).status).toBe(401);
      }
      const told = { id: "b".repeat(16), lost: 0, counts: [], refusals: [] };
      expect((await lacre.ask("/v1/ingest", { token, body: told })).status).toBe(401);
      for (const path of ["/v1/audit", "/v1/refusals"])
        expect([path, (await signed(service, path)).status]).toEqual([path, 401]);
    });

    it("asks a service for the scope of the route", async () => {
      const reader = await registry.service("only-reads", ["registry:read"]);
      const writer = await registry.service("only-writes", ["verdicts:write"]);
      await until(async () => (await signed(writer, "/v1/registry/changes")).status === 403);
      expect((await signed(reader, "/v1/registry/changes")).status).toBe(200);
      const told = { id: "c".repeat(16), lost: 0, counts: [], refusals: [] };
      expect((await signed(reader, "/v1/ingest", told)).status).toBe(403);
      expect((await signed(writer, "/v1/ingest", told)).status).toBe(200);
    });

    it("is closed to apps, whatever scopes their records say", async () => {
      const app = await registry.app("sly", { scopes: ["registry:read", "verdicts:write"] });
      expect((await signed(app, "/v1/registry/changes")).status).toBe(401);
      expect((await signed(app, "/v1/registry/apps/sly")).status).toBe(401);
    });

    it("refuses a request that is sent again", async () => {
      const url = `${forger.url}/v1/registry/changes`;
      const { headers } = new Signer({ ...service, clock }).sign({ method: "GET", url });
      const again = () => fetch(url, { headers: headers as [string, string][] });
      expect([(await again()).status, (await again()).status]).toEqual([200, 401]);
    });
  });

  describe.each(WAYS)("a key store, %s", (_way, open) => {
    it("reads the whole record, and neither what is disabled nor services", async () => {
      const appId = `whole-${_way.length}`;
      const { apiKey } = await registry.app(
        appId,
        {
          scopes: ["orders:read"],
          networks: ["10.0.0.0/8"],
          limits: { perMinute: 60 },
          attributes: { tenant: 7 },
        },
        { expiresAt: new Date("2099-01-01T00:00:00.5Z") },
      );
      const store = open();
      expect(await store.find(appId)).toEqual({
        appId,
        scopes: ["orders:read"],
        networks: ["10.0.0.0/8"],
        limits: { perMinute: 60 },
        attributes: { tenant: 7 },
        keys: [
          {
            id: `${appId}-key`,
            apiKey,
            encoding: "lk1",
            algorithm: "sha256",
            schemes: ["lacre1"],
            state: "active",
            notBefore: "1970-01-01T00:00:00.000Z",
            expiresAt: "2099-01-01T00:00:00.500Z",
          },
        ],
      });
      await registry.change(appId, { state: "disabled" });
      await until(async () => (await store.find(appId)) === undefined);
      for (const none of ["nobody", "orders-service", "__proto__"])
        expect(await store.find(none)).toBeUndefined();
    });

    it("tells of a revoked key without being asked, and has it at the next look-up", async () => {
      const appId = `revoked-${_way.length}`;
      await registry.app(appId);
      const store = open();
      const told: (string | undefined)[] = [];
      const unwatch = await store.watch((changed) => told.push(changed));
      expect(stateOf(await store.find(appId))).toBe("active");
      await registry.revoke(appId);
      await until(() => told.includes(appId));
      expect(stateOf(await store.find(appId))).toBe("revoked");
      await unwatch();
    });

    it("says of a record that it cannot be opened, and of others nothing", async () => {
      const appId = `sealed-${_way.length}`;
      await registry.app(appId);
      await registry.app(`${appId}-other`);
      const [other] = await lacre.database.db
        .select()
        .from(keys)
        .where(eq(keys.id, `${appId}-other-key`));
      const { sealed, wrappedKey } = other as typeof keys.$inferSelect;
      await lacre.database.db
        .update(keys)
        .set({ sealed, wrappedKey })
        .where(eq(keys.id, `${appId}-key`));
      const store = open();
      await expect(Promise.resolve(store.find(appId))).rejects.toThrow(UnreadableAppError);
      expect(stateOf(await store.find(`${appId}-other`))).toBe("active");
    });

    it("prints no key", async () => {
      const appId = `printed-${_way.length}`;
      const { apiKey } = await registry.app(appId);
      const store = open();
      await store.find(appId);
      const text = inspect(store, { depth: 20, showHidden: true }) + JSON.stringify(store);
      for (const secret of [apiKey, service.apiKey, Buffer.from(lacre.masterKey).toString("hex")])
        expect(text).not.toContain(secret);
    });
  });

  describe("the signature of an answer", () => {
    /** Sends it straight to the console, and says how it is answered and whether a service would believe that. */
    async function asked(caller: Known, path: string) {
      const signer = new Signer({ ...caller, clock });
      const request = signer.sign({ method: "GET", url: `${forger.url}${path}`, headers: [] });
      const answer = await fetch(`${forger.url}${path}`, {
        headers: [...request.headers] as [string, string][],
      });
      const content = new Uint8Array(await answer.arrayBuffer());
      const { status, headers } = answer;
      const verdict = await signer.check(request, { method: "GET", status, headers, content }).then(
        () => "believed",
        ({ fault }: { fault: string }) => fault,
      );
      return [status, verdict] as const;
    }

    it("is there for a service, whatever it is answered", async () => {
      const [right, path] = ["believed", "/v1/registry/changes"];
      expect(await asked(service, path)).toEqual([200, right]);
      expect(await asked(service, `${path}?after=x`)).toEqual([400, right]);
      expect(await asked(service, "/v1/registry/apps/nothing")).toEqual([404, right]);
      const writer = await registry.service("may-not-read", ["verdicts:write"]);
      await until(async () => (await asked(writer, path))[0] === 403);
      expect(await asked(writer, path)).toEqual([403, right]);
      const hasty = await registry.service("hasty");
      await registry.change("hasty", { limits: { perDay: 1 } });
      await until(async () => (await asked(hasty, path))[0] === 429);
      expect(await asked(hasty, path)).toEqual([429, right]);
      const stranger = { ...service, apiKey: generateApiKey() };
      expect(await asked(stranger, path)).toEqual([401, "signature-mismatch"]);
      // A database that cannot be asked: nothing takes it away from under a console that runs.
      const reader = lacre.app.get(RegistryReader, { strict: false });
      Object.assign(reader, { read: () => Promise.reject(new Problem("unavailable")) });
      expect(await asked(service, "/v1/registry/apps/nothing")).toEqual([503, right]);
      Reflect.deleteProperty(reader, "read");
    });

    it("is there for nobody else", async () => {
      const { token } = await lacre.somebody("viewer:team");
      const [person, wrong] = [`Bearer ${token}`, "Bearer wrong"];
      const basic = `Basic ${Buffer.from("nobody:nothing").toString("base64")}`;
      const signedOnes: string[] = [];
      const seen = new Set<number>();
      for (const { method, path, terms } of lacre.app.get(Operations, { strict: false }).routes) {
        if (terms.access.by === "service") continue;
        for (const [who, authorization] of Object.entries({ nobody: "", person, basic, wrong })) {
          const headers = { ...(authorization !== "" && { authorization }) };
          const answer = await lacre.ask(path.replaceAll(/:\w+/g, "nothing"), { method, headers });
          seen.add(answer.status);
          if (answer.headers.has("lacre-signature"))
            signedOnes.push(`${method} ${path} by ${who}: ${answer.status}`);
        }
      }
      expect(signedOnes).toEqual([]);
      for (const status of [200, 400, 401, 403, 404]) expect(seen).toContain(status);
    });
  });

  describe("an answer on its way", () => {
    const changedApp = ({ content }: Passing): Buffer => {
      const answer = JSON.parse(content.toString()) as { app: AppDefinition };
      const keys = answer.app.keys?.map((key) => ({ ...key, apiKey: generateApiKey() }));
      return Buffer.from(JSON.stringify({ app: { ...answer.app, keys } }));
    };
    const FORGERIES: readonly (readonly [string, (passing: Passing) => void])[] = [
      ["with another key in it", (passing) => (passing.content = changedApp(passing))],
      [
        "without its signature",
        (passing) => {
          for (const name of Object.keys(passing.headers))
            if (/signature/i.test(name)) delete passing.headers[name];
        },
      ],
      ["with another status", (passing) => (passing.status = 201)],
      [
        "that says there is no such app",
        (passing) => {
          passing.status = 404;
          passing.content = Buffer.from('{"code":"not-found"}');
        },
      ],
      ["that is cut short", (passing) => (passing.content = passing.content.subarray(0, 40))],
      [
        "signed by another key",
        ({ headers }) => {
          const field = "lacre-signature";
          headers[field] = String(headers[field]).replace(
            /[0-9a-f]{64}$/,
            "0123456789abcdef".repeat(4),
          );
        },
      ],
    ];

    it.each(FORGERIES)("%s is not believed", async (_name, forge) => {
      await registry.app("forged").catch(() => undefined); // once
      const store = overHttp();
      await store.find("nobody");
      let forged = 0;
      forger.forge = (passing, request) => {
        if (request.url?.includes("/apps/forged") !== true) return;
        forged += 1;
        const before = JSON.stringify([passing.status, passing.headers, String(passing.content)]);
        forge(passing);
        const after = JSON.stringify([passing.status, passing.headers, String(passing.content)]);
        expect(after).not.toBe(before);
      };
      await expect(Promise.resolve(store.find("forged"))).rejects.toThrow(/not signed/);
      expect(forged).toBe(1);
      forger.forge = () => undefined;
      expect(stateOf(await store.find("forged"))).toBe("active");
    });

    it("to another request is not believed", async () => {
      await registry.app("first");
      await registry.app("second");
      const store = overHttp();
      let first: Passing | undefined;
      forger.forge = (passing, { url = "" }) => {
        if (url.endsWith("/first")) first = { ...passing };
        if (url.endsWith("/second")) Object.assign(passing, first);
      };
      await store.find("first");
      await expect(Promise.resolve(store.find("second"))).rejects.toThrow(/not signed/);
    });

    it("that hides changes is a contact that was not made", async () => {
      await registry.app("hidden");
      const store = overHttp({ outageSeconds: 1 });
      await store.find("hidden");
      forger.forge = (passing, { url = "" }) => {
        if (url.includes("/changes")) passing.content = Buffer.from('{"seq":1,"changed":[]}');
      };
      await registry.revoke("hidden");
      // Not before its time: the forger can keep the word from us no longer than an outage lasts.
      clock.aheadMs += 1_001;
      await until(async () => {
        try {
          await store.find("hidden");
          return false;
        } catch {
          return true;
        }
      });
    });
  });

  describe("while the console is away", () => {
    /** Much sooner than a question for changes may take that waits for one: the first answer is news enough. */
    const BACK_SECONDS = 10;
    /** A database that can be away. */
    const away = { isAway: false };
    const pool = (): ConsolePool => {
      const { query } = registryDatabase(lacre.database);
      return { query: (q) => (away.isAway ? Promise.reject(new Error("gone")) : query(q)) };
    };
    const leave = (): void => {
      away.isAway = true;
      forger.isDown = true;
      forger.cut();
    };
    const comeBack = (): void => {
      away.isAway = false;
      forger.isDown = false;
    };
    afterEach(comeBack);
    const TERMS = { outageSeconds: 600, pollSeconds: 1 } as const;
    const STORES = [
      ["over HTTP", () => overHttp(TERMS)],
      ["from the database", () => fromDatabase({ ...TERMS, pool: pool() })],
    ] as const;
    const failing = (store: ConsoleKeyStore, appId: string): Promise<boolean> =>
      Promise.resolve()
        .then(() => store.find(appId))
        .then(
          () => false,
          () => true,
        );

    it.each(STORES)(
      "%s, apps that were read go on for the stated time, and no other",
      async (way, open) => {
        const appId = `goes-on-${way.length}`;
        await registry.app(appId);
        await registry.app(`${appId}-unread`);
        const store = open();
        const told: (string | undefined)[] = [];
        await store.watch((changed) => told.push(changed));
        await store.find(appId);
        leave();
        await until(() => failing(store, `${appId}-unread`));
        const startedMs = performance.now();
        expect(await failing(store, "nobody-knows")).toBe(true); // not "there is none"
        expect(performance.now() - startedMs).toBeLessThan(1_500);
        expect(stateOf(await store.find(appId))).toBe("active");
        clock.aheadMs += 590_000;
        expect(stateOf(await store.find(appId))).toBe("active");
        clock.aheadMs += 10_000;
        expect(await failing(store, appId)).toBe(true);
        clock.aheadMs = AHEAD_MS;
        comeBack();
        await until(async () => !(await failing(store, `${appId}-unread`)), BACK_SECONDS);
      },
    );

    it.each(STORES)("%s, what changed meanwhile is known when it is back", async (way, open) => {
      const appId = `meanwhile-${way.length}`;
      await registry.app(appId);
      const store = open();
      await store.find(appId);
      leave();
      await until(() => failing(store, "nobody"));
      await registry.revoke(appId);
      expect(stateOf(await store.find(appId))).toBe("active");
      comeBack();
      await until(async () => stateOf(await store.find(appId)) === "revoked");
    });

    it.each(STORES)(
      "%s, a service starts without it, and is there when it is",
      async (way, open) => {
        const appId = `late-${way.length}`;
        await registry.app(appId);
        leave();
        const store = open();
        await store.watch(() => undefined);
        expect(await failing(store, appId)).toBe(true);
        comeBack();
        await until(async () => !(await failing(store, appId)), BACK_SECONDS);
      },
    );

    it.each(STORES)(
      "%s, all is read anew where the changes are not those that were known",
      async (way, open) => {
        const appId = `restored-${way.length}`;
        await registry.app(appId);
        const store = open();
        await store.find(appId);
        // As after a backup was put back: what happened since is not in it, nor the word of it.
        await lacre.database.db.update(keys).set({ state: "revoked" }).where(eq(keys.appId, appId));
        expect(stateOf(await store.find(appId))).toBe("active");
        await lacre.database.db.delete(registryChanges);
        await until(async () => stateOf(await store.find(appId)) === "revoked");
      },
    );

    it.each(STORES)("%s, nobody learns from refusals which apps there are", async (way, open) => {
      const appId = `guarded-${way.length}`;
      const known = await registry.app(appId);
      const apps = open();
      const gate = createGate({ apps, origins: "*", bootFence: false }, {});
      await gate.start();
      const server = createServer((request, response) => {
        void gate.admit(request, response).then((who) => who && response.end());
      });
      await new Promise<void>((resolve) => server.listen(0, resolve));
      const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
      const status = async (by: Known): Promise<number> => {
        const { headers } = new Signer(by).sign({ method: "GET", url });
        return (await fetch(url, { headers: headers as [string, string][] })).status;
      };
      const wrong = { appId, apiKey: generateApiKey() };
      const nobody = { appId: "nobody", apiKey: generateApiKey() };
      const all = async () => [await status(known), await status(wrong), await status(nobody)];
      await until(async () => String(await all()) === "200,401,401");
      leave();
      await until(() => apps.isPartial);
      for (let i = 0; i < 5; i++) expect(await all()).toEqual([200, 503, 503]);
      comeBack();
      await until(async () => String(await all()) === "200,401,401");
      server.closeAllConnections();
      server.close();
      await gate.stop();
    });

    it("does not start a service that the console refuses, and shows no key", async () => {
      const store = overHttp({ apiKey: generateApiKey() });
      const fault = store.watch(() => undefined);
      await expect(fault).rejects.toThrow(/the console refuses the calls of this service with 401/);
      await expect(fault).rejects.not.toThrow(/lk1_/);
    });
  });

  describe("changes", () => {
    it("wait for the next one, and end at once when it comes", async () => {
      const { body } = await signed(service, "/v1/registry/changes");
      const startedMs = performance.now();
      const waiting = signed(service, `/v1/registry/changes?after=${String(body.seq)}&wait=20`);
      await new Promise((resolve) => setTimeout(resolve, 50));
      await registry.app("fresh");
      expect((await waiting).body.changed).toEqual(["fresh"]);
      expect(performance.now() - startedMs).toBeLessThan(10_000);
    });

    it("are told in the order of their numbers, whichever transaction ends first", async () => {
      if (lacre.database.nonces === undefined) return; // one connection: no two transactions at once
      const reader = new RegistryReader(registryDatabase(lacre.database), wrapper);
      const { seq } = await reader.news();
      let endFirst: () => void = () => undefined;
      const firstEnds = new Promise<void>((resolve) => (endFirst = resolve));
      const first = lacre.database.db.transaction(async (tx) => {
        await noteChange(tx, "first");
        await firstEnds;
      });
      const second = lacre.database.db.transaction((tx) => noteChange(tx, "second"));
      await new Promise((resolve) => setTimeout(resolve, 200));
      const early = await reader.news(seq);
      endFirst();
      await Promise.all([first, second]);
      const late = await reader.news(early.seq);
      expect([...early.changed, ...late.changed].toSorted()).toEqual(["first", "second"]);
    });

    it("are all of them where the number is not of this registry", async () => {
      const { body } = await signed(service, "/v1/registry/changes?after=999999&wait=20");
      expect(body.changed).toBe("all");
      for (const query of ["after=-1", "after=x", "wait=26", "after=1.5"])
        expect((await signed(service, `/v1/registry/changes?${query}`)).status).toBe(400);
    });
  });
}

const stateOf = (app: AppDefinition | undefined): string | undefined => app?.keys?.[0]?.state;
