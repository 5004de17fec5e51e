import { inspect } from "node:util";
import { afterEach, beforeEach, describe, expect, it, jest } from "@jest/globals";
import { App, readApp, type AppDefinition } from "../apps/apps.js";
import { compare } from "./compare.js";
import { generateApiKey } from "../crypto/api-key.js";
import { Refusal } from "../errors.js";
import { Secret } from "../crypto/secret.js";
import type { Claimed } from "../flow.js";
import { HeaderLines } from "../http/header-lines.js";
import type { SignableRequest } from "../http/signable-request.js";
import { UnreadableAppError, type KeyStore } from "../ports/key-store.js";
import { findApp, resolveKey } from "./resolve-key.js";
import { lacre1 } from "../lacre1/lacre1.js";
import type { Claims } from "../scheme/claims.js";
import type { MacAlgorithm } from "../crypto/algorithms.js";
import type { Scheme } from "../scheme/scheme.js";

const TEXT = "the canonical request";
const HEAD: SignableRequest = {
  method: "GET",
  target: "/",
  host: "api.example.test",
  authority: "api.example.test",
  urlScheme: "https",
  headers: HeaderLines.fromRaw([]),
};
const NOW_MS = 1_700_000_000_000;
const ZEROS = "0".repeat(64);

/** How often a MAC is computed, whichever key is tried. */
const realMacBy = Secret.prototype.macBy;
const macs = jest.spyOn(Secret.prototype, "macBy");
beforeEach(() => {
  macs.mockClear();
});

const appOf = (...keys: Partial<AppDefinition>[]): App =>
  new App(
    "demo",
    keys.flatMap(
      (key) => readApp({ appId: "demo", apiKey: generateApiKey(), ...key }, [lacre1]).keys,
    ),
    [],
    {},
  );
const storeOf = (...apps: App[]): KeyStore => ({
  find: (id) => apps.find(({ appId }) => appId === id),
});

interface Over extends Partial<Claims> {
  readonly algorithm?: MacAlgorithm;
  readonly scheme?: string;
}
/** What a request says of itself, whose canonical request is TEXT unless said otherwise. */
const claimedOf = (
  mac: string,
  { algorithm = "sha256", scheme = "lacre1", ...over }: Over = {},
  text = TEXT,
): Claimed => {
  const claims: Claims = {
    appId: "demo",
    recipe: { algorithm, encoding: "hex" },
    timestampSeconds: 1_700_000_000,
    nonce: "nonce",
    signedHeaders: ["host"],
    mac,
    content: { kind: "none" },
    ...over,
  };
  const named: Scheme = { ...lacre1, name: scheme };
  return { scheme: named, head: HEAD, reading: { claims, text: () => text } } as unknown as Claimed;
};
const macBy = (app: App, i: number): string => {
  const key = app.keys[i];
  if (key === undefined) throw new Error(`no key ${i}`);
  return key.secret.mac(key.algorithm, TEXT, "hex");
};

/** Both steps of finding the keys, as `verify` takes them. */
const resolve = async (claimed: Claimed, keys: KeyStore) =>
  resolveKey(
    claimed,
    await findApp(claimed.reading.claims.appId, claimed.scheme.name, keys),
    NOW_MS,
  );

async function judge(claimed: Claimed, keys: KeyStore): Promise<string> {
  try {
    const { app, key } = compare(await resolve(claimed, keys), TEXT);
    return `${app.appId}/${key.id}`;
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return error.code;
  }
}

const FOUR_DEAD: Partial<AppDefinition>[] = [
  { id: "revoked", state: "revoked", expiresAt: new Date(NOW_MS + 5000) },
  { id: "long ago", expiresAt: new Date(NOW_MS - 1000) },
  { id: "future", notBefore: new Date(NOW_MS + 1000) },
  { id: "expired", expiresAt: new Date(NOW_MS) },
];

