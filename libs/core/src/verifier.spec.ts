import { describe, expect, it } from "@jest/globals";
import { readApps } from "./apps/apps.js";
import { contentOf } from "./content.js";
import { ConfigurationError, Refusal } from "./errors.js";
import { HeaderLines } from "./http/header-lines.js";
import type { SignableRequest } from "./http/signable-request.js";
import { secondOf } from "./ports/clock.js";
import type { NonceStore } from "./ports/nonce-store.js";
import type { RoutePolicy } from "./stages/route-policy.js";
import type { Reading, Scheme } from "./scheme/scheme.js";
import { MemoryKeyStore } from "./stores/memory-key.store.js";
import { MemoryNonceStore } from "./stores/memory-nonce.store.js";
import { Verifier } from "./verifier.js";

const T = 1_700_000_000;
const time = { ms: T * 1000, nowMs: () => time.ms };
const REQUEST: SignableRequest = {
  method: "POST",
  target: "/",
  host: "a.test",
  authority: "a.test",
  urlScheme: "https",
  headers: HeaderLines.fromRaw([]),
};

/** HMAC-SHA256 of "text" under the key of the app, by openssl. */
const MAC = "27a0eabaf34a3623827e82713f146e82e8c1a889564c6df9e5045f5fc6f61709";

/** Always of one app, always with a right MAC; its time is signed, or it is that of its arrival. */
const schemeOf = (name: string, isTimed: boolean, maxAgeSeconds?: number): Scheme =>
  ({
    name,
    challenges: [],
    keyEncodings: ["hex"],
    keyAlgorithms: ["sha256"],
    ...(maxAgeSeconds !== undefined && { window: { maxAgeSeconds } }),
    header: {
      recognises: () => true,
      contentUse: () => "sha256",
      read: () => ({
        claims: {
          appId: "demo",
          recipe: { algorithm: "sha256", encoding: "hex" },
          timestampSeconds: isTimed ? T : secondOf(time.ms),
          nonce: "n",
          signedHeaders: [],
          mac: MAC,
          content: { kind: "none" },
        },
        text: () => "text",
      }),
    },
  }) as unknown as Scheme;

const routeOf = (scheme: Scheme, maxAgeSeconds?: number): RoutePolicy => ({
  schemes: [scheme.name],
  signedHeaders: [],
  scopes: [],
  stream: false,
  ...(maxAgeSeconds !== undefined && { maxAgeSeconds }),
});

const verifierOf = (
  scheme: Scheme,
  routes: readonly RoutePolicy[],
  nonces: NonceStore = new MemoryNonceStore({ clock: time, fence: false }),
): Verifier =>
  new Verifier({
    schemes: [scheme],
    keys: new MemoryKeyStore(
      readApps(
        [
          {
            appId: "demo",
            apiKey: "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
            encoding: "hex",
            schemes: [scheme.name],
          },
        ],
        [scheme],
      ),
    ),
    nonces,
    window: { maxAgeSeconds: 2, futureSkewSeconds: 1, clockSpreadSeconds: 0 },
    clock: time,
    routes,
  });

const begin = (verifier: Verifier) => verifier.begin(REQUEST, contentOf(new Uint8Array()));
const verdictOf = async (attempt: () => unknown): Promise<string> => {
  try {
    await attempt();
    return "accepted";
  } catch (error) {
    if (error instanceof Refusal) return error.code;
    throw error;
  }
};

describe("one request sent twice to an application", () => {
  const AGES = [undefined, 1, 4, 7] as const;
  const STEP_MS = 500;

  it.each([
    ["signs its time", true],
    ["signs none", false],
  ])("runs once, whatever routes take it, where its scheme %s", async (_what, isTimed) => {
    let runs = 0;
    for (const custom of [undefined, 3, 6])
      for (const one of AGES)
        for (const other of AGES) {
          const scheme = schemeOf("one", isTimed, custom);
          const routes = [routeOf(scheme, one), routeOf(scheme, other)] as const;
          const horizon = Math.max(custom ?? 2, one ?? 0, other ?? 0);
          for (let firstMs = -1500; firstMs <= 8000; firstMs += STEP_MS) {
            time.ms = T * 1000 + firstMs;
            const nonces = new MemoryNonceStore({ clock: time, fence: false });
            const verifier = verifierOf(scheme, routes, nonces);
            if ((await verdictOf(() => begin(verifier).admit(routes[0]))) !== "accepted") continue;
            runs++;
            // Without a time of its own it is old once nobody remembers it, and not before.
            const endMs = isTimed ? 10_000 : firstMs + horizon * 1000;
            for (let nextMs = firstMs; nextMs <= endMs; nextMs += STEP_MS) {
              time.ms = T * 1000 + nextMs;
              for (const route of routes)
                expect([
                  custom,
                  one,
                  other,
                  firstMs,
                  nextMs,
                  await verdictOf(() => begin(verifier).admit(route)),
                ]).not.toContain("accepted");
            }
          }
        }
    expect(runs).toBeGreaterThan(200);
  });

  it("is not taken under a rule that asks for more than is remembered", async () => {
    time.ms = T * 1000;
    const scheme = schemeOf("one", true);
    const verifier = verifierOf(scheme, [routeOf(scheme, 4)]);
    expect(() => begin(verifier).admit(routeOf(scheme, 5))).toThrow(ConfigurationError);
    expect(await verdictOf(() => begin(verifier).admit(routeOf(scheme, 4)))).toBe("accepted");
  });
});

