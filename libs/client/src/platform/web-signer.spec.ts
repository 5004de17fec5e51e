import { readFileSync } from "node:fs";
import { afterEach, describe, expect, it, jest } from "@jest/globals";
import { type MacAlgorithm, Signer } from "@lacre/core";
import { ConfigurationError, Refusal, ResponseRefusal } from "@lacre/core/portable";
import { keys, senders } from "../../../../test/support/sender-vectors.js";
import { platform as node } from "./node.js";
import { platform as web } from "./web.js";
import { WebSigner } from "./web-signer.js";

const KEY = "lk1_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";
const AT_MS = 1_700_000_000_000;

interface Vector {
  name: string;
  fault: string | null;
  appId: string;
  algorithm: MacAlgorithm;
  apiKey: string;
  requestSignature: string;
  requestMethod: string;
  response: { status: number; headers: [string, string][]; content: string };
}
// Written by test/vectors/lacre1.py, an independent implementation.
const { responses } = JSON.parse(
  readFileSync(new URL("../../../../docs/vectors/lacre1.json", import.meta.url), "utf8"),
) as { responses: Vector[] };

describe("WebSigner", () => {
  it.each<MacAlgorithm>(["sha256", "sha384", "sha512"])(
    "signs as Node does, with %s",
    async (algorithm) => {
      const options = { appId: "demo", apiKey: KEY, algorithm };
      const request = {
        method: "POST",
        url: "https://api.example.test/v1/items?tag=a%20b",
        headers: [["content-type", "text/plain"]] as const,
        content: new TextEncoder().encode("é"),
      };
      const signed = await new WebSigner(options).sign(request, AT_MS);
      const { canonicalRequest, claims } = signed;
      const again = new Signer(options).sign(request, AT_MS).canonicalRequest.split("\n");
      expect(canonicalRequest.split("\n").with(3, "nonce")).toEqual(again.with(3, "nonce"));
      const { createHmac } = await import("node:crypto");
      const mac = createHmac(algorithm, Buffer.from(KEY.slice(4), "base64url"))
        .update(canonicalRequest)
        .digest("hex");
      expect(claims.mac).toBe(mac);
      expect(new Map(signed.headers).get("authorization")).toContain(`Signature=${mac}`);
    },
  );

  afterEach(() => {
    jest.restoreAllMocks();
  });

  it.each(senders.map((vector) => [vector.name, vector] as const))(
    "makes of plain inputs what the vectors say: %s",
    async (_name, { timestamp, nonce, refusal, named, ...it }) => {
      // The nonce is drawn, and cannot be given.
      jest
        .spyOn(crypto, "randomUUID")
        .mockReturnValue(nonce as ReturnType<typeof crypto.randomUUID>);
      const { appId, apiKey, algorithm, method, url, target, headers } = it;
      const content = Buffer.from(it.content, "base64");
      const sign = async (): Promise<unknown> => {
        const signer = new WebSigner({ appId, apiKey, algorithm, signedHeaders: named });
        const request = { method, url, target, headers, content };
        const { canonicalRequest, claims, ...signed } = await signer.sign(
          request,
          timestamp * 1000,
        );
        const authorization = new Map(signed.headers).get("authorization");
        return { canonicalRequest, mac: claims.mac, authorization };
      };
      const made = await sign().catch((error: unknown) =>
        error instanceof Refusal ? error.code : error,
      );
      const { canonicalRequest, mac, authorization } = it;
      if (made instanceof ConfigurationError)
        expect(["app-id-malformed", "key-malformed", "header-forbidden"]).toContain(refusal);
      else expect(made).toEqual(refusal ?? { canonicalRequest, mac, authorization });
    },
  );

  it.each(keys)("takes what the vectors say is a key: $name", ({ text, bytes }) => {
    const make = (): unknown => new WebSigner({ appId: "demo", apiKey: text });
    if (bytes === null) expect(make).toThrow(/apiKey/);
    else expect(make).not.toThrow();
  });

  it.each(responses.map((vector) => [vector.name, vector] as const))(
    "judges answers as the vectors say: %s",
    async (
      _name,
      { appId, apiKey, algorithm, requestSignature, requestMethod, response, fault },
    ) => {
      const content = Buffer.from(response.content, "base64");
      const judged = new WebSigner({ appId, apiKey, algorithm }).check(
        {
          headers: [],
          canonicalRequest: "",
          head: {} as never,
          claims: { appId, recipe: { algorithm }, mac: requestSignature } as never,
        },
        { ...response, method: requestMethod, content },
      );
      const found = await judged.then(
        () => null,
        (error: unknown) => (error instanceof ResponseRefusal ? error.fault : error),
      );
      expect(found).toBe(fault);
    },
  );

  it.each([
    [{ appId: "lk1_x", apiKey: KEY }, /appId/],
    [{ appId: "demo", apiKey: KEY.slice(0, -1) }, /apiKey/],
    [{ appId: "demo", apiKey: KEY, algorithm: "md5" }, /algorithm/],
    [{ appId: "demo", apiKey: KEY, scheme: { name: "other" } }, /scheme/],
  ])("refuses %j at once", (options, where) => {
    const make = (): unknown => new WebSigner(options as never);
    expect(make).toThrow(ConfigurationError);
    expect(make).toThrow(where);
  });
});

describe("the platforms", () => {
  it("hash a blob alike", async () => {
    const blob = new Blob(["a".repeat(100_000), "b"]);
    expect(Buffer.from(await web.sha256Of(blob))).toEqual(Buffer.from(await node.sha256Of(blob)));
  });
});