describe("resolveKey and compare", () => {
  it("lets in the holder of the key", async () => {
    const app = appOf({ id: "a" });
    expect(await judge(claimedOf(macBy(app, 0)), storeOf(app))).toBe("demo/a");
    expect(macs).toHaveBeenCalledTimes(1);
  });

  it.each<[string, Partial<AppDefinition>[], Over, string, number]>([
    // KI01, KI02, KI07, KI08: as many MACs for a stranger as for a friend, two of them with dead keys or the dummy
    ["an unknown app", [{}], { appId: "nobody" }, "app-unknown", 3],
    ["__proto__", [{}], { appId: "__proto__" }, "app-unknown", 3],
    ["an app without keys", [], {}, "key-unusable", 3],
    ["an app whose key is revoked", [{ state: "revoked" }], {}, "key-unusable", 3],
    ["an app whose key has expired", [{ expiresAt: new Date(NOW_MS) }], {}, "key-unusable", 3],
    [
      "an app whose key is not valid yet",
      [{ notBefore: new Date(NOW_MS + 1) }],
      {},
      "key-unusable",
      3,
    ],
    ["an algorithm that is not the key's", [{}], { algorithm: "sha512" }, "key-unusable", 3],
    ["a scheme that is not the key's", [{}], { scheme: "aws-sigv4" }, "key-unusable", 3],
    ["a wrong MAC, one key", [{}], {}, "signature-mismatch", 3],
    ["a wrong MAC, two keys", [{}, {}], {}, "signature-mismatch", 4],
    ["a wrong MAC, five keys", [{}, {}, {}, {}, {}], {}, "signature-mismatch", 4],
    ["a wrong MAC, one of two keys live", [{ state: "revoked" }, {}], {}, "signature-mismatch", 3],
    ["a wrong MAC, one of five keys live", [...FOUR_DEAD, {}], {}, "signature-mismatch", 3],
    ["a wrong MAC, four dead keys", FOUR_DEAD, {}, "key-unusable", 3],
  ])("%s", async (_what, keys, over, verdict, count) => {
    const claimed = claimedOf("7".repeat(over.algorithm === "sha512" ? 128 : 64), over);
    expect(await judge(claimed, storeOf(appOf(...keys)))).toBe(verdict);
    expect(macs).toHaveBeenCalledTimes(count);
  });

  it("tries the key first that verified last", async () => {
    const app = appOf({ id: "a" }, { id: "b" });
    const keys = storeOf(app);
    const costs: number[] = [];
    for (const i of [0, 1, 1, 0, 0]) {
      macs.mockClear();
      expect(await judge(claimedOf(macBy(app, i)), keys)).toBe(`demo/${"ab"[i]}`);
      costs.push(macs.mock.calls.length);
    }
    expect(costs).toEqual([1, 2, 1, 2, 1]);
  });

  it("a wrong MAC changes nothing about which key comes first", async () => {
    const app = appOf({ id: "a" }, { id: "b" });
    await judge(claimedOf(macBy(app, 1)), storeOf(app));
    await judge(claimedOf(ZEROS), storeOf(app));
    macs.mockClear();
    await judge(claimedOf(macBy(app, 1)), storeOf(app));
    expect(macs).toHaveBeenCalledTimes(1);
  });

  describe("the dummy key", () => {
    // A world in which every MAC is right.
    beforeEach(() => void macs.mockReturnValue(ZEROS));
    afterEach(() => void macs.mockImplementation(realMacBy));

    it.each<[string, App[], string]>([
      ["an unknown app", [], "app-unknown"],
      ["an app without keys", [appOf()], "key-unusable"],
      [
        "an app whose keys are revoked",
        [appOf({ state: "revoked" }, { state: "revoked" })],
        "key-unusable",
      ],
    ])("opens nothing, even when its MAC is right: %s", async (_what, apps, verdict) => {
      macs.mockClear();
      expect(await judge(claimedOf(ZEROS), storeOf(...apps))).toBe(verdict);
      expect(macs).toHaveBeenCalledTimes(3);
    });

    it("is another one than an empty key or the key of zeros", async () => {
      for (const bytes of [Buffer.alloc(0), Buffer.alloc(32)]) {
        const keyed = await resolve(claimedOf(ZEROS), storeOf());
        const { Secret } = await import("../crypto/secret.js");
        expect(keyed.candidates.map(({ secret }) => secret.digest())).not.toContain(
          new Secret(bytes).digest(),
        );
      }
    });
  });

  describe("a key that opens nothing now", () => {
    const refusalOf = async (app: App, mac: string, over: Over = {}, text = TEXT) => {
      const keyed = await resolve(claimedOf(mac, over), storeOf(app));
      try {
        compare(keyed, text);
      } catch (error) {
        return error as Refusal;
      }
      throw new Error("let in");
    };

    const WHY: Record<string, string> = {
      revoked: "revoked",
      "revoked and expired": "revoked",
      "not valid yet": "not-yet-valid",
    };
    it.each<[string, Partial<AppDefinition>, string]>([
      ["revoked", { state: "revoked" }, "which is revoked"],
      [
        "revoked and expired",
        { state: "revoked", expiresAt: new Date(NOW_MS - 1) },
        "which is revoked",
      ],
      ["expired", { expiresAt: new Date(NOW_MS) }, "which expired at 2023-11-14T22:13:20.000Z"],
      [
        "not valid yet",
        { notBefore: new Date(NOW_MS + 1000) },
        "which is not valid before 2023-11-14T22:13:21.000Z",
      ],
      [
        "valid for a while, and not now",
        { notBefore: new Date(NOW_MS - 5000), expiresAt: new Date(NOW_MS - 1000) },
        "which is valid from 2023-11-14T22:13:15.000Z to 2023-11-14T22:13:19.000Z alone",
      ],
    ])("is named to the log: %s", async (what, dead, words) => {
      const note = `made with the key old, ${words}`;
      for (const [code, live] of [
        ["key-unusable", []],
        ["signature-mismatch", [{ id: "new" }]],
        ["signature-mismatch", [{ id: "new" }, { id: "newer" }]],
      ] as const) {
        const app = appOf({ id: "old", ...dead }, ...live);
        const refusal = await refusalOf(app, macBy(app, 0));
        expect([refusal.code, refusal.status, refusal.progress().note]).toEqual([code, 401, note]);
        expect(refusal.progress().deadKey).toEqual({ id: "old", why: WHY[what] ?? "ended" });
        // Neither the message, which callers see under diagnostics, nor what printing it shows.
        expect(inspect(refusal)).not.toContain("made with");
        const wrong = await refusalOf(app, ZEROS);
        expect([wrong.code, wrong.message]).toEqual([code, refusal.message]);
        expect(wrong.progress()).not.toHaveProperty("note");
        expect(wrong.progress()).not.toHaveProperty("deadKey");
      }
    });

    it("is one of the two that expire last", async () => {
      const app = appOf(...FOUR_DEAD);
      const notes = await Promise.all(
        FOUR_DEAD.map(async (_, i) => (await refusalOf(app, macBy(app, i))).progress().note),
      );
      expect(notes).toEqual([
        "made with the key revoked, which is revoked",
        undefined,
        "made with the key future, which is not valid before 2023-11-14T22:13:21.000Z",
        undefined,
      ]);
    });

    it("is named beside others of a sender that changes keys", async () => {
      const app = appOf({ id: "old", state: "revoked" }, {});
      const refusal = await refusalOf(app, ZEROS, { otherMacs: [macBy(app, 0)] });
      expect(refusal.progress().note).toBe("made with the key old, which is revoked");
    });

    it("may be one that lives, where there are more than are tried", async () => {
      const app = appOf({ id: "a" }, { id: "b" }, { id: "c" });
      const refusal = await refusalOf(app, macBy(app, 2));
      expect(refusal.code).toBe("signature-mismatch");
      expect(refusal.progress().deadKey).toEqual({ id: "c", why: "not-tried" });
      expect(refusal.progress().note).toBe(
        "made with the key c, which is one more than are tried for a request",
      );
    });

    it("is looked for on short texts alone, whoever is asked for", async () => {
      const long = "x".repeat(16_385);
      for (const keys of [[], [{}], [{ state: "revoked" } as const]]) {
        macs.mockClear();
        await refusalOf(appOf(...keys), ZEROS, {}, long);
        expect(macs).toHaveBeenCalledTimes(1);
        await refusalOf(appOf(...keys), ZEROS, {}, long.slice(1));
        expect(macs).toHaveBeenCalledTimes(4);
      }
    });

    it("of another app is nobody's", async () => {
      const others = appOf({ state: "revoked" });
      const refusal = await refusalOf(appOf({ state: "revoked" }), macBy(others, 0));
      expect(refusal.progress()).not.toHaveProperty("note");
    });
  });

  it("a key that is not the app's opens nothing", async () => {
    const [mine, others] = [appOf({ id: "mine" }), appOf({ id: "others" })];
    const keyed = await resolve(claimedOf(macBy(others, 0)), storeOf(mine));
    expect(() => compare({ ...keyed, candidates: others.keys }, TEXT)).toThrow(Refusal);
  });

  it.each([0, 1, 63, 65, 128, 1000])(
    "a MAC of %s characters is a wrong one, and no error",
    async (length) => {
      // SV01, SV02
      const app = appOf({});
      const right = macBy(app, 0).padEnd(1000, "0").slice(0, length);
      expect(await judge(claimedOf(right), storeOf(app))).toBe("signature-mismatch");
    },
  );

  it("every character of the MAC counts", async () => {
    const app = appOf({});
    const right = macBy(app, 0);
    for (let at = 0; at < right.length; at++) {
      const flipped = right[at] === "0" ? "1" : "0";
      const wrong = right.slice(0, at) + flipped + right.slice(at + 1);
      expect(wrong).not.toBe(right); // SV07
      expect(await judge(claimedOf(wrong), storeOf(app))).toBe("signature-mismatch");
    }
  });

  describe("the key store", () => {
    const fail = (error: unknown) => (): never => {
      throw error;
    };
    it.each<[string, KeyStore["find"], string]>([
      // KI10
      ["throws", fail(new Error("ECONNREFUSED")), "keys-unavailable"],
      ["rejects", () => Promise.reject(new Error("timeout")), "keys-unavailable"],
      ["throws nothing at all", fail(undefined), "keys-unavailable"],
      ["cannot read the app", fail(new UnreadableAppError("bad row")), "app-unreadable"],
      [
        "rejects with an app that it cannot read",
        () => Promise.reject(new UnreadableAppError("bad row")),
        "app-unreadable",
      ],
      ["answers a promise of undefined", () => Promise.resolve(undefined), "app-unknown"],
      // What a database says for "no row".
      ["answers null", () => null as never, "app-unknown"],
      ["answers a promise of null", () => Promise.resolve(null as never), "app-unknown"],
    ])("%s", async (_what, find, verdict) => {
      expect(await judge(claimedOf(ZEROS), { find })).toBe(verdict);
    });

    it("is asked once, for the AppId as it was sent", async () => {
      const find = jest.fn<KeyStore["find"]>(() => undefined);
      await judge(claimedOf(ZEROS, { appId: "Demo" }), { find });
      expect(find.mock.calls).toEqual([["Demo"]]);
    });
  });

  it("tells the log the AppId, the scheme and the text, and no MAC", async () => {
    const app = appOf({});
    const keyed = await resolve(claimedOf(ZEROS), storeOf(app));
    try {
      compare(keyed, TEXT);
      throw new Error("not refused");
    } catch (error) {
      const refusal = error as Refusal;
      expect(refusal.progress()).toEqual({
        appId: "demo",
        scheme: "lacre1",
        canonicalRequest: TEXT,
        keyFingerprints: [expect.stringMatching(/^[0-9a-f]{8}$/)],
        keyIds: [expect.stringMatching(/^[0-9a-f]{8}$/)],
      });
      expect(JSON.stringify([refusal.message, refusal.stack, refusal])).not.toContain(
        macBy(app, 0).slice(0, 12),
      );
    }
  });
});

describe("what is good once where no nonce was sent", () => {
  it("is what was signed, whichever MAC is shown in whatever company", async () => {
    const app = appOf({ id: "a" }, { id: "b" });
    const [a, b] = [macBy(app, 0), macBy(app, 1)];
    const nonces = new Set<string>();
    for (const [mac, ...otherMacs] of [[a], [b], [a, b], [b, a], [ZEROS, a], [b, ZEROS]] as const) {
      const claimed = claimedOf(mac as string, { nonce: "", otherMacs });
      nonces.add(compare(await resolve(claimed, storeOf(app)), TEXT).claims.nonce);
    }
    // echo -n "the canonical request" | sha256sum
    expect([...nonces]).toEqual([
      "fb11229039459dc6f90eed56155336b653c93c73bb3727b6e56a0ed0f93801a7",
    ]);
  });

  it("is the nonce where there is one", async () => {
    const app = appOf({ id: "a" });
    const keyed = await resolve(claimedOf(macBy(app, 0)), storeOf(app));
    expect(compare(keyed, TEXT).claims.nonce).toBe("nonce");
  });
});
