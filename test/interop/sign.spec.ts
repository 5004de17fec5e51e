import { describe, expect, it } from "@jest/globals";
import { Signer, type RequestToSign } from "@lacre/core";
import { SignatureV4 } from "@smithy/signature-v4";
import * as aws4 from "aws4";
import { forEachCase, type Random } from "./random.js";
import { randomRequest, writeQuery, type RandomRequest, type Shape } from "./requests.js";
import { Sha256 } from "./sha256.js";
import { CREDENTIALS, judge, REGION, SCHEMES, SERVICES, URL_MODES, type UrlMode } from "./wire.js";

// What each of the two cannot sign, and why: aws4.spec.ts, smithy.spec.ts.
const PLAIN: Shape = {
  rawPathCharacters: "!$&'()*+,;=:@",
  pathSpellings: false,
  escapedSlash: true,
  repeatedQueryNames: true,
  emptyQueryNames: false,
};
const SHAPES = {
  aws4: {
    plain: PLAIN,
    s3: {
      ...PLAIN,
      rawPathCharacters: "!$&'()*,;=:@",
      escapedSlash: false,
      repeatedQueryNames: false,
    },
  },
  smithy: { plain: PLAIN, s3: { ...PLAIN, rawPathCharacters: "", pathSpellings: true } },
} satisfies Record<string, Record<UrlMode, Shape>>;

/** Headers that one of the three leaves out of its signature: no difference of signatures, only of choice. */
const LEFT_TO_CHOICE = new Set(["accept-language"]);

function ourSignature(
  drawn: RandomRequest,
  target: string,
  urlMode: UrlMode,
): { request: RequestToSign; headers: Map<string, string> } {
  const { method, headers, content, signedAtMs } = drawn;
  const signer = new Signer({
    appId: CREDENTIALS.accessKeyId,
    apiKey: CREDENTIALS.secretAccessKey,
    scheme: SCHEMES[urlMode],
    clock: { nowMs: () => signedAtMs },
  });
  const host = headers.find(([name]) => name === "Host")?.[1].trim() ?? "";
  const request = { method, url: `https://${host}/`, target, headers, content };
  return { request, headers: new Map(signer.sign(request).headers) };
}

function draw(random: Random, shape: Shape): { drawn: RandomRequest; target: string } {
  const all = randomRequest(random, shape);
  const headers = all.headers
    .filter(([name]) => !LEFT_TO_CHOICE.has(name.toLowerCase()))
    // aws4 takes an empty Content-Type for none and writes one of its own.
    .map(
      ([name, value]) =>
        [name, name === "Content-Type" && value === "" ? "text/plain" : value] as const,
    );
  const search = writeQuery(all.query, random);
  return { drawn: { ...all, headers }, target: search === "" ? all.path : `${all.path}?${search}` };
}

describe.each(URL_MODES)("our signature of 100 random requests, %s", (urlMode) => {
  it("is that of aws4", async () => {
    await forEachCase(100, async (random) => {
      const { drawn, target } = draw(random, SHAPES.aws4[urlMode]);
      const ours = ourSignature(drawn, target, urlMode);
      const theirs = aws4.sign(
        {
          method: drawn.method,
          path: target,
          service: SERVICES[urlMode],
          region: REGION,
          headers: {
            ...Object.fromEntries(drawn.headers),
            "x-amz-date": ours.headers.get("x-amz-date") ?? "",
            "x-amz-content-sha256": ours.headers.get("x-amz-content-sha256") ?? "",
          },
          ...(drawn.content.length > 0 && { body: drawn.content }),
          extraHeadersToIgnore: { "content-length": true },
        },
        CREDENTIALS,
      );
      expect(ours.headers.get("authorization")).toBe(theirs.headers["Authorization"]);
    });
  });

  it("is that of smithy", async () => {
    await forEachCase(100, async (random) => {
      const { drawn, target } = draw(random, SHAPES.smithy[urlMode]);
      const ours = ourSignature(drawn, target, urlMode);
      const signer = new SignatureV4({
        credentials: CREDENTIALS,
        region: REGION,
        service: SERVICES[urlMode],
        sha256: Sha256,
        uriEscapePath: urlMode === "plain",
      });
      const theirs = await signer.sign(
        {
          method: drawn.method,
          protocol: "https:",
          hostname: "api.example.com",
          path: drawn.path,
          query: Object.fromEntries(drawn.query.map(([name, values]) => [name, [...values]])),
          headers: Object.fromEntries(drawn.headers),
          ...(drawn.content.length > 0 && { body: drawn.content }),
        },
        { signingDate: new Date(drawn.signedAtMs) },
      );
      expect(Object.fromEntries(ours.headers)).toEqual({
        "x-amz-date": theirs.headers["x-amz-date"],
        "x-amz-content-sha256": theirs.headers["x-amz-content-sha256"],
        authorization: theirs.headers["authorization"],
      });
    });
  });

  it("is accepted by our own verifier", async () => {
    await forEachCase(100, async (random) => {
      const { drawn, target } = draw(random, SHAPES.smithy[urlMode]);
      const { headers } = ourSignature(drawn, target, urlMode);
      const wire = {
        method: drawn.method,
        target,
        headers: [...drawn.headers, ...headers],
        content: drawn.content,
      };
      expect((await judge(wire, urlMode, drawn.signedAtMs))?.message).toBeUndefined();
    });
  });
});
