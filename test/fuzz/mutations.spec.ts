/*
 * Random damage (DS08 of the catalogue of bad input). Runs a fixed number of times with a new seed each time; a failure
 * prints the seed and the smallest counterexample: `fc.assert(…, { seed, path })` runs it again.
 */
import { describe, expect, it } from "@jest/globals";
import { cpuMsOf } from "../support/cpu-ms.js";
import {
  chooseScheme,
  contentOf,
  lacre1,
  MemoryKeyStore,
  MemoryNonceStore,
  Origins,
  readApps,
  receive,
  Refusal,
  Signer,
  Verifier,
  type Content,
  type Principal,
  type Scheme,
  type SignableRequest,
} from "@lacre/core";
import fc from "fast-check";
import { parseAuthParams } from "../../libs/core/src/http/auth-params.js";
import { parseContentDigest } from "../../libs/core/src/http/content-digest.js";
import { HeaderLines } from "../../libs/core/src/http/header-lines.js";
import { hasNormalEscapes, queryNameFinder, queryPairs } from "../../libs/core/src/http/query.js";
import { awsSigV4 } from "@lacre/schemes/aws-sigv4";
import { isUnsignable } from "../../libs/core/src/scheme/signed-fields.js";
import { signedHeadersReader } from "../../libs/core/src/scheme/coverage.js";
import { byte, damage, damageWire, type Wire } from "./damage.js";

const NOW_MS = 1_700_000_000_000;
const clock = { nowMs: () => NOW_MS };
const API_KEY = "lk1_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";
const OTHER_KEY = "lk1_p1sUQko5nGrtpC7f7UKeA8hPmrL3sd5OB1hvBoF1Wyk";
const schemes = [lacre1, awsSigV4({ region: "eu-central-1", service: "execute-api" })];
const keys = new MemoryKeyStore(readApps({ demo: API_KEY, demo1: OTHER_KEY }, schemes));
const origins = Origins.of(["https://api.example.test", "http://other.example.test:8080"]);
const signer = new Signer({ appId: "demo", apiKey: API_KEY, clock });
const ROUTE = { schemes: ["lacre1", "aws-sigv4"], signedHeaders: [], scopes: [], stream: false };

function signed(
  method: string,
  target: string,
  headers: [string, string][],
  content: string,
): Wire {
  const url = "https://api.example.test";
  const bytes = Buffer.from(content);
  const added = signer.sign({ method, url, target, headers, content: bytes }).headers;
  return {
    method,
    target,
    headers: [["Host", "api.example.test"], ...headers, ...added],
    content: bytes,
  };
}
const GENUINE: readonly Wire[] = [
  signed("GET", "/", [], ""),
  signed("GET", "/v1/items?a=1&b=%2f&a=2", [["X-Tenant", "north  west"]], ""),
  signed("POST", "/v1/items", [["Content-Type", "application/json"]], '{"amount":100,"to":"anna"}'),
  signed(
    "DELETE",
    "/v1/items/7;v=1",
    [
      ["Idempotency-Key", "k-1"],
      ["X-Empty", ""],
    ],
    "why",
  ),
];

interface Judgement {
  readonly principal?: Principal;
  readonly request?: SignableRequest;
  readonly code?: string;
}

async function judge(wire: Wire, content: Content = contentOf(wire.content)): Promise<Judgement> {
  const nonces = new MemoryNonceStore({ clock, fence: false });
  const window = { maxAgeSeconds: 300, futureSkewSeconds: 5, clockSpreadSeconds: 25 };
  const verifier = new Verifier({ schemes, keys, nonces, window, clock });
  try {
    const { method, target } = wire;
    const request = receive(
      { method, target, rawHeaders: wire.headers.flat() },
      { origins, pathPrefix: "" },
    );
    const principal = await verifier.verify(request, content, ROUTE);
    expect(nonces.size).toBe(1);
    return { principal, request };
  } catch (error) {
    // Whatever the damage: a refusal, and no nonce burnt.
    if (!(error instanceof Refusal)) throw error;
    expect(nonces.size).toBe(0);
    return { code: error.code };
  }
}

