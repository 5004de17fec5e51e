import { createHash } from "node:crypto";
import { format, inspect } from "node:util";
import { describe, expect, it } from "@jest/globals";
import { readApp } from "../apps/apps.js";
import { lacre1 } from "../lacre1/lacre1.js";
import { readApiKey } from "./api-key.js";
import { Secret } from "./secret.js";

const TEXT = "sesame-open-sesame-open-sesame-open-up";
const BYTES = Buffer.from(TEXT);

/** Every way in which the bytes, or a part of them, could be read off a print-out. */
const TRACES = [
  "sesame",
  BYTES.subarray(0, 6).toString("hex"),
  BYTES.subarray(0, 6).toString("hex").toUpperCase(),
  BYTES.subarray(0, 6).toString("base64"),
  [...BYTES.subarray(0, 4)].join(","),
  [...BYTES.subarray(0, 4)].join(", "),
  [...BYTES.subarray(0, 4)].map((byte) => byte.toString(16)).join(" "),
];
function expectNoTrace(printed: string): void {
  for (const trace of TRACES) expect(printed).not.toContain(trace);
}

describe("Secret", () => {
  const secret = new Secret(BYTES);
  const app = readApp(
    { appId: "demo", apiKey: TEXT, encoding: "text", attributes: { tenant: 7 } },
    [lacre1],
  );

  it("its traces are such that the test would see them", () => {
    for (const leak of [TEXT, inspect(BYTES), JSON.stringify(BYTES), BYTES.toString("base64")])
      expect(TRACES.some((trace) => leak.includes(trace))).toBe(true);
  });

  it.each<[string, () => string]>([
    // KI12
    ["String()", () => String(secret)],
    ["a template", () => `${secret as unknown as string}`],
    ["concatenation", () => "key: " + (secret as unknown as string)],
    ["toLocaleString", () => secret.toLocaleString()],
    ["Number", () => String(Number(secret))],
    ["JSON.stringify", () => JSON.stringify(secret)],
    ["JSON.stringify of what holds it", () => JSON.stringify({ app, list: [secret] })],
    ["util.inspect", () => inspect(secret)],
    [
      "util.inspect in depth",
      () => inspect({ app }, { depth: Infinity, showHidden: true, getters: true }),
    ],
    [
      "util.inspect without custom inspection",
      () =>
        inspect(secret, {
          customInspect: false,
          depth: Infinity,
          showHidden: true,
          getters: false,
        }),
    ],
    [
      "console.log's %s %o %O %j %d %i",
      () => format("%s %o %O %j %d %i", ...Array.from({ length: 6 }, () => secret)),
    ],
    ["console.log without a format", () => format(secret, { secret }, [app])],
    ["an error's message", () => inspect(new Error(`no luck with ${String(secret)}`))],
    [
      "an error's cause",
      () => inspect(new Error("no luck", { cause: secret }), { depth: Infinity }),
    ],
    [
      "an error's cause that holds it",
      () => inspect(new Error("no luck", { cause: { app } }), { depth: Infinity }),
    ],
    [
      "an assertion's difference",
      () => {
        try {
          expect({ app, secret }).toEqual({ app: null, secret: null });
          return "no difference";
        } catch (error) {
          return (error as Error).message;
        }
      },
    ],
    [
      "its own properties",
      () => inspect([Reflect.ownKeys(secret), Object.entries(secret), { ...secret }]),
    ],
    [
      "what a derived key makes",
      () =>
        secret.macBy(
          {
            algorithm: "sha256",
            encoding: "hex",
            derivation: { prefix: "AWS4", steps: "20150830/us-east-1" },
          },
          "text",
        ),
    ],
    [
      "itself, once it has derived keys",
      () => inspect(secret, { depth: Infinity, showHidden: true, customInspect: false }),
    ],
    ["its fingerprint", () => secret.fingerprint + secret.digest()],
  ])("%s shows nothing of the bytes", (_way, print) => {
    expectNoTrace(print());
  });

  it("structuredClone carries nothing over", () => {
    let cloned: unknown;
    try {
      cloned = structuredClone({ secret, app });
    } catch {
      return; // refusing to be cloned is as good
    }
    expectNoTrace(inspect(cloned, { depth: Infinity, showHidden: true }));
  });

  it("says that something was left out", () => {
    for (const printed of [
      String(secret),
      inspect(secret),
      format("%s", secret),
      JSON.stringify(secret),
    ])
      expect(printed).toMatch(/redacted/);
  });

  it("does not follow the buffer that it was made from", () => {
    const bytes = Buffer.from(BYTES);
    const own = new Secret(bytes);
    const before = own.mac("sha256", "x", "hex");
    bytes.fill(0);
    expect(own.mac("sha256", "x", "hex")).toEqual(before);
  });

  it("makes the MACs of RFC 4231", () => {
    // Test case 1
    expect(new Secret(Buffer.alloc(20, 0x0b)).mac("sha256", "Hi There", "hex")).toBe(
      "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7",
    );
    const jefe = new Secret(Buffer.from("Jefe")); // test case 2
    const mac = (algorithm: "sha256" | "sha384" | "sha512"): string =>
      jefe.mac(algorithm, "what do ya want for nothing?", "hex");
    expect(mac("sha256")).toBe("5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    expect(mac("sha384")).toBe(
      "af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec3736322445e8e2240ca5e69e2c78b3239ecfab21649",
    );
    expect(mac("sha512")).toBe(
      "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea2505549758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737",
    );
  });

  // openssl dgst -sha256 -mac HMAC -macopt hexkey:aaaa…, the key longer than a block
  it.each([
    ["nothing", "", "44b545def5b97eb719d856a15e327833e520e4770619c0e3eefbde24b71285a7"],
    [
      "a short text",
      "a".repeat(4096),
      "ea0d4cb592189cc6fcc0bb32249275f2723314029b0269883f69aa981125dbab",
    ],
    [
      "a long text",
      "a".repeat(4097),
      "7a22ca966762093bc653054aa3dbdb3e68176a2d8441af951a46327b3089c707",
    ],
    [
      "a byte for each code point",
      "\u00e9\u00ff\u0000",
      "705f41f8c9dcc0de55cce37afa8bef80078ef518e04468873d5bfcf2e9da6d02",
    ],
  ])("makes the MAC of %s", (_what, text, mac) => {
    const own = new Secret(Buffer.alloc(131, 0xaa));
    expect(own.mac("sha256", text, "hex")).toBe(mac);
    expect(own.mac("sha256", Buffer.from(text, "latin1"), "hex")).toBe(mac);
    expect(own.mac("sha256", text, "base64")).toBe(Buffer.from(mac, "hex").toString("base64"));
  });

  it("makes MACs under several hashes in turn", () => {
    const jefe = new Secret(Buffer.from("Jefe")); // RFC 4231 section 4.3
    const text = "what do ya want for nothing?";
    const macOf = (algorithm: "sha256" | "sha512"): string =>
      jefe.mac(algorithm, text, "hex").slice(0, 8);
    expect([macOf("sha256"), macOf("sha512"), macOf("sha256")]).toEqual([
      "5bdcc146",
      "164b7a7b",
      "5bdcc146",
    ]);
  });

  it("has one scope for all keys that make the same MACs, and another for others", () => {
    const scopeOf = (text: string, algorithm: "sha256" | "sha512" = "sha256") =>
      new Secret(Buffer.from(text, "latin1")).scope(algorithm);
    // printf 'lacre nonce scope' | openssl dgst -sha256 -hmac 'correct horse battery staple'
    expect(scopeOf("correct horse battery staple")).toBe("d2d1dbb1");
    expect(scopeOf("correct horse battery staple\0")).toBe("d2d1dbb1");
    expect(scopeOf("correct horse battery stapl")).not.toBe("d2d1dbb1");
    // RFC 2104 section 2: a key longer than a block counts as its hash.
    const long = "k".repeat(65);
    const hashed = createHash("sha256").update(long).digest().toString("latin1");
    expect(scopeOf(hashed)).toBe(scopeOf(long));
    expect(scopeOf(`${long}\0`, "sha512")).toBe(scopeOf(long, "sha512"));
    expect(scopeOf(`${long}\0`)).not.toBe(scopeOf(long));
  });

  it("has a fingerprint that tells keys apart and is no plain hash of the bytes", () => {
    const other = readApiKey("lk1_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8");
    expect(secret.fingerprint).toMatch(/^[0-9a-f]{8}$/);
    expect(new Secret(BYTES).digest()).toBe(secret.digest());
    expect(other.fingerprint).not.toBe(secret.fingerprint);
    expect(secret.digest()).not.toBe(createHash("sha256").update(BYTES).digest("hex"));
  });

  describe("macBy", () => {
    const recipe = { algorithm: "sha256", encoding: "hex" } as const;

    // AWS's own example of a derived key, over the text "x": by openssl.
    it("derives a key in steps", () => {
      const own = new Secret(Buffer.from("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"));
      const derivation = { prefix: "AWS4", steps: "20150830/us-east-1/iam/aws4_request" };
      expect(own.macBy({ ...recipe, derivation }, "x")).toBe(
        "8308ae1d6b6da6a0b33ec660ba35cfd48e7cd000cce6af9f0b17775e8eda9018",
      );
      expect(own.macBy({ ...recipe, derivation, beforeDigest: "head\n" }, "x")).toBe(
        "fc74f261647cd4ea055d967c5e3e137aeeace3e34f0becdebd5302110bb26e7c",
      );
    });

    it("keeps few derived keys, and takes none for another", () => {
      const own = new Secret(BYTES);
      const macOf = (day: number): string =>
        own.macBy({ ...recipe, derivation: { prefix: "", steps: `day ${day}` } }, "x");
      const first = macOf(0);
      const macs = new Set(Array.from({ length: 1000 }, (_, day) => macOf(day)));
      expect(macs.size).toBe(1000);
      expect(macOf(0)).toBe(first);
    });

    it("hashes a text with the key behind it, where a format was made that way", () => {
      const own = new Secret(Buffer.from("key"));
      const construction = "sha256-suffix" as const;
      expect(own.macBy({ ...recipe, construction }, "text")).toBe(
        "84f1980ab8751660f844a7e6838b1324314b4aea330aa75ad7de0c62a1e807b3",
      );
    });

    it("takes a text for its code points", () => {
      const own = new Secret(Buffer.from("key"));
      expect(own.macBy(recipe, "\u00e9")).toBe(
        "4e6e08318f301c75bf01c7f059caaa8f42dce56dfd6228c12cf1883d3068798c",
      );
    });
  });
});
