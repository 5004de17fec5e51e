import { readFileSync } from "node:fs";
import { describe, expect, it } from "@jest/globals";
import {
  chooseScheme,
  contentOf,
  HeaderLines,
  lacre1,
  MemoryKeyStore,
  MemoryNonceStore,
  Origins,
  readApps,
  receive,
  Refusal,
  Verifier,
  type AppDefinition,
  type KeyDefinition,
} from "@lacre/core";

interface Case {
  name: string;
  valid: boolean;
  about: string;
  now: number;
  origins: string[];
  signedHeaders: string[];
  request: { method: string; target: string; headers: [string, string][]; bodyBase64: string };
  canonicalRequest: string | null;
  mac: string | null;
  authorization: string | null;
  refusal: string | null;
}
interface Vectors {
  maxAge: number;
  futureSkew: number;
  apps: { appId: string; keys: (KeyDefinition & { notBefore?: number; expiresAt?: number })[] }[];
  cases: Case[];
}

// Written by test/vectors/lacre1.py, an independent implementation of docs/protocol.md.
const vectors = JSON.parse(
  readFileSync(new URL("../../docs/vectors/lacre1.json", import.meta.url), "utf8"),
) as Vectors;

const day = (seconds: number | undefined): Date | undefined =>
  seconds === undefined ? undefined : new Date(seconds * 1000);
const apps = readApps(
  vectors.apps.map(({ appId, keys }): AppDefinition => ({
    appId,
    keys: keys.map((key) => ({
      ...key,
      notBefore: day(key.notBefore),
      expiresAt: day(key.expiresAt),
    })),
  })),
  [lacre1],
);

async function judge(vector: Case): Promise<string | null> {
  const clock = { nowMs: () => vector.now * 1000 };
  const verifier = new Verifier({
    schemes: [lacre1],
    keys: new MemoryKeyStore(apps),
    nonces: new MemoryNonceStore({ clock, fence: false }),
    window: {
      maxAgeSeconds: vectors.maxAge,
      futureSkewSeconds: vectors.futureSkew,
      clockSpreadSeconds: 25,
    },
    clock,
  });
  const { method, target, headers, bodyBase64 } = vector.request;
  try {
    const request = receive(
      { method, target, rawHeaders: headers.flat() },
      { origins: Origins.of(vector.origins), pathPrefix: "" },
    );
    await verifier.verify(request, contentOf(Buffer.from(bodyBase64, "base64")), {
      schemes: ["lacre1"],
      signedHeaders: vector.signedHeaders,
      scopes: [],
      stream: false,
    });
    return null;
  } catch (error) {
    if (error instanceof Refusal) return error.code;
    throw error;
  }
}

describe("docs/vectors/lacre1.json", () => {
  it("has enough cases to mean something", () => {
    expect(vectors.cases.filter(({ valid }) => valid).length).toBeGreaterThanOrEqual(25);
    expect(vectors.cases.filter(({ valid }) => !valid).length).toBeGreaterThanOrEqual(55);
  });

  it.each(vectors.cases.map((vector) => [vector.name, vector] as const))(
    "%s",
    async (_name, vector) => {
      expect(await judge(vector)).toBe(vector.refusal);
    },
  );

  it.each(
    vectors.cases.filter(({ valid }) => valid).map((vector) => [vector.name, vector] as const),
  )(
    "%s: the canonical request and the MAC are those of the independent program",
    (_name, vector) => {
      const { method, target, headers } = vector.request;
      const request = receive(
        { method, target, rawHeaders: headers.flat() },
        { origins: Origins.of(vector.origins), pathPrefix: "" },
      );
      expect(chooseScheme(request, [lacre1])).toBe(lacre1);
      const claims = lacre1.parse(request);
      const canonicalRequest = lacre1.canonicalise(request, claims);
      expect(canonicalRequest).toBe(vector.canonicalRequest);
      expect(claims.mac).toBe(vector.mac);
      const keys = apps.find(({ appId }) => appId === claims.appId)?.keys ?? [];
      const macs = keys.map(({ secret }) => lacre1.mac(secret, claims, canonicalRequest));
      expect(macs).toContain(vector.mac);
      expect(HeaderLines.fromEntries(headers).only("authorization")).toBe(vector.authorization);
    },
  );
});
