import { inspect } from "node:util";
import { afterEach, describe, expect, it } from "@jest/globals";
import {
  ConfigurationError,
  type LogSink,
  MemoryNonceStore,
  systemClock,
  UnreadableAppError,
} from "@lacre/core";
import { GATE_OPTIONS, readGateOptions, type GateOptions } from "./gate-options.js";

const KEY = "lk1_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";
const good: GateOptions = { apps: { demo: KEY }, origins: ["https://api.example.com"] };
const silent: LogSink = {};
const read = (options: object) => readGateOptions({ ...good, ...options }, silent);

describe("readGateOptions", () => {
  const environment = process.env.NODE_ENV;
  afterEach(() => {
    process.env.NODE_ENV = environment;
  });

  it("has the documented defaults", async () => {
    const settings = read({});
    expect(settings).toMatchObject({
      window: { maxAgeSeconds: 300, futureSkewSeconds: 5, clockSpreadSeconds: 25 },
      front: { pathPrefix: "" },
      clock: systemClock,
      maxBodyBytes: 1_048_576,
      signResponses: false,
      maxAnswerBytes: 1_048_576,
      observer: undefined,
      respondDiagnostics: false,
    });
    expect(settings.schemes.map(({ name }) => name)).toEqual(["lacre1"]);
    expect((await settings.keys.find("demo"))?.appId).toBe("demo");
    expect(settings.isTrustedProxy("127.0.0.1")).toBe(false);
  });

  it("keeps nonces in memory, behind a fence, as many as it is told", async () => {
    const clock = { nowMs: () => 1000 };
    const { nonces } = read({ clock, nonceCapacity: 1 });
    expect(nonces).toBeInstanceOf(MemoryNonceStore);
    expect(nonces.completeSinceMs).toBe(1000);
    expect(await nonces.claim("a", 60_000)).toBe("fresh");
    expect(() => nonces.claim("b", 60_000)).toThrow("holds 1 nonces");
    expect(read({ bootFence: false }).nonces.completeSinceMs).toBeUndefined();
  });

  it("takes a nonce store, and tells the observer of its claims", async () => {
    const nonces = { claim: () => "fresh" as const };
    expect(read({ nonces }).nonces).toBe(nonces);
    const seen: unknown[] = [];
    const observer = {
      observe: () => undefined,
      observeClaim: (claim: unknown) => seen.push(claim),
    };
    await read({ nonces, observer }).nonces.claim("a", 1);
    expect(seen).toHaveLength(1);
  });

  it("says in the log which app cannot be read", async () => {
    const lines: string[] = [];
    const find = (): never => {
      throw new UnreadableAppError("no such column");
    };
    const { keys } = readGateOptions(
      { ...good, apps: { find } },
      { error: (line) => lines.push(String(line)) },
    );
    await expect(keys.find("demo")).rejects.toThrow("no such column");
    expect(lines).toEqual(["app demo cannot be read, and is refused with 503: no such column"]);
  });

  it.each<[object, string]>([
    [{ apps: undefined }, 'apps: is missing. Give { myApp: "lk1_…" }, for example.'],
    [
      { apps: KEY },
      'apps: must be an object of keys, a list of apps, or a source with find(). Give { myApp: "lk1_…" }, for example.',
    ],
    [{ origins: undefined }, 'origins: is missing. Give ["https://api.example.com"], for example.'],
    [{ globalGuard: true }, "globalGuard: is not an option of createGate. Options: apps, origins,"],
    [
      { maxAge: 86_401 },
      "maxAge: is 86401, and must be a whole number of seconds from 1 to 86400. Give 300, for example.",
    ],
    [{ nonces: new Map() }, "nonces: must be an object with claim()."],
    [{ clock: Date.now }, "clock: is a function, and must be an object with nowMs()."],
    [{ observer: {} }, "observer: must be an object with observe()."],
    [{ diagnostics: "all" }, 'diagnostics: must be "log" or "respond".'],
    [{ trustedProxies: true }, 'trustedProxies: must be a list. Give ["10.0.0.0/8"], for example.'],
    [
      { trustedProxies: ["proxy.local"] },
      'trustedProxies[0]: must be an address or a network. Write "10.1.2.3" or "10.0.0.0/8".',
    ],
    [
      { trustedProxies: ["10.0.0.0/8"], origins: "*" },
      'trustedProxies: may choose among configured origins only, and origins is "*".',
    ],
    [{ keyCache: { ttl: 1 } }, "keyCache.ttl: is not an option of keyCache. Did you mean ttlMs?"],
  ])("refuses %p: %s", (options, message) => {
    expect(() => read(options)).toThrow(message);
  });

  it("refuses in production to tell callers why", () => {
    process.env.NODE_ENV = "production";
    expect(() => read({ diagnostics: "respond" })).toThrow("tells strangers why they are refused");
  });

  it.each(Object.keys(GATE_OPTIONS))("shows no key that came to be %s", (name) => {
    let caught: unknown;
    try {
      read({ [name]: KEY });
    } catch (error) {
      caught = error;
    }
    expect(caught).toBeInstanceOf(ConfigurationError);
    expect(inspect(caught)).not.toContain(KEY);
  });
});
