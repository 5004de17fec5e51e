import { describe, expect, it } from "@jest/globals";
import { awsSigV4 } from "@lacre/schemes/aws-sigv4";
import {
  contentOf,
  MemoryKeyStore,
  MemoryNonceStore,
  Origins,
  readApps,
  receive,
  Signer,
  Verifier,
} from "@lacre/core";
import { Judge } from "../support/judge.js";

// Amazon S3 API reference, "Authenticating Requests: Using the Authorization Header", example "GET Object".
const APP_ID = "AKIAIOSFODNN7EXAMPLE";
const SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
const EMPTY = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
const AUTHORIZATION =
  "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request," +
  "SignedHeaders=host;range;x-amz-content-sha256;x-amz-date," +
  "Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41";
const CANONICAL_REQUEST = `GET
/test.txt

host:examplebucket.s3.amazonaws.com
range:bytes=0-9
x-amz-content-sha256:${EMPTY}
x-amz-date:20130524T000000Z

host;range;x-amz-content-sha256;x-amz-date
${EMPTY}`;

const scheme = awsSigV4({ region: "us-east-1", service: "s3", urlMode: "s3" });
const clock = { nowMs: () => Date.UTC(2013, 4, 24) };

describe("the documented GET Object of Amazon S3", () => {
  it("is what our signer makes", () => {
    const signer = new Signer({ appId: APP_ID, apiKey: SECRET, encoding: "text", scheme, clock });
    const { headers, canonicalRequest } = signer.sign({
      method: "GET",
      url: "https://examplebucket.s3.amazonaws.com/test.txt",
      headers: [["Range", "bytes=0-9"]],
    });
    expect(canonicalRequest).toBe(CANONICAL_REQUEST);
    expect(Object.fromEntries(headers)).toEqual({
      "x-amz-date": "20130524T000000Z",
      "x-amz-content-sha256": EMPTY,
      // AWS takes the parameters with a space after the comma and without; so do we.
      authorization: AUTHORIZATION.replaceAll(",", ", "),
    });
  });

  it("is accepted", async () => {
    const verifier = new Verifier({
      schemes: [scheme],
      keys: new MemoryKeyStore(
        readApps(
          [{ appId: APP_ID, apiKey: SECRET, encoding: "text", schemes: ["aws-sigv4"] }],
          [scheme],
        ),
      ),
      nonces: new MemoryNonceStore({ clock, fence: false }),
      window: { maxAgeSeconds: 300, futureSkewSeconds: 5, clockSpreadSeconds: 25 },
      clock,
    });
    const rawHeaders = [
      ["Host", "examplebucket.s3.amazonaws.com"],
      ["Range", "bytes=0-9"],
      ["x-amz-content-sha256", EMPTY],
      ["x-amz-date", "20130524T000000Z"],
      ["Authorization", AUTHORIZATION],
    ].flat();
    const request = receive(
      { method: "GET", target: "/test.txt", rawHeaders },
      { origins: Origins.of(["https://examplebucket.s3.amazonaws.com"]), pathPrefix: "" },
    );
    const route = { schemes: ["aws-sigv4"], signedHeaders: [], scopes: [], stream: false };
    expect(await verifier.verify(request, contentOf(Buffer.alloc(0)), route)).toMatchObject({
      appId: APP_ID,
      timestamp: Date.UTC(2013, 4, 24) / 1000,
    });
  });
});

// "Authenticating Requests: Using Query Parameters", example "GET Object".
const PRESIGNED =
  "/test.txt?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404";

describe("the documented presigned GET Object of Amazon S3", () => {
  const host = "examplebucket.s3.amazonaws.com";

  it("is what our signer makes", () => {
    const signer = new Signer({ appId: APP_ID, apiKey: SECRET, encoding: "text", scheme, clock });
    const { url } = signer.presign({ url: `https://${host}/test.txt`, expiresSeconds: 86_400 });
    expect(url).toBe(`https://${host}${PRESIGNED}`);
  });

  it("is accepted for its day, and not a second longer", async () => {
    const judge = new Judge({
      scheme,
      apps: [{ appId: APP_ID, apiKey: SECRET, encoding: "text", schemes: ["aws-sigv4"] }],
      origins: [`https://${host}`],
      nowSeconds: clock.nowMs() / 1000,
      route: { presignedSeconds: 86_400 },
    });
    const request = { method: "GET", target: PRESIGNED, headers: [["Host", host]] } as const;
    expect(await judge.verdict(request)).toBe("accepted");
    judge.clock.advance(86_399);
    expect(await judge.verdict(request)).toBe("accepted");
    judge.clock.advance(1);
    expect(await judge.verdict(request)).toBe("timestamp-too-old");
  });
});