describe("a verifier over a memory that has just begun", () => {
  it("says for how many seconds more requests are refused, by the scheme that looks furthest ahead", () => {
    time.ms = T * 1000;
    const nonces = new MemoryNonceStore({ clock: time });
    const own = schemeOf("own", true);
    const far: Scheme = {
      ...own,
      name: "far",
      window: { maxAgeSeconds: 60, futureSkewSeconds: 60 },
    };
    const fencedFor = [own, far].map((scheme) => verifierOf(scheme, [], nonces));
    expect(fencedFor.map((verifier) => verifier.fencedForSeconds)).toEqual([2, 61]);
    time.ms += 2000;
    expect(fencedFor.map((verifier) => verifier.fencedForSeconds)).toEqual([0, 59]);
    expect(verifierOf(own, []).fencedForSeconds).toBe(0);
  });
});

describe("a window that is text", () => {
  const scheme = schemeOf("one", true);

  it.each(["maxAgeSeconds", "futureSkewSeconds", "clockSpreadSeconds"] as const)(
    "%s would open for ever, and is refused",
    (name) => {
      const window = { maxAgeSeconds: 2, futureSkewSeconds: 1, clockSpreadSeconds: 0 };
      for (const value of ["2", undefined, -1, 0.5, NaN])
        expect(
          () =>
            new Verifier({
              schemes: [scheme],
              keys: new MemoryKeyStore([]),
              nonces: new MemoryNonceStore(),
              window: { ...window, [name]: value },
            }),
        ).toThrow(ConfigurationError);
    },
  );

  it("so is a route's age", async () => {
    const route = { ...routeOf(scheme), maxAgeSeconds: "2" as unknown as number };
    expect(() => verifierOf(scheme, [route])).toThrow(ConfigurationError);
    time.ms = (T + 3600) * 1000;
    expect(() => begin(verifierOf(scheme, [])).admit(route)).toThrow(ConfigurationError);
  });
});

describe("one request that several ask about", () => {
  const scheme = schemeOf("one", true);
  const open = routeOf(scheme);
  const scoped = { ...open, scopes: ["admin"] };

  it("is held against the rule of each, and its nonce is claimed once", async () => {
    time.ms = T * 1000;
    const claims: string[] = [];
    const nonces: NonceStore = {
      claim: async (key) => {
        claims.push(key);
        return claims.length === 1 ? "fresh" : "seen";
      },
    };
    const request = begin(verifierOf(scheme, [], nonces));
    expect(await verdictOf(() => request.admit(scoped))).toBe("scope-insufficient");
    expect(claims).toEqual([]);
    expect(
      await Promise.all([open, scoped, open].map((route) => verdictOf(() => request.admit(route)))),
    ).toEqual(["accepted", "scope-insufficient", "accepted"]);
    time.ms += 3000;
    expect(await verdictOf(() => request.admit(open))).toBe("timestamp-too-old");
    expect(claims).toHaveLength(1);
  });

  it("is refused when it became too old while its nonce was claimed", async () => {
    time.ms = T * 1000;
    const slow = (ms: number): NonceStore => ({
      claim: async () => {
        time.ms += ms; // meanwhile the store may have forgotten an earlier claim
        return "fresh" as const;
      },
    });
    expect(await verdictOf(() => begin(verifierOf(scheme, [], slow(2999))).admit(open))).toBe(
      "accepted",
    );
    time.ms = T * 1000;
    expect(await verdictOf(() => begin(verifierOf(scheme, [], slow(3000))).admit(open))).toBe(
      "timestamp-too-old",
    );
  });

  it("that was seen before stays so, whoever asks", async () => {
    time.ms = T * 1000;
    const verifier = verifierOf(scheme, []);
    expect(await verdictOf(() => begin(verifier).admit(open))).toBe("accepted");
    const copy = begin(verifier);
    expect(await verdictOf(() => copy.admit(open))).toBe("nonce-seen");
    expect(await verdictOf(() => copy.admit(open))).toBe("nonce-seen");
  });

  it("has content within the limit of each", async () => {
    time.ms = T * 1000;
    const { claims, text } = scheme.header.read(REQUEST);
    const read = (): Reading => ({
      claims: { ...claims, content: { kind: "maced", from: "bytes" } },
      text,
    });
    const maced = { ...scheme, header: { ...scheme.header, read } };
    const request = verifierOf(maced, []).begin(REQUEST, contentOf(new Uint8Array(10)));
    expect(await verdictOf(() => request.admit({ ...open, maxBodyBytes: 9 }))).toBe(
      "content-too-large",
    );
    expect(await verdictOf(() => request.admit({ ...open, maxBodyBytes: 10 }))).toBe("accepted");
    expect(await verdictOf(() => request.admit({ ...open, maxBodyBytes: 9 }))).toBe(
      "content-too-large",
    );
  });
});

