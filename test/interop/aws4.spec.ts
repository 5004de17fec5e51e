import { describe, expect, it } from "@jest/globals";
import { contentOf, HeaderLines, Origins, receive } from "@lacre/core";
import * as aws4 from "aws4";
import { textOf } from "../../libs/schemes/src/aws-sigv4/text.js";
import { forEachCase, type Random } from "./random.js";
import { HOSTS, ORIGINS, randomRequest, writeQuery, type Shape } from "./requests.js";
import {
  CREDENTIALS,
  judge,
  REGION,
  SCHEMES,
  SERVICES,
  URL_MODES,
  withOneByteChanged,
  type UrlMode,
  type WireRequest,
} from "./wire.js";

const SHAPES: Record<UrlMode, Shape> = {
  plain: {
    rawPathCharacters: "!$&'()*+,;=:@",
    pathSpellings: false, // refused by design: see below
    escapedSlash: true,
    repeatedQueryNames: true,
    emptyQueryNames: false, // aws4 takes them out of the target
  },
  s3: {
    // In a path for S3, aws4 takes "+" for a space; S3's rule is that a literal plus is %2B.
    rawPathCharacters: "!$&'()*,;=:@",
    pathSpellings: true,
    // aws4 turns %2F back into "/" in its canonical path, so its signature holds for the one as for the other. SigV4
    // for S3 encodes each byte of the key except "/", and an escaped slash is no "/".
    escapedSlash: false,
    // Of a repeated name aws4 signs the first value alone for S3, and sends all. SigV4 signs all.
    repeatedQueryNames: false,
    emptyQueryNames: false,
  },
};

function signed(random: Random, urlMode: UrlMode): { wire: WireRequest; signedAtMs: number } {
  const { method, path, query, headers, content, sessionToken, signedAtMs } = randomRequest(
    random,
    SHAPES[urlMode],
  );
  const search = writeQuery(query, random);
  const amzDate = new Date(signedAtMs).toISOString().replace(/[:-]|\.\d{3}/g, "");
  const request = aws4.sign(
    {
      method,
      path: search === "" ? path : `${path}?${search}`,
      service: SERVICES[urlMode],
      region: REGION,
      headers: { ...Object.fromEntries(headers), "X-Amz-Date": amzDate },
      ...(content.length > 0 && { body: content }),
    },
    { ...CREDENTIALS, ...(sessionToken !== undefined && { sessionToken }) },
  );
  // aws4 writes the query anew, and that is the one that is sent.
  const wireHeaders = Object.entries(request.headers).map(
    ([name, value]) => [name, String(value)] as const,
  );
  return {
    wire: { method, target: request.path, headers: random.shuffled(wireHeaders), content },
    signedAtMs,
  };
}

describe.each(URL_MODES)("requests that aws4 signed, %s", (urlMode) => {
  it("500 of them are accepted, and each is refused with one byte changed", async () => {
    await forEachCase(500, async (random) => {
      const { wire, signedAtMs } = signed(random, urlMode);
      const nowMs = signedAtMs + 1000 * (random.below(306) - 5);
      expect({ refusal: (await judge(wire, urlMode, nowMs))?.message, wire }).toEqual({
        refusal: undefined,
        wire,
      });
      const { wire: changed, change } = withOneByteChanged(wire, random);
      expect({ accepted: (await judge(changed, urlMode, nowMs)) === undefined, change }).toEqual({
        accepted: false,
        change,
      });
    });
  });
});

describe("second spellings of what aws4 signed", () => {
  const nowMs = Date.UTC(2015, 7, 30, 12, 36);
  const host = HOSTS[0] as string;

  function sign(path: string, urlMode: UrlMode): WireRequest {
    const { headers, path: target } = aws4.sign(
      {
        method: "GET",
        path,
        service: SERVICES[urlMode],
        region: REGION,
        headers: { Host: host, "X-Amz-Date": "20150830T123600Z" },
      },
      CREDENTIALS,
    );
    return { method: "GET", target, headers: Object.entries(headers), content: Buffer.alloc(0) };
  }

  /** What the signature of `wire` covers if its target is another, whatever `read` thinks of its target. */
  function canonicalOf(wire: WireRequest, target: string, urlMode: UrlMode): string {
    const front = { origins: Origins.of(ORIGINS), pathPrefix: "" };
    const head = { method: wire.method, rawHeaders: wire.headers.flat() };
    const { claims } = SCHEMES[urlMode].header.read(
      receive({ ...head, target: wire.target }, front),
    );
    return textOf(
      receive({ ...head, target }, front),
      claims.signedHeaders,
      urlMode,
      target.slice(target.indexOf("?") + 1 || target.length),
      contentOf(wire.content).digest("sha256", "hex"),
    );
  }

  it.each([
    ["plain", "/a/b", "/a//b"],
    ["plain", "/a/b", "//a/b"],
    ["plain", "/a/b", "/a/./b"],
    ["plain", "/a/b", "/./a/b"],
    ["plain", "/a/b", "/a/c/../b"],
    ["plain", "/a/b", "/../a/b"],
    ["plain", "/a/", "/a//"],
    ["plain", "/a/", "/a/."],
    ["plain", "/a/", "/a/b/.."],
    ["plain", "/?q=%2F", "/?q=%2f"],
    ["plain", "/?q=a", "/?q=%61"],
    ["plain", "/?q=a%2Bb", "/?q=a+b"],
    ["plain", "/?a=&b=1", "/?a&&b=1"],
    ["plain", "/?b=1", "/?&b=1"],
    ["plain", "/?b=1", "/?b=1&"],
    ["plain", "/", "/?"],
    ["s3", "/a%20b", "/a%20%62"],
    ["s3", "/%C3%A9", "/%c3%A9"],
    ["s3", "/?q=%2F", "/?q=%2f"],
  ] as const)(
    "%s: %s is accepted; its signature, right for %s too, is refused there",
    async (urlMode, path, second) => {
      const wire = sign(path, urlMode);
      expect(await judge(wire, urlMode, nowMs)).toBeUndefined();
      expect(canonicalOf(wire, second, urlMode)).toBe(canonicalOf(wire, wire.target, urlMode));
      expect((await judge({ ...wire, target: second }, urlMode, nowMs))?.code).toBe(
        "target-malformed",
      );
    },
  );

  it("what aws4 itself signs for a path that SigV4 normalises is refused", async () => {
    const wire = sign("/a//b/../c", "plain");
    expect(HeaderLines.fromEntries(wire.headers).only("authorization")).toBe(
      HeaderLines.fromEntries(sign("/a/c", "plain").headers).only("authorization"),
    );
    expect((await judge(wire, "plain", nowMs))?.code).toBe("target-malformed");
  });

  // Clients differ in these, so none can be refused. Every query parser reads the last two alike.
  it.each([
    ["the order of parameters", "/?a=1&a=2&b=3", "/?b=3&a=2&a=1"],
    ["whether an empty value has its =", "/?a=&b=3", "/?a&b=3"],
    ["whether a reserved character is escaped", "/?a=%3A%2F", "/?a=:/"],
  ])("SigV4 does not sign %s", async (_what, path, target) => {
    const wire = sign(path, "plain");
    expect(await judge({ ...wire, target }, "plain", nowMs)).toBeUndefined();
  });
});