/** What a handler may rely on, of a request that was accepted. */
function meaning({ method, target, headers, content }: Wire, names: readonly string[]): unknown {
  const lines = HeaderLines.fromEntries(headers);
  return {
    method,
    target,
    content: content.toString("hex"),
    host: lines.only("host")?.toLowerCase().replace(/:443$/, ""),
    signed: names.filter((name) => name !== "host").map((name) => [name, lines.all(name)]),
  };
}

describe("random damage", () => {
  it.each(GENUINE.map((wire) => [`${wire.method} ${wire.target}`, wire] as const))(
    "%s is genuine",
    async (_, wire) => {
      expect((await judge(wire)).principal?.appId).toBe("demo");
    },
  );

  it("to the bytes of a request: refused, or it means the same", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...GENUINE),
        fc.array(damage, { minLength: 1, maxLength: 3 }),
        async (genuine, hits) => {
          const wire = damageWire(genuine, hits);
          const { principal } = await judge(wire);
          if (principal === undefined) return;
          // Accepted: a blank that HTTP ignores, the order or spacing of parameters, the case of a name, a header
          // that nobody signed. What was signed is what was sent.
          const { principal: original } = await judge(genuine);
          expect(principal).toEqual(original);
          expect(meaning(wire, principal.signedHeaders)).toEqual(
            meaning(genuine, principal.signedHeaders),
          );
        },
      ),
      { numRuns: 6000 },
    );
  });

  it("to the lines of a request: dropped, repeated, moved, taken from another request", async () => {
    const line = fc.tuple(fc.nat(), fc.nat());
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...GENUINE),
        fc.constantFrom(...GENUINE),
        fc.array(fc.record({ kind: fc.constantFrom("drop", "repeat", "move", "graft"), line }), {
          minLength: 1,
          maxLength: 4,
        }),
        async (genuine, other, moves) => {
          const headers = [...genuine.headers];
          for (const {
            kind,
            line: [from, to],
          } of moves) {
            const source = kind === "graft" ? other.headers : headers;
            const taken = source[from % Math.max(source.length, 1)];
            if (taken === undefined) continue;
            if (kind === "drop" || kind === "move") headers.splice(from % headers.length, 1);
            if (kind !== "drop") headers.splice(to % (headers.length + 1), 0, taken);
          }
          const wire = { ...genuine, headers };
          const { principal } = await judge(wire);
          if (principal === undefined) return;
          const mine = HeaderLines.fromEntries(headers).only("authorization");
          const sources = GENUINE.filter(
            (g) => HeaderLines.fromEntries(g.headers).only("authorization") === mine,
          );
          expect(sources.map((g) => meaning(g, principal.signedHeaders))).toContainEqual(
            meaning(wire, principal.signedHeaders),
          );
        },
      ),
      { numRuns: 2000 },
    );
  });

  it("to the content alone: always refused", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...GENUINE),
        fc.uint8Array({ maxLength: 64 }),
        async (genuine, bytes) => {
          fc.pre(!genuine.content.equals(bytes));
          const { code } = await judge({ ...genuine, content: Buffer.from(bytes) });
          expect(["content-mismatch", "content-undigested"]).toContain(code);
        },
      ),
      { numRuns: 1000 },
    );
  });
});

/** Text as a wire or an attacker would have it: any UTF-16, Latin-1, or the parser's own words shuffled. */
const text = (words: readonly string[]): fc.Arbitrary<string> =>
  fc.oneof(
    fc.string({ unit: "binary", maxLength: 300 }),
    fc.array(byte, { maxLength: 300 }).map((bytes) => bytes.join("")),
    fc
      .array(fc.oneof(fc.constantFrom(...words), byte), { maxLength: 60 })
      .map((parts) => parts.join("")),
    fc
      .tuple(fc.constantFrom(...words, "%", " ", "\t", "a"), fc.integer({ min: 1, max: 20_000 }))
      .map(([unit, n]) => unit.repeat(n)),
  );

