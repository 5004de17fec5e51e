/*
 * Random damage to requests in formats of others: refused, or it means the same.
 */
import { describe, expect, it } from "@jest/globals";
import { acquia2 } from "@lacre/schemes/acquia2";
import { aspnetHmac } from "@lacre/schemes/aspnet";
import {
  contentOf,
  HeaderLines,
  MemoryKeyStore,
  MemoryNonceStore,
  Origins,
  readApps,
  receive,
  Refusal,
  Signer,
  Verifier,
  type Principal,
  type Scheme,
} from "@lacre/core";
import { hawk } from "@lacre/schemes/hawk";
import fc from "fast-check";
import { damage, damageWire, type Wire } from "./damage.js";

const NOW_MS = 1_700_000_000_000;
const clock = { nowMs: () => NOW_MS };
const HOST = "api.example.test";
const BASE64 = "MNpx/353+rW+pqv8UbRTAtO1yoabl8/RFDAv/615u5w=";
const TEXT = "werxhqb98rpaxn39848xrunpaw3489ruxnpa98w4rxn";

interface Format {
  readonly name: string;
  readonly scheme: Scheme;
  readonly encoding: "base64" | "text";
  /** What else than method, target, host, content and the listed headers a signature covers. */
  covers(headers: HeaderLines, content: Buffer): unknown;
}

const mediaType = (headers: HeaderLines): string | undefined =>
  headers.only("content-type")?.split(";", 1)[0]?.trim().toLowerCase();

const FORMATS: readonly Format[] = [
  { name: "aspnet-hmac", scheme: aspnetHmac(), encoding: "base64", covers: () => undefined },
  {
    name: "aspnet-hmac, four parts",
    scheme: aspnetHmac({ parts: 4 }),
    encoding: "base64",
    covers: () => undefined,
  },
  {
    name: "acquia2",
    scheme: acquia2({ realm: "Pipet service" }),
    encoding: "base64",
    // Its case is not covered; and without content it has no meaning.
    covers: (headers, content) =>
      content.byteLength > 0 && headers.only("content-type")?.toLowerCase(),
  },
  {
    name: "hawk",
    scheme: hawk({ presigned: 3600 }),
    encoding: "text",
    covers: (headers, content) => content.byteLength > 0 && mediaType(headers),
  },
];

