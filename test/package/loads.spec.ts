import { describe, expect, it } from "@jest/globals";
import { fileURLToPath } from "node:url";
import { run } from "../support/run.js";

/* What an import costs: nobody loads what he does not use. In a fresh process, since this one has loaded all of it. */

const HERE = new URL("../../", import.meta.url).href;
const LOADER = fileURLToPath(new URL("loaded-modules.mjs", import.meta.url));

/** What importing a package loads: our files by their path, others by the name of their package. */
async function loadedBy(specifier: string, ...args: string[]): Promise<readonly string[]> {
  const flags = ["-C", "@lacre/source", "--disable-warning=ExperimentalWarning"];
  const { code, stdout, stderr } = await run(
    process.execPath,
    [...flags, LOADER, specifier, ...args],
    {
      cwd: fileURLToPath(HERE),
      env: {
        LACRE_APP_ID: "demo",
        LACRE_API_KEY: "lk1_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8",
      },
    },
  );
  expect([code, stderr]).toEqual([0, ""]);
  const names = stdout
    .trim()
    .split("\n")
    .map((url) => {
      const [, name] =
        /\/node_modules\/((?:@[^/]+\/)?[^/]+)\/(?!.*\/node_modules\/)/.exec(url) ?? [];
      return name ?? url.replace(HERE, "");
    });
  return [...new Set(names)].toSorted();
}

const within = (loaded: readonly string[], ...folders: string[]): string[] =>
  loaded.filter((name) => folders.some((folder) => name.startsWith(folder)));

const OF_THE_CACHE = [
  "libs/stores/src/cache.ts",
  "libs/stores/src/cache/cache-nonce.store.ts",
  "libs/stores/src/cache/cache-on-redis.ts",
  "libs/stores/src/cache/nonce-cache.ts",
];
const CLIENTS = ["ioredis", "iovalkey", "redis", "@redis/", "@keyv/redis", "@keyv/valkey", "pg"];