/** Ends in a value or a refusal, and soon: nothing here may take time that grows faster than its input. */
function ends(work: () => unknown): void {
  const tookMs = cpuMsOf(() => {
    try {
      work();
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
    }
  });
  expect(tookMs).toBeLessThan(250);
}

const requestWith = (headers: [string, string][], target = "/"): SignableRequest => ({
  method: "GET",
  target,
  host: "api.example.test",
  authority: "api.example.test",
  urlScheme: "https",
  headers: HeaderLines.fromEntries([["host", "api.example.test"], ...headers]),
});

const LACRE_WORDS = [
  ...[
    "LACRE1-HMAC-SHA256 ",
    "Credential=demo",
    "Timestamp=1700000000",
    "Nonce=c2FtcGxlLW5vbmNlLTAx",
    ", ",
    ",",
    "=",
  ],
  ...[
    "SignedHeaders=host",
    "SignedHeaders=",
    "Signature=",
    "0".repeat(64),
    "__proto__=",
    "host;",
    "constructor",
  ],
];
const AWS_WORDS = [
  ...[
    "AWS4-HMAC-SHA256 ",
    "Credential=demo/20231114/eu-central-1/execute-api/aws4_request",
    ", ",
    ",",
    "=",
    "/",
  ],
  ...["SignedHeaders=host;x-amz-date", "Signature=", "0".repeat(64), "20231114T221320Z"],
];
const TARGET_WORDS = [
  "/",
  "?",
  "&",
  "=",
  "%2F",
  "%zz",
  "..",
  ".",
  "//",
  "lacre-",
  "X-Amz-Signature=",
  "#",
  "%C3%A9",
  "%FF",
];

