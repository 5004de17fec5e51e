import { inspect } from "node:util";
import { describe, expect, it } from "@jest/globals";
import {
  App,
  readApp,
  readApps,
  type AppDefinition,
  type AppsDefinition,
  type KeyRules,
} from "./apps.js";
import { generateApiKey } from "../crypto/api-key.js";
import { ConfigurationError } from "../errors.js";

const KEY = "lk1_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";
const OTHER = "lk1_p1sUQko5nGrtpC7f7UKeA8hPmrL3sd5OB1hvBoF1Wyk";
const TEXT = "correct-horse-battery-staple-and-so-on-and-on";
const RULES: readonly KeyRules[] = [
  {
    name: "lacre1",
    keyEncodings: ["lk1", "base64", "hex", "text"],
    keyAlgorithms: ["sha256", "sha512"],
  },
  { name: "aws-sigv4", keyEncodings: ["text"], keyAlgorithms: ["sha256"] },
];

it("no mistake in a configuration makes a message show a key or a password", () => {
  const whsec = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
  for (const [option, problem] of [
    ["apps[0].schemes", `the scheme "${KEY}" is not enabled.`],
    [KEY, "is not an option of HmacModule."],
    ["origins", "https://u:pa-5e@host is no origin."],
    ["apps", `is ${whsec}, and must be a list of apps.`],
  ] as const) {
    const { message } = new ConfigurationError(option, problem, "Mend it.");
    for (const secret of [KEY.slice(4), whsec.slice(6), "pa-5e"])
      expect(message).not.toContain(secret);
    expect(message).toContain("Mend it.");
  }
});

