import { inspect } from "node:util";
import { afterEach, describe, expect, it } from "@jest/globals";
import { awsSigV4 } from "@lacre/schemes/aws-sigv4";
import { ConfigurationError } from "@lacre/core";
import { createCache } from "cache-manager";
import { Keyv } from "keyv";
import { readOptions, type HmacModuleOptions } from "./hmac.options.js";
import { createNonceCache, nonceKeyv } from "@lacre/stores/cache";

const KEY = "lk1_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";
const OTHER = "lk1_ICEiIyQlJicoKSorLC0uLzAxMjM0NTY3ODk6Ozw9Pj8";
const THIRD = "lk1_QEFCQ0RFRkdISUpLTE1OT1BRUlNUVVZXWFlaW1xdXl8";
const good: HmacModuleOptions = { apps: { demo: KEY }, origins: ["https://api.example.com"] };
const read = (options: object) => () => readOptions({ ...good, ...options } as HmacModuleOptions);

const SOURCE = { find: (appId: string) => (appId === "a" ? { appId, apiKey: KEY } : undefined) };

describe("readOptions", () => {
  const environment = process.env.NODE_ENV;
  afterEach(() => {
    process.env.NODE_ENV = environment;
  });

  it("takes apps as an object, a list, full records and a source", async () => {
    const ring = {
      appId: "a",
      scopes: ["x"],
      keys: [{ apiKey: KEY }, { apiKey: OTHER, state: "accept-only" }],
    };
    for (const apps of [{ a: KEY }, [{ appId: "a", apiKey: KEY }], [ring], SOURCE]) {
      const { keys } = readOptions({ ...good, apps } as HmacModuleOptions);
      expect((await keys.find("a"))?.appId).toBe("a");
      expect(await keys.find("constructor")).toBeUndefined();
    }
  });

  it("has the documented defaults", () => {
    const settings = readOptions(good);
    expect(settings.window).toEqual({
      maxAgeSeconds: 300,
      futureSkewSeconds: 5,
      clockSpreadSeconds: 25,
    });
    expect(settings.maxBodyBytes).toBe(1_048_576);
    expect([settings.signResponses, settings.maxAnswerBytes]).toEqual([false, 1_048_576]);
    expect(settings.schemes.map(({ name }) => name)).toEqual(["lacre1"]);
    expect([settings.globalGuard, settings.respondDiagnostics]).toEqual([false, false]);
  });

  it.each<[string, object, string]>([
    ["no apps", { apps: undefined }, "apps"],
    ["an empty list", { apps: [] }, "apps"],
    ["no origins", { origins: undefined }, "origins"],
    ["an empty list of origins", { origins: [] }, "origins"],
    ["an origin with a path", { origins: ["https://a.example/v1"] }, "origins[0]"],
    ["an origin without a scheme", { origins: ["a.example"] }, "origins[0]"],
    ["an unknown option", { orgins: "*" }, "orgins"],
    ["a short key", { apps: { a: "lk1_AAECAw" } }, "apps.a.apiKey"],
    ["a key of another writing", { apps: { a: "c2VjcmV0" } }, "apps.a.apiKey"],
    ["an empty key", { apps: { a: "" } }, "apps.a.apiKey"],
    ["a missing key", { apps: { a: undefined } }, "apps.a.apiKey"],
    [
      "two apps of one id",
      {
        apps: [
          { appId: "a", apiKey: KEY },
          { appId: "a", apiKey: OTHER },
        ],
      },
      "apps[1]",
    ],
    ["one secret twice", { apps: { a: KEY, b: KEY } }, "apps.b, key 1"],
    ["an id that is none", { apps: { "a b": KEY } }, "apps, entry 1.appId"],
    [
      "a key for a scheme that is not enabled",
      { apps: [{ appId: "a", apiKey: KEY, schemes: ["aws-sigv4"] }] },
      "apps[0].schemes",
    ],
    ["a scheme twice", { schemes: ["lacre1", "lacre1"] }, "schemes"],
    ["an unknown scheme", { schemes: ["hawk"] }, "schemes[0]"],
    ["a prefix with a slash at its end", { pathPrefix: "/api/" }, "pathPrefix"],
    ["a prefix without a slash", { pathPrefix: "api" }, "pathPrefix"],
    [
      "trusted proxies with any origin",
      { origins: "*", trustedProxies: ["10.0.0.0/8"] },
      "trustedProxies",
    ],
    ["proxies that are no list", { trustedProxies: true }, "trustedProxies"],
    ["a network that is everybody", { trustedProxies: ["10.0.0.0/"] }, "trustedProxies[0]"],
    ["bits in other digits", { trustedProxies: ["10.0.0.0/0x8"] }, "trustedProxies[0]"],
    ["a network of a network", { trustedProxies: ["10.0.0.0/8/9"] }, "trustedProxies[0]"],
    ["more bits than an address has", { trustedProxies: ["::1", "::/129"] }, "trustedProxies[1]"],
    ["a proxy that is no address", { trustedProxies: ["proxy.local"] }, "trustedProxies[0]"],
    ["a negative age", { maxAge: -1 }, "maxAge"],
    ["an age in words", { maxAge: "5m" }, "maxAge"],
    ["NaN", { futureSkew: Number.NaN }, "futureSkew"],
    ["a fraction", { clockSpread: 0.5 }, "clockSpread"],
    ["a flag in words", { globalGuard: "true" }, "globalGuard"],
    ["another flag in words", { bootFence: "no" }, "bootFence"],
    ["a third flag in words", { signResponses: "yes" }, "signResponses"],
    ["answers of no length", { maxAnswerBytes: 0 }, "maxAnswerBytes"],
    ["an observer that observes nothing", { observer: {} }, "observer"],
    ["a cache setting that is not known", { keyCache: { ttl: 1 } }, "keyCache.ttl"],
    ["a cache setting that is no number", { keyCache: { ttlMs: Number.NaN } }, "keyCache.ttlMs"],
    ["no look-ups at once", { keyCache: { concurrency: 0 } }, "keyCache.concurrency"],
    ["half a look-up", { keyCache: { concurrency: 1.5 } }, "keyCache.concurrency"],
    ["a queue for nobody", { keyCache: { queueCapacity: 0 } }, "keyCache.queueCapacity"],
    [
      "a third live key",
      { apps: [{ appId: "a", keys: [KEY, OTHER, THIRD].map((apiKey) => ({ apiKey })) }] },
      "apps[0].keys",
    ],
    ["a clock that is a function", { clock: Date.now }, "clock"],
    ["nothing for a default", { maxAge: null }, "maxAge"],
    ["apps that are a text", { apps: KEY }, "apps"],
    ["a longer wait than a timer has", { keyCache: { timeoutMs: 2 ** 31 } }, "keyCache.timeoutMs"],
    ["no capacity", { nonceCapacity: 0 }, "nonceCapacity"],
    ["diagnostics that are not known", { diagnostics: "all" }, "diagnostics"],
    ["a cache on a Map", { nonces: createCache() }, "nonces"],
    ["a Keyv on a Map", { nonces: new Keyv() }, "nonces"],
    ["a store without a claim", { nonces: { has: () => false, add: () => undefined } }, "nonces"],
  ])("refuses %s, names it and says how to mend it", (_name, options, option) => {
    let caught: unknown;
    try {
      read(options)();
    } catch (error) {
      caught = error;
    }
    expect(caught).toBeInstanceOf(ConfigurationError);
    const { message, option: named } = caught as ConfigurationError;
    expect(named).toBe(option);
    expect(message.length).toBeGreaterThan(option.length + 20);
    for (const secret of [KEY, OTHER, "c2VjcmV0"]) expect(inspect(caught)).not.toContain(secret);
  });

  it.each([null, "apps", () => good, [good]])("refuses what is no object: %p", (options) => {
    expect(() => readOptions(options as never)).toThrow(
      /^HmacModule: is .*, and must be an object of options\. Options: apps, origins, /,
    );
  });

  it("names the option that was meant", () => {
    expect(read({ orgins: "*" })).toThrow(
      "orgins: is not an option of HmacModule. Did you mean origins? Options: apps, origins,",
    );
  });

  it("refuses diagnostics to the caller in production", () => {
    process.env.NODE_ENV = "production";
    expect(read({ diagnostics: "respond" })).toThrow("tells strangers why they are refused");
    expect(read({ diagnostics: "log" })).not.toThrow();
  });

  it("takes a cache or a Keyv whose store claims", () => {
    expect(read({ nonces: createNonceCache() })).not.toThrow();
    expect(read({ nonces: nonceKeyv() })).not.toThrow();
  });

  it("takes SigV4 keys as text alone", () => {
    const schemes = ["lacre1", awsSigV4({ region: "eu-central-1", service: "orders" })];
    const app = { appId: "a", schemes: ["aws-sigv4"] };
    expect(read({ schemes, apps: [{ ...app, apiKey: KEY }] })).toThrow('Say encoding: "text".');
    expect(
      read({ schemes, apps: [{ ...app, apiKey: "x".repeat(31) + "y", encoding: "text" }] }),
    ).not.toThrow();
  });

  it("knows its proxies by address and network", () => {
    const { isTrustedProxy } = readOptions({
      ...good,
      trustedProxies: ["10.0.0.0/8", "192.0.2.7", "2001:db8::/32"],
    });
    expect(["10.1.2.3", "::ffff:10.1.2.3", "192.0.2.7", "2001:db8::1"].map(isTrustedProxy)).toEqual(
      [true, true, true, true],
    );
    expect(["11.1.2.3", "192.0.2.8", "::1", "", undefined, "nonsense"].some(isTrustedProxy)).toBe(
      false,
    );
  });
});

describe("nonceKeyv", () => {
  it("is a Keyv like any other, except that it forgets nothing alive", async () => {
    const keyv = nonceKeyv({ fence: false });
    await keyv.set("a", "b", 1000);
    expect(await keyv.get("a")).toBe(true);
    expect(await keyv.delete("a")).toBe(false);
    expect(await keyv.get("a")).toBe(true);
    await keyv.clear();
    expect(await keyv.get("a")).toBeUndefined();
  });
});