describe("arbitrary text", () => {
  const parsers: readonly (readonly [string, readonly string[], (input: string) => unknown])[] = [
    [
      "parseAuthParams",
      LACRE_WORDS,
      (s) => parseAuthParams(s, ["Credential", "Timestamp", "Nonce", "Signature"]),
    ],
    [
      "the Authorization field of LACRE1",
      LACRE_WORDS,
      (s) => lacre1.header.read(requestWith([["authorization", s]])),
    ],
    [
      "the Authorization field of SigV4",
      AWS_WORDS,
      (s) =>
        schemes[1]?.header.read(
          requestWith([
            ["authorization", s],
            ["x-amz-date", "20231114T221320Z"],
          ]),
        ),
    ],
    [
      "x-amz-date",
      AWS_WORDS,
      (s) =>
        schemes[1]?.header.read(
          requestWith([
            ["authorization", AWS_WORDS.slice(0, 6).join("")],
            ["x-amz-date", s],
          ]),
        ),
    ],
    [
      "the choice of a scheme",
      LACRE_WORDS,
      (s) =>
        chooseScheme(
          requestWith([["authorization", s]], `/?${s}`),
          schemes,
          schemes.map((scheme) => scheme.name),
        ),
    ],
    [
      "parseContentDigest",
      ["sha-256=:", ":", "=", "A".repeat(43), "sha-512=:"],
      parseContentDigest,
    ],
    [
      "the list of signed headers",
      ["host", ";", "x-a", "x_a", "-"],
      signedHeadersReader(isUnsignable),
    ],
    ["queryPairs", TARGET_WORDS, queryPairs],
    ["queryNameFinder", TARGET_WORDS, (s) => queryNameFinder("lacre-")(`/?${s}`)],
    ["hasNormalEscapes", TARGET_WORDS, hasNormalEscapes],
    [
      "the host",
      ["api.example.test", ":443", ".", "[", "::1]", "@"],
      (s) => origins.find(s, true)?.authority,
    ],
    [
      "any host",
      ["api.example.test", ":443", ".", "[", "::1]", "@"],
      (s) => Origins.of("*").find(s, true)?.authority,
    ],
    [
      "a request",
      TARGET_WORDS,
      (s) =>
        receive(
          { method: s.slice(0, 8), target: s, rawHeaders: [s, s, "Host", s] },
          { origins, pathPrefix: "" },
        ),
    ],
    [
      "SigV4's canonical request",
      TARGET_WORDS,
      (s) => textOf(schemes[1] as Scheme, requestWith([["x-a", s]], `/${s}`)),
    ],
    [
      "LACRE1's canonical request",
      TARGET_WORDS,
      (s) => textOf(lacre1, requestWith([["x-a", s]], s)),
    ],
  ];

  /** The canonical request that a scheme signs. */
  function textOf(
    { header }: Scheme,
    request: SignableRequest,
    { appId = "demo", nonce = "n".repeat(16), names = ["x-a"] as readonly string[] } = {},
  ): string {
    return header.write(
      { ...request, contentSha256: undefined, signedHeaders: names },
      { appId, algorithm: "sha256" },
      { timestampSeconds: 1_700_000_000, nonce },
    ).canonicalRequest;
  }

  it.each(parsers)("%s ends in a value or a refusal, and soon", (_what, words, parse) => {
    fc.assert(
      fc.property(text(words), (input) => ends(() => parse(input))),
      { numRuns: 400 },
    );
  });

  it("names and values of headers count as lines, whatever they are", () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.tuple(text(["x-a", "X_A", ":path", "__proto__"]), fc.string({ unit: "binary" })),
        ),
        (pairs) => {
          const lines = HeaderLines.fromRaw(pairs.flat());
          const kept = pairs.filter(([name]) => !name.startsWith(":"));
          for (const name of lines.names())
            expect(lines.all(name).length).toBe(
              kept.filter(([other]) => other.toLowerCase() === name).length,
            );
          expect([...lines.names()].reduce((sum, name) => sum + lines.all(name).length, 0)).toBe(
            kept.length,
          );
        },
      ),
      { numRuns: 200 },
    );
  });

  it("two requests with one canonical text are one request", () => {
    // CX01: no character can be moved from one field to its neighbour.
    const value = fc
      .string({ unit: fc.constantFrom(..."ab1:;\n,= "), maxLength: 6 })
      .filter((s) => !s.includes("\n"));
    const request = fc.record({
      method: fc.constantFrom("GET", "GET-A", "POST"),
      target: value.map((s) => `/${s.replaceAll(" ", "")}`),
      values: fc.tuple(value, value).map(([a, b]) => [a.trim(), b.trim()] as const),
      nonce: fc.constantFrom("n".repeat(16), "n".repeat(17)),
      appId: fc.constantFrom("demo", "demo1", "1demo"),
      names: fc.constantFrom(["host", "x-a", "x-b"], ["host", "x-a"], ["host", "x-b"]),
    });
    const canonical = (r: {
      method: string;
      target: string;
      values: readonly [string, string];
      nonce: string;
      appId: string;
      names: readonly string[];
    }): string =>
      textOf(
        lacre1,
        {
          ...requestWith(
            [
              ["x-a", r.values[0]],
              ["x-b", r.values[1]],
            ],
            r.target,
          ),
          method: r.method,
        },
        r,
      );
    const signedOf = (r: {
      values: readonly [string, string];
      names: readonly string[];
    }): unknown =>
      [
        ["x-a", r.values[0]],
        ["x-b", r.values[1]],
      ].filter(([name]) => r.names.includes(name ?? ""));
    fc.assert(
      fc.property(request, request, (one, two) => {
        if (canonical(one) !== canonical(two)) return;
        const { values: _1, ...a } = one;
        const { values: _2, ...b } = two;
        expect([a, signedOf(one)]).toEqual([b, signedOf(two)]);
      }),
      { numRuns: 1500 },
    );
  });
});