describe("credentials of which a part stands in the content", () => {
  /** Its MAC, and its time behind it, are the content. */
  const inContent = (): { scheme: Scheme; finished: [string, number][] } => {
    const plain = schemeOf("inside", true);
    const finished: [string, number][] = [];
    const read = (): Reading => {
      const { claims, text } = plain.header.read(REQUEST);
      const whole = { ...claims, content: { kind: "maced", from: "bytes" } as const };
      return {
        claims: { ...whole, mac: "", timestampSeconds: secondOf(time.ms) },
        text,
        finish: (content, maxBytes) => {
          finished.push([content, maxBytes]);
          const [mac = "", at] = content.split(" ");
          if (at === undefined) throw new Refusal("timestamp-malformed");
          return { claims: { ...whole, mac, timestampSeconds: Number(at) }, text };
        },
      };
    };
    return {
      scheme: { ...plain, header: { ...plain.header, contentUse: () => "bytes", read } },
      finished,
    };
  };
  const verdict = (content: string, route: Partial<RoutePolicy> = {}): Promise<string> => {
    time.ms = T * 1000;
    const { scheme } = inContent();
    const rule = { ...routeOf(scheme), ...route };
    const verifier = verifierOf(scheme, [rule]);
    const verification = verifier.begin(REQUEST, contentOf(Buffer.from(content)));
    return verdictOf(() => verification.admit(rule));
  };

  it.each([
    ["right", `${MAC} ${T}`, "accepted"],
    ["of another key", `${MAC.replace(/^2/, "3")} ${T}`, "signature-mismatch"],
    ["too old", `${MAC} ${T - 3}`, "timestamp-too-old"],
    ["too new", `${MAC} ${T + 2}`, "timestamp-too-new"],
    ["of another year", `${MAC} ${T + 90_000}`, "timestamp-absurd"], // before any key is looked up
    ["incomplete", MAC, "timestamp-malformed"],
    ["none", "", "timestamp-malformed"],
  ])("are judged as others are: %s", async (_, content, code) =>
    expect(await verdict(content)).toBe(code),
  );

  it("are not taken from more than the route takes, nor on a streamed route", async () => {
    expect(await verdict(`${MAC} ${T}`, { maxBodyBytes: 75 })).toBe("accepted");
    expect(await verdict(`${MAC} ${T}`, { maxBodyBytes: 74 })).toBe("content-too-large");
    expect(await verdict(`${MAC} ${T}`, { stream: true })).toBe("content-undigested");
  });

  it("are read once, however many ask, and by another route where one takes too little", async () => {
    time.ms = T * 1000;
    const { scheme, finished } = inContent();
    const [small, large] = [10, 100].map((maxBodyBytes) => ({ ...routeOf(scheme), maxBodyBytes }));
    const verifier = verifierOf(scheme, [small as RoutePolicy, large as RoutePolicy]);
    const content = `${MAC} ${T}`;
    const bytes = contentOf(Buffer.from(content));
    const late = {
      ...bytes,
      bytes: () => bytes.bytes(),
      settle: async (most?: number) => bytes.settle(most),
    };
    const verification = verifier.begin(REQUEST, late as typeof bytes);
    expect(await verdictOf(() => verification.admit(small as RoutePolicy))).toBe(
      "content-too-large",
    );
    const all = [1, 2, 3].map(() => verdictOf(() => verification.admit(large as RoutePolicy)));
    expect(await Promise.all(all)).toEqual(["accepted", "accepted", "accepted"]);
    expect(finished).toEqual([[content, 100]]);
    expect(verification.proof?.claims.timestampSeconds).toBe(T);
  });
});