describe("what an import loads", () => {
  it("@lacre/core: nothing but itself", async () => {
    const loaded = await loadedBy("@lacre/core");
    const own = within(loaded, "libs/core/");
    expect(own.length).toBeGreaterThan(30);
    expect(loaded.filter((name) => !own.includes(name))).toEqual(["node:crypto"]);
  });

  it("@lacre/stores/cache: the cache and the memory, and no client of a server", async () => {
    const loaded = await loadedBy("@lacre/stores/cache");
    expect(within(loaded, "libs/stores/")).toEqual(OF_THE_CACHE);
    expect(within(loaded, "libs/")).toEqual([...within(loaded, "libs/core/"), ...OF_THE_CACHE]);
    expect(within(loaded, "@nestjs/", ...CLIENTS)).toEqual([]);
  });

  it("@lacre/stores/redis and /postgres: neither each other, nor Nest, nor a client before the start", async () => {
    const redis = await loadedBy("@lacre/stores/redis");
    const postgres = await loadedBy("@lacre/stores/postgres");
    expect(redis).toContain("libs/stores/src/redis/redis-nonce.store.ts");
    expect(postgres).toContain("libs/stores/src/postgres/postgres-nonce.store.ts");
    expect(within(redis, "libs/stores/src/postgres", "libs/stores/src/cache")).toEqual([]);
    expect(within(postgres, "libs/stores/src/redis", "libs/stores/src/cache")).toEqual([]);
    for (const loaded of [redis, postgres])
      expect(within(loaded, "@nestjs/", "keyv", "cache-manager", ...CLIENTS)).toEqual([]);
  });

  it("@lacre/stores/console: neither Nest, nor a client before the start", async () => {
    const loaded = await loadedBy("@lacre/stores/console");
    expect(loaded).toContain("libs/stores/src/console/console-key.store.ts");
    expect(within(loaded, "libs/stores/src/redis", "libs/stores/src/cache")).toEqual([]);
    expect(within(loaded, "libs/client/", "libs/nestjs/", "libs/node/")).toEqual([]);
    expect(within(loaded, "@nestjs/", "keyv", "cache-manager", ...CLIENTS)).toEqual([]);
  });

  it("@lacre/client/webhooks: neither a format, nor a database, nor a client of another library", async () => {
    const loaded = await loadedBy("@lacre/client/webhooks");
    const own = within(loaded, "libs/client/src/webhooks");
    expect(own).toContain("libs/client/src/webhooks/webhook-sender.ts");
    expect(within(loaded, "libs/")).toEqual([...own, ...within(loaded, "libs/core/")]);
    const foreign = loaded.filter((name) => !name.startsWith("libs/"));
    expect(foreign).toEqual([
      "node:crypto",
      "node:dns",
      "node:http",
      "node:https",
      "node:net",
      "node:util",
    ]);
    const doors = [
      ...within(own, "libs/client/src/webhooks/postgres", "libs/client/src/webhooks/contract"),
    ];
    expect(doors).toEqual([]);
    const postgres = await loadedBy("@lacre/client/webhooks/postgres");
    expect(within(postgres, "@", ...CLIENTS)).toEqual([]);
  });

  it("@lacre/nestjs: no other store, no format, no optional peer", async () => {
    const loaded = await loadedBy("@lacre/nestjs");
    expect(loaded).toContain("@nestjs/common");
    expect(within(loaded, "libs/stores/")).toEqual(OF_THE_CACHE);
    expect(within(loaded, "libs/schemes/", "libs/client/")).toEqual([]);
    expect(
      within(
        loaded,
        "@nestjs/swagger",
        "@nestjs/terminus",
        "@nestjs/throttler",
        "@opentelemetry/",
        ...CLIENTS,
      ),
    ).toEqual([]);
  });

  it("@lacre/nestjs/opentelemetry: the API of OpenTelemetry and the core, and nothing of Nest", async () => {
    const loaded = await loadedBy("@lacre/nestjs/opentelemetry");
    expect(within(loaded, "@opentelemetry/")).toEqual(["@opentelemetry/api"]);
    expect(within(loaded, "libs/")).toEqual([
      ...within(loaded, "libs/core/"),
      ...within(loaded, "libs/nestjs/src/opentelemetry"),
    ]);
    expect(within(loaded, "@nestjs/")).toEqual([]);
  });

  it.each([
    ["sign", "GET", "https://a.test/"],
    ["presign", "https://a.test/"],
    ["curl", "--dry-run", "https://a.test/"],
  ])(
    "lacre %s by LACRE1: no other format, and nothing of explain but the layout",
    async (...args) => {
      const program = new URL("apps/cli/src/main.ts", HERE).href;
      const loaded = await loadedBy(program, ...args);
      expect(loaded).toContain(`apps/cli/src/commands/${args[0]}.ts`);
      expect(
        within(loaded, "libs/schemes/", "apps/cli/src/schemes.ts", "apps/cli/src/sen"),
      ).toEqual([]);
      expect(within(loaded, "apps/cli/src/explain/")).toEqual([
        "apps/cli/src/explain/any-key-length.ts",
        "apps/cli/src/explain/canonical-lines.ts",
        "apps/cli/src/explain/layouts/header-lines.ts",
        "apps/cli/src/explain/layouts/lacre1-layout.ts",
      ]);
    },
  );

  it("lacre in another format: that format", async () => {
    const program = new URL("apps/cli/src/main.ts", HERE).href;
    const loaded = await loadedBy(program, "keygen", "--scheme", "hawk");
    expect(loaded).toContain("libs/schemes/src/hawk/hawk.ts");
  });

  it("lacre/explain: no command, and nothing that could open a file, a connection or a program", async () => {
    const loaded = await loadedBy("lacre/explain");
    expect(within(loaded, "apps/")).toContain("apps/cli/src/explain.ts");
    expect(within(loaded, "apps/cli/src/commands", "apps/cli/src/io.ts")).toEqual([]);
    expect(within(loaded, "apps/")).toEqual(within(loaded, "apps/cli/"));
    expect(within(loaded, "libs/")).toEqual(within(loaded, "libs/core/", "libs/schemes/"));
    const foreign = loaded.filter((name) => !/^(?:apps|libs)\//.test(name));
    expect(foreign).toEqual(["node:crypto", "node:path", "node:util", "node:zlib", "shell-quote"]);
  });
});
