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
  readApiKey,
  readApps,
  receive,
  Refusal,
  RESPONSE_FAULTS,
  ResponseRefusal,
  Signer,
  Verifier,
  type AppDefinition,
  type AnsweredRequest,
  type Claims,
  type KeyDefinition,
  type MacAlgorithm,
} from "@lacre/core";

interface Case {
  name: string;
  valid: boolean;
  about: string;
  now: number;
  origins: string[];
  signedHeaders: string[];
  presignedSeconds: number;
  request: { method: string; target: string; headers: [string, string][]; content: string };
  canonicalRequest: string | null;
  mac: string | null;
  authorization: string | null;
  refusal: string | null;
}
interface ResponseCase {
  name: string;
  valid: boolean;
  fault: string | null;
  appId: string;
  algorithm: MacAlgorithm;
  apiKey: string;
  requestSignature: string;
  requestMethod: string;
  response: { status: number; headers: [string, string][]; content: string };
  canonicalResponse: string | null;
  mac: string | null;
  lacreSignature: string | null;
}
interface Vectors {
  maxAge: number;
  futureSkew: number;
  apps: { appId: string; keys: (KeyDefinition & { notBefore?: number; expiresAt?: number })[] }[];
  cases: Case[];
  responses: ResponseCase[];
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
  const { method, target, headers, content } = vector.request;
  try {
    const request = receive(
      { method, target, rawHeaders: headers.flat() },
      { origins: Origins.of(vector.origins), pathPrefix: "" },
    );
    await verifier.verify(request, contentOf(Buffer.from(content, "base64")), {
      schemes: ["lacre1"],
      signedHeaders: vector.signedHeaders,
      presignedSeconds: vector.presignedSeconds,
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
      const { scheme, form } = chooseScheme(request, [lacre1], ["lacre1"]);
      expect(scheme).toBe(lacre1);
      const { claims, text } = form.read(request);
      const canonicalRequest = text();
      expect(canonicalRequest).toBe(vector.canonicalRequest);
      expect(claims.mac).toBe(vector.mac);
      const keys = apps.find(({ appId }) => appId === claims.appId)?.keys ?? [];
      const macs = keys.map(({ secret }) => secret.macBy(claims.recipe, canonicalRequest));
      expect(macs).toContain(vector.mac);
      expect(HeaderLines.fromEntries(headers).only("authorization") ?? null).toBe(
        vector.authorization,
      );
    },
  );
});

describe("docs/vectors/lacre1.json: responses", () => {
  const claimsOf = ({ appId, algorithm, requestSignature }: ResponseCase): Claims => ({
    appId,
    recipe: { algorithm, encoding: "hex" },
    timestampSeconds: 0,
    nonce: "",
    signedHeaders: [],
    mac: requestSignature,
    content: { kind: "none" },
  });
  /** Of the head, LACRE1 holds nothing against an answer but what the claims say. */
  const requestOf = (vector: ResponseCase): AnsweredRequest => ({
    head: {
      method: vector.requestMethod,
      target: "/",
      host: "api.example.test",
      authority: "api.example.test",
      urlScheme: "https",
      headers: HeaderLines.fromRaw([]),
    },
    claims: claimsOf(vector),
  });

  it("has enough cases to mean something", () => {
    expect(vectors.responses.filter(({ valid }) => valid).length).toBeGreaterThanOrEqual(20);
    expect(new Set(vectors.responses.map(({ fault }) => fault))).toEqual(
      new Set([null, ...RESPONSE_FAULTS]),
    );
  });

  it.each(vectors.responses.map((vector) => [vector.name, vector] as const))(
    "%s",
    async (_name, vector) => {
      const signer = new Signer({
        appId: vector.appId,
        apiKey: vector.apiKey,
        algorithm: vector.algorithm,
      });
      const { status, headers, content } = vector.response;
      const fault = await signer
        .check(
          { headers: [], canonicalRequest: "", ...requestOf(vector) },
          {
            method: vector.requestMethod,
            status,
            headers,
            content: Buffer.from(content, "base64"),
          },
        )
        .then(
          () => null,
          (error: unknown) => (error instanceof ResponseRefusal ? error.fault : error),
        );
      expect(fault).toBe(vector.fault);
    },
  );

  it.each(
    vectors.responses.filter(({ valid }) => valid).map((vector) => [vector.name, vector] as const),
  )("%s: the text and the MAC are those of the independent program", (_name, vector) => {
    const { responses } = lacre1;
    const head = {
      status: vector.response.status,
      headers: HeaderLines.fromEntries(vector.response.headers),
    };
    const request = requestOf(vector);
    const field = head.headers.only("lacre-signature") ?? "";
    const { claims, text = "" } = responses?.read(head, field, request) ?? {};
    expect(text).toBe(vector.canonicalResponse);
    expect(claims?.mac).toBe(vector.mac);
    expect(readApiKey(vector.apiKey).mac(vector.algorithm, text as string, "hex")).toBe(vector.mac);
  });
});
