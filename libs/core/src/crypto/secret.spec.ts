import { createHash } from "node:crypto";
import { format, inspect } from "node:util";
import { describe, expect, it, jest } from "@jest/globals";
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
      "its derived keys",
      () =>
        inspect(
          secret.derive("label", (bytes) => bytes),
          { depth: Infinity, showHidden: true },
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

  describe("derive", () => {
    it("makes a key once for each label", () => {
      const own = new Secret(BYTES);
      const make = jest.fn((bytes: Buffer) => createHash("sha256").update(bytes).digest());
      const first = own.derive("a", make);
      expect(own.derive("a", make)).toBe(first);
      expect(make).toHaveBeenCalledTimes(1);
      expect(own.derive("b", make)).not.toBe(first);
      expect(make).toHaveBeenCalledTimes(2);
    });

    it("keeps few of them, whatever the number of labels", () => {
      const own = new Secret(BYTES);
      const make = jest.fn((bytes: Buffer) => Buffer.from(bytes));
      for (let i = 0; i < 1000; i++) own.derive(`day ${i}`, make);
      own.derive("day 999", make);
      expect(make).toHaveBeenCalledTimes(1000);
      own.derive("day 0", make);
      expect(make).toHaveBeenCalledTimes(1001);
    });

    it("does not change its own bytes when the maker scribbles over them", () => {
      const own = new Secret(BYTES);
      const before = own.mac("sha256", "x", "hex");
      own.derive("a", (bytes) => bytes.fill(0));
      expect(own.mac("sha256", "x", "hex")).toEqual(before);
    });
  });
});