describe("readApps", () => {
  it("gives a key the only algorithm of its scheme, or SHA-256", () => {
    const [lacre] = RULES as [KeyRules];
    const only = { ...lacre, name: "only", keyAlgorithms: ["sha1"] } as const;
    const several = { ...lacre, name: "several", keyAlgorithms: ["sha384", "sha512"] } as const;
    const algorithmOf = (scheme: string, algorithm?: "sha256") => {
      const definition = { appId: "a", apiKey: KEY, schemes: [scheme], algorithm };
      return readApps([definition], [lacre, only, several])[0]?.keys[0]?.algorithm;
    };
    expect([algorithmOf("only"), algorithmOf("lacre1")]).toEqual(["sha1", "sha256"]);
    expect(() => algorithmOf("several")).toThrow("apps[0].algorithm: is missing");
    expect(() => algorithmOf("only", "sha256")).toThrow("only does not work with this algorithm");
  });

  it("reads the short form", () => {
    const [demo, ops] = readApps({ demo: KEY, "ops.eu~1": OTHER }, RULES);
    expect([demo?.appId, ops?.appId]).toEqual(["demo", "ops.eu~1"]);
    expect(demo?.keys).toEqual([
      expect.objectContaining({
        algorithm: "sha256",
        schemes: ["lacre1"],
        state: "active",
        notBeforeMs: -Infinity,
        expiresAtMs: Infinity,
        id: expect.stringMatching(/^[0-9a-f]{8}$/),
      }),
    ]);
    expect([demo?.scopes, demo?.attributes]).toEqual([[], {}]);
  });

  it("reads the long form", () => {
    const [app] = readApps(
      [
        {
          appId: "demo",
          scopes: ["a", "b"],
          attributes: { tenant: 7 },
          keys: [
            { apiKey: KEY, id: "2027", notBefore: "2027-01-01T00:00Z", expiresAt: new Date(2e12) },
            { apiKey: OTHER, state: "accept-only", algorithm: "sha512" },
            { apiKey: TEXT, encoding: "text", schemes: ["aws-sigv4"] },
          ],
        },
      ],
      RULES,
    );
    expect(app?.keys).toEqual([
      expect.objectContaining({ id: "2027", notBeforeMs: Date.UTC(2027, 0), expiresAtMs: 2e12 }),
      expect.objectContaining({ state: "accept-only", algorithm: "sha512" }),
      expect.objectContaining({ schemes: ["aws-sigv4"] }),
    ]);
    expect(app?.scopes).toEqual(["a", "b"]);
    expect(app?.attributes).toEqual({ tenant: 7 });
    expect(Object.isFrozen(app?.scopes) && Object.isFrozen(app?.attributes)).toBe(true);
  });

  it("reads limits, and what a database says that has none", () => {
    const limits = { perMinute: 600, perSecond: 20 };
    const app = readApp({ appId: "demo", apiKey: KEY, limits }, RULES);
    expect(app.limits).toEqual({ perSecond: 20, perMinute: 600 });
    expect(Object.isFrozen(app.limits)).toBe(true);
    const without = readApp({ appId: "demo", apiKey: KEY, limits: null as never }, RULES);
    expect(without.limits).toBeUndefined();
    expect(readApp({ appId: "demo", apiKey: KEY }, RULES).limits).toBeUndefined();
  });

  it("says which limit was meant", () => {
    const limits = { perMinutes: 600 } as object;
    expect(() => readApp({ appId: "demo", apiKey: KEY, limits }, RULES)).toThrow(
      /^app\.limits\.perMinutes: .* Did you mean perMinute\?/,
    );
  });

  it("does not follow the lists that it was given", () => {
    const scopes = ["a"];
    const app = readApp({ appId: "demo", apiKey: KEY, scopes }, RULES);
    scopes.push("admin");
    expect(app.scopes).toEqual(["a"]);
  });

  it("reads moments with a zone", () => {
    const at = (notBefore: string): number | undefined =>
      readApp({ appId: "demo", apiKey: KEY, notBefore }, RULES).keys[0]?.notBeforeMs;
    expect(at("2027-01-31T00:00:00Z")).toBe(Date.UTC(2027, 0, 31));
    expect(at("2027-01-31T00:00:00.25+02:00")).toBe(Date.UTC(2027, 0, 30, 22, 0, 0, 250));
    expect(at("2027-01-31T00:00-05:30")).toBe(Date.UTC(2027, 0, 31, 5, 30));
  });

  const one = (definition: object): AppsDefinition => [
    { appId: "demo", ...definition } as AppDefinition,
  ];
  const ring = (...keys: object[]): AppsDefinition => one({ keys });

  it.each<[string, unknown, string]>([
    ["no app", {}, "apps"],
    ["no app", [], "apps"],
    ["null for an app", [null], "apps[0]"],
    ["text for an app", ["demo"], "apps[0]"],
    ["an AppId with a blank", { "de mo": KEY }, "apps, entry 1.appId"],
    ["no AppId", [{ apiKey: KEY }], "apps[0].appId"],
    ["an empty AppId", one({ appId: "", apiKey: KEY }), "apps[0].appId"],
    ["an AppId of 129 characters", one({ appId: "a".repeat(129), apiKey: KEY }), "apps[0].appId"],
    ["an AppId with a line feed", one({ appId: "demo\n", apiKey: KEY }), "apps[0].appId"],
    ["an AppId that is a number", one({ appId: 7, apiKey: KEY }), "apps[0].appId"],
    [
      "an AppId given twice",
      [...(one({ apiKey: KEY }) as []), ...(one({ apiKey: OTHER }) as [])],
      "apps[1]",
    ],
    ["an unknown member", one({ apiKey: KEY, role: "admin" }), "apps[0].role"],
    ["a misspelt member", one({ apikey: KEY }), "apps[0].apikey"],
    ["apiKey beside keys", one({ apiKey: KEY, keys: [{ apiKey: OTHER }] }), "apps[0]"],
    ["keys that is no list", one({ keys: { apiKey: KEY } }), "apps[0].keys"],
    ["keys that is null", one({ keys: null }), "apps[0].keys"],
    ["a key that is text", ring(KEY as unknown as object), "apps[0].keys[0]"],
    ["a key that is null", ring(null as unknown as object), "apps[0].keys[0]"],
    ["an unknown member of a key", ring({ apiKey: KEY, use: "all" }), "apps[0].keys[0].use"],
    ["an appId in a key", ring({ apiKey: KEY, appId: "demo" }), "apps[0].keys[0].appId"],
    ["scopes that is text", one({ apiKey: KEY, scopes: "a" }), "apps[0].scopes"],
    ["an empty scope", one({ apiKey: KEY, scopes: ["a", ""] }), "apps[0].scopes"],
    ["a scope that is a number", one({ apiKey: KEY, scopes: [7] }), "apps[0].scopes"],
    ["limits that are a number", one({ apiKey: KEY, limits: 600 }), "apps[0].limits"],
    ["limits that are a list", one({ apiKey: KEY, limits: [600] }), "apps[0].limits"],
    ["limits of nothing", one({ apiKey: KEY, limits: {} }), "apps[0].limits"],
    ["an unknown limit", one({ apiKey: KEY, limits: { perWeek: 1 } }), "apps[0].limits.perWeek"],
    ["a limit of 0", one({ apiKey: KEY, limits: { perDay: 0 } }), "apps[0].limits.perDay"],
    ["a limit of 1.5", one({ apiKey: KEY, limits: { perHour: 1.5 } }), "apps[0].limits.perHour"],
    ["a limit of NaN", one({ apiKey: KEY, limits: { perHour: NaN } }), "apps[0].limits.perHour"],
    ["a limit in text", one({ apiKey: KEY, limits: { perDay: "9" } }), "apps[0].limits.perDay"],
    ["a limit of null", one({ apiKey: KEY, limits: { perDay: null } }), "apps[0].limits.perDay"],
    // KI04, KI05
    ["no key", one({}), "apps[0].apiKey"],
    ["an undefined key", { demo: undefined }, "apps.demo.apiKey"],
    ["an empty key", { demo: "" }, "apps.demo.apiKey"],
    ["a key with a line feed", { demo: `${KEY}\n` }, "apps.demo.apiKey"],
    ["a key that is cut off", { demo: KEY.slice(0, -1) }, "apps.demo.apiKey"],
    ["a key without its encoding", { demo: TEXT }, "apps.demo.apiKey"],
    ["lk1_ under another encoding", one({ apiKey: KEY, encoding: "text" }), "apps[0].apiKey"],
    ["a short key", one({ apiKey: TEXT.slice(0, 20), encoding: "text" }), "apps[0].apiKey"],
    ["an unknown encoding", one({ apiKey: TEXT, encoding: "utf8" }), "apps[0].encoding"],
    [
      "an encoding from Object.prototype",
      one({ apiKey: TEXT, encoding: "constructor" }),
      "apps[0].encoding",
    ],
    [
      "an encoding that the scheme has not",
      one({ apiKey: KEY, schemes: ["aws-sigv4"] }),
      "apps[0].encoding",
    ],
    ["an unknown algorithm", one({ apiKey: KEY, algorithm: "md5" }), "apps[0].algorithm"],
    [
      "an algorithm that the scheme has not",
      one({ apiKey: TEXT, encoding: "text", schemes: ["aws-sigv4"], algorithm: "sha512" }),
      "apps[0].algorithm",
    ],
    [
      "two schemes for one key",
      one({ apiKey: KEY, schemes: ["lacre1", "aws-sigv4"] }),
      "apps[0].schemes",
    ],
    ["no scheme", one({ apiKey: KEY, schemes: [] }), "apps[0].schemes"],
    ["schemes that is text", one({ apiKey: KEY, schemes: "lacre1" }), "apps[0].schemes"],
    ["a scheme that is not enabled", one({ apiKey: KEY, schemes: ["hawk"] }), "apps[0].schemes"],
    ["an unknown state", one({ apiKey: KEY, state: "disabled" }), "apps[0].state"],
    ["a moment that is none", one({ apiKey: KEY, notBefore: "soon" }), "apps[0].notBefore"],
    [
      "a moment without a zone",
      one({ apiKey: KEY, expiresAt: "2027-01-31T00:00:00" }),
      "apps[0].expiresAt",
    ],
    ["a day without a time", one({ apiKey: KEY, expiresAt: "2027-01-31" }), "apps[0].expiresAt"],
    [
      "the 13th month",
      one({ apiKey: KEY, expiresAt: "2027-13-01T00:00:00Z" }),
      "apps[0].expiresAt",
    ],
    [
      "the 31st of February",
      one({ apiKey: KEY, expiresAt: "2027-02-31T00:00:00Z" }),
      "apps[0].expiresAt",
    ],
    ["an invalid Date", one({ apiKey: KEY, notBefore: new Date(NaN) }), "apps[0].notBefore"],
    // Seconds would be a day in January 1970.
    ["a number for a moment", one({ apiKey: KEY, expiresAt: 1_900_000_000 }), "apps[0].expiresAt"],
    ["an id that is no text", ring({ apiKey: KEY, id: {} as never }), "apps[0].keys[0].id"],
    ["an id of two lines", ring({ apiKey: KEY, id: "a\nb" }), "apps[0].keys[0].id"],
    ["a key for a name", ring({ apiKey: KEY, id: KEY }), "apps[0].keys[0].id"],
    ["null for a moment", one({ apiKey: KEY, expiresAt: null }), "apps[0].expiresAt"],
    [
      "an end before the beginning",
      ring({ apiKey: KEY, notBefore: "2027-01-02T00:00Z", expiresAt: "2027-01-01T00:00Z" }),
      "apps[0].keys[0].expiresAt",
    ],
    [
      "an end at the beginning",
      ring({ apiKey: KEY, notBefore: "2027-01-01T00:00Z", expiresAt: "2027-01-01T00:00Z" }),
      "apps[0].keys[0].expiresAt",
    ],
    // §8: one secret serves one scheme and stands in one record.
    ["one secret in two apps", { demo: KEY, other: KEY }, "apps.other, key 1"],
    [
      "one secret twice in a ring",
      ring({ apiKey: KEY }, { apiKey: KEY, state: "revoked" }),
      "apps[0].keys[1]",
    ],
    [
      "one secret in two encodings",
      ring(
        { apiKey: KEY },
        { apiKey: Buffer.from(KEY.slice(4), "base64url").toString("hex"), encoding: "hex" },
      ),
      "apps[0].keys[1]",
    ],
    [
      "one secret for two schemes",
      ring(
        { apiKey: TEXT, encoding: "text" },
        { apiKey: TEXT, encoding: "text", schemes: ["aws-sigv4"] },
      ),
      "apps[0].keys[1]",
    ],
    // A ring's own members say it: beside `keys` they would be read by nobody.
    ["a state beside keys", one({ keys: [{ apiKey: KEY }], state: "revoked" }), "apps[0].state"],
    [
      "an end beside keys",
      one({ keys: [{ apiKey: KEY }], expiresAt: new Date(0) }),
      "apps[0].expiresAt",
    ],
    [
      "an encoding beside keys",
      one({ keys: [{ apiKey: KEY }], encoding: "lk1" }),
      "apps[0].encoding",
    ],
    ["the key in the place of the AppId", { [OTHER]: "demo" }, "apps"],
  ])("refuses %s", (_what, apps, option) => {
    let caught: unknown;
    try {
      readApps(apps as AppsDefinition, RULES);
    } catch (error) {
      caught = error;
    }
    expect(caught).toBeInstanceOf(ConfigurationError);
    const { option: named, message } = caught as ConfigurationError;
    expect(named.startsWith(option)).toBe(true);
    // What is wrong, then how to mend it: two sentences behind the name.
    expect(message.slice(named.length)).toMatch(/^: \S.*\. [A-Z].+/s);
    for (const text of [KEY, OTHER, TEXT]) expect(inspect(caught)).not.toContain(text.slice(4, 16));
  });

  it("says where the same secret stands already", () => {
    expect(() => readApps({ demo: KEY, other: KEY }, RULES)).toThrow(/apps\.demo, key 1/);
  });

  it("takes a ring without keys: nobody is let in by it", () => {
    expect(readApp({ appId: "demo", keys: [] }, RULES).keys).toEqual([]);
  });

  it("names the option that it was told to", () => {
    expect(() => readApps({ demo: "" }, RULES, "clients")).toThrow(/^clients\.demo\.apiKey: /);
    expect(() => readApp({ appId: "demo" }, RULES)).toThrow(/^app\.apiKey: /);
  });
});