describe.each(FORMATS)("$name", ({ name, scheme, encoding, covers }) => {
  const apiKey = encoding === "text" ? TEXT : BASE64;
  const apps = [{ appId: "demo", apiKey, encoding, schemes: [scheme.name] }];
  const keys = new MemoryKeyStore(readApps(apps, [scheme]));
  const origins = Origins.of([`https://${HOST}`, "http://other.example.test:8080"]);
  const signer = new Signer({ appId: "demo", apiKey, scheme, clock });
  const route = { schemes: [scheme.name], signedHeaders: [], scopes: [], stream: false };

  function signed(
    method: string,
    target: string,
    headers: readonly (readonly [string, string])[],
    text: string,
  ): Wire {
    const content = Buffer.from(text);
    const url = `https://${HOST}/`;
    const { headers: added } = signer.sign({ method, url, target, headers, content });
    return { method, target, headers: [["Host", HOST], ...headers, ...added], content };
  }
  const JSON_TYPE = ["Content-Type", "application/json"] as const;
  const genuine: Wire[] = [
    signed("GET", "/", [], ""),
    signed("GET", "/v1/items?a=1&b=%2F&a=2", [["X-Tenant", "north  west"]], ""),
    signed("POST", "/v1/items", [JSON_TYPE], '{"amount":100,"to":"anna"}'),
    signed("DELETE", "/v1/items/7;v=1", [JSON_TYPE], ""),
  ];
  if (scheme.presigned !== undefined) {
    const presigned = signer.presign({ url: `https://${HOST}/v1?a=1`, expiresSeconds: 600 });
    const target = presigned.url.slice(`https://${HOST}`.length);
    const content = Buffer.alloc(0);
    genuine.push({ method: "GET", target, headers: [["Host", HOST]], content });
  }

  async function judge(wire: Wire): Promise<Principal | undefined> {
    const nonces = new MemoryNonceStore({ clock, fence: false });
    const window = { maxAgeSeconds: 300, futureSkewSeconds: 5, clockSpreadSeconds: 25 };
    const verifier = new Verifier({ schemes: [scheme], keys, nonces, window, clock });
    const { method, target, headers, content } = wire;
    try {
      const request = receive(
        { method, target, rawHeaders: headers.flat() },
        { origins, pathPrefix: "" },
      );
      const policy = { ...route, presignedSeconds: 3600 };
      return await verifier.verify(request, contentOf(content), policy);
    } catch (error) {
      // Whatever the damage: a refusal, and no nonce burnt.
      if (!(error instanceof Refusal)) throw error;
      expect(nonces.size).toBe(0);
      return undefined;
    }
  }

  /** What a handler may rely on, of a request that was accepted. */
  function meaning({ method, target, headers, content }: Wire, names: readonly string[]): unknown {
    const lines = HeaderLines.fromEntries(headers);
    const listed = names.filter((each) => each !== "host" && each !== "content-type");
    return {
      // A bewit authorises both, and may stand anywhere.
      method: target.includes("bewit=") ? method.replace("HEAD", "GET") : method,
      target,
      content: content.toString("hex"),
      host: lines.only("host")?.toLowerCase().replace(/:443$/, ""),
      signed: listed.map((each) => [each, lines.all(each)]),
      more: covers(lines, content),
    };
  }

  it("what is genuine is let in", async () => {
    for (const wire of genuine) expect((await judge(wire))?.appId).toBe("demo");
  });

  it("damage to the bytes of a request: refused, or it means the same", async () => {
    let accepted = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...genuine),
        fc.array(damage, { minLength: 1, maxLength: 3 }),
        async (original, hits) => {
          const wire = damageWire(original, hits);
          const principal = await judge(wire);
          if (principal === undefined) return;
          accepted++;
          expect(principal).toEqual(await judge(original));
          expect(meaning(wire, principal.signedHeaders)).toEqual(
            meaning(original, principal.signedHeaders),
          );
        },
      ),
      { numRuns: 4000 },
    );
    expect([name, accepted > 0]).toEqual([name, true]);
  });

  it("lines of one request in another: refused, or it means the one whose credentials it has", async () => {
    const step = fc.record({
      kind: fc.constantFrom("drop", "repeat", "move", "graft"),
      from: fc.nat(),
      to: fc.nat(),
    });
    const withoutBewit = genuine.filter(({ target }) => !target.includes("bewit="));
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...withoutBewit),
        fc.constantFrom(...withoutBewit),
        fc.array(step, { minLength: 1, maxLength: 4 }),
        async (original, other, steps) => {
          const headers = [...original.headers];
          for (const { kind, from, to } of steps) {
            const source = kind === "graft" ? other.headers : headers;
            const taken = source[from % Math.max(source.length, 1)];
            if (taken === undefined) continue;
            if (kind === "drop" || kind === "move") headers.splice(from % headers.length, 1);
            if (kind !== "drop") headers.splice(to % (headers.length + 1), 0, taken);
          }
          const wire = { ...original, headers };
          const principal = await judge(wire);
          if (principal === undefined) return;
          const mine = HeaderLines.fromEntries(headers).only("authorization");
          const sources = genuine.filter(
            (each) => HeaderLines.fromEntries(each.headers).only("authorization") === mine,
          );
          expect(sources.map((each) => meaning(each, principal.signedHeaders))).toContainEqual(
            meaning(wire, principal.signedHeaders),
          );
        },
      ),
      { numRuns: 1500 },
    );
  });

  it("other content: always refused", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...genuine),
        fc.uint8Array({ maxLength: 64 }),
        async (original, bytes) => {
          fc.pre(!original.content.equals(bytes));
          expect(await judge({ ...original, content: Buffer.from(bytes) })).toBeUndefined();
        },
      ),
      { numRuns: 500 },
    );
  });
});