describe("App.keysFor", () => {
  // Key by key: a ring in which more than two live at once is refused where it is read.
  const appOf = (...keys: Partial<AppDefinition>[]): App =>
    new App(
      "demo",
      keys.flatMap(
        (key) => readApp({ appId: "demo", apiKey: generateApiKey(), ...key }, RULES).keys,
      ),
      [],
      {},
    );
  const idsOf = (app: App, nowMs = 0): string[] =>
    app.keysFor("lacre1", "sha256", nowMs).map(({ id }) => id);

  it("knows no revoked key, and none of another algorithm or scheme", () => {
    const app = appOf(
      { id: "revoked", state: "revoked" },
      { id: "sha512", algorithm: "sha512" },
      { id: "sigv4", schemes: ["aws-sigv4"], apiKey: TEXT, encoding: "text" },
      { id: "good", state: "accept-only" },
    );
    expect(idsOf(app)).toEqual(["good"]);
  });

  it("counts notBefore in and expiresAt out", () => {
    const app = appOf({ id: "a", notBefore: new Date(1000), expiresAt: new Date(2000) });
    expect([999, 1000, 1999, 2000].map((ms) => idsOf(app, ms).length)).toEqual([0, 1, 1, 0]);
  });

  it("tries two at most, the one that verified last first", () => {
    const app = appOf({ id: "a" }, { id: "b" }, { id: "c" });
    expect(idsOf(app)).toEqual(["a", "b"]);
    const [, b, c] = app.keys;
    if (b === undefined || c === undefined) throw new Error("three keys");
    app.noteVerified(b);
    expect(idsOf(app)).toEqual(["b", "a"]);
    app.noteVerified(c);
    expect(idsOf(app)).toEqual(["c", "a"]);
  });

  it("forgets the last one that verified once it is no longer live", () => {
    const app = appOf({ id: "a" }, { id: "b", expiresAt: new Date(1000) }, { id: "c" });
    const [, b] = app.keys;
    if (b === undefined) throw new Error("three keys");
    app.noteVerified(b);
    expect(idsOf(app, 999)).toEqual(["b", "a"]);
    expect(idsOf(app, 1000)).toEqual(["a", "c"]);
  });
});
