import { createHash, createHmac } from "node:crypto";
import { beforeEach, describe, expect, it } from "@jest/globals";
import { AWS_KEY } from "../../../../test/support/app.js";
import { Judge, type Arriving } from "../../../../test/support/judge.js";
import { Signer } from "@lacre/core";
import { awsSigV4, type AwsSigV4Options } from "./aws-sigv4.js";

const ORIGIN = "https://api.example.test";
const HOST = ["Host", "api.example.test"] as const;
const NOW = 1_700_000_000; // 2023-11-14T22:13:20Z
const DATE = "20231114T221320Z";
const SCOPE = "20231114/eu-central-1/orders/aws4_request";
const EMPTY = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
const scheme = awsSigV4({ region: "eu-central-1", service: "orders" });
const s3 = awsSigV4({ region: "eu-central-1", service: "orders", urlMode: "s3" });
const apps = [
  { appId: "demo", apiKey: AWS_KEY, encoding: "text" as const, schemes: [scheme.name] },
];

/** The signature of a canonical request, by a chain of HMACs of its own. */
function signatureOf(canonicalRequest: string): string {
  const hashed = createHash("sha256").update(canonicalRequest).digest("hex");
  let key = Buffer.from(`AWS4${AWS_KEY}`);
  for (const part of SCOPE.split("/")) key = createHmac("sha256", key).update(part).digest();
  const text = ["AWS4-HMAC-SHA256", DATE, SCOPE, hashed].join("\n");
  return createHmac("sha256", key).update(text).digest("hex");
}

const PARAMETERS = {
  "X-Amz-Algorithm": "AWS4-HMAC-SHA256",
  "X-Amz-Credential": `demo%2F${SCOPE.replaceAll("/", "%2F")}`,
  "X-Amz-Date": DATE,
  "X-Amz-Expires": "600",
  "X-Amz-SignedHeaders": "host",
};
type Parameters = Record<string, string | undefined>;

/** A URL that a signer would make of these parameters, right or wrong, with a right signature. */
function presigned(changes: Parameters = {}, payload = EMPTY, method = "GET"): string {
  const all: Parameters = { id: "7", ...PARAMETERS, ...changes };
  const pairs = Object.entries(all).flatMap(([name, value]) =>
    value === undefined ? [] : [`${name}=${value}`],
  );
  const sorted = pairs.toSorted().join("&"); // no name here is the beginning of another
  const signature = signatureOf(
    [method, "/reports", sorted, "host:api.example.test", "", "host", payload].join("\n"),
  );
  return `/reports?${pairs.join("&")}&X-Amz-Signature=${signature}`;
}

const arriving = (target: string, more: Partial<Arriving> = {}): Arriving => ({
  method: "GET",
  target,
  headers: [HOST],
  ...more,
});

describe("presigned URLs of SigV4", () => {
  const judgeOf = (of = scheme, once = false): Judge =>
    new Judge({
      scheme: of,
      apps,
      origins: [ORIGIN],
      nowSeconds: NOW,
      route: { presignedSeconds: 604_800, once },
    });
  let judge: Judge;
  beforeEach(() => {
    judge = judgeOf();
  });

  it("have at most 1000 parameters", async () => {
    const withMore = (count: number): string =>
      presigned(
        Object.fromEntries(
          Array.from({ length: count }, (_, i) => [`p${String(i).padStart(4, "0")}`, ""]),
        ),
      );
    expect(await judge.verdict(arriving(withMore(1000 - 7)))).toBe("accepted"); // id, and six of AWS
    expect(await judge.verdict(arriving(withMore(1000 - 6)))).toBe("target-malformed");
  });

  it("are refused by another code as soon as anything is not as it was signed", async () => {
    const good = presigned();
    const spoilt: readonly [string, string, Partial<Arriving>?][] = [
      [good.replace("id=7", "id=8"), "signature-mismatch"],
      [good.replace("id=7&", ""), "signature-mismatch"],
      [good.replace("?", "?x=1&"), "signature-mismatch"],
      [`${good}&x=1`, "signature-mismatch"],
      [good.replace("/reports", "/other"), "signature-mismatch"],
      [good.replace("Expires=600", "Expires=601"), "signature-mismatch"],
      [good.replace("221320Z", "221321Z"), "signature-mismatch"],
      [good, "signature-mismatch", { method: "HEAD" }],
      [good, "method-refused", { method: "POST" }],
      [good, "method-refused", { method: "PUT" }],
      [good, "content-undigested", { content: "x" }],
      [good, "host-unknown", { headers: [["Host", "evil.example"]] }],
      [good, "header-unsigned", { headers: [HOST, ["X-Amz-Meta-Role", "admin"]] }],
      [good, "header-unsigned", { headers: [HOST, ["Content-Type", "text/html"]] }],
      [good, "header-unsigned", { headers: [HOST, ["X-HTTP-Method-Override", "DELETE"]] }],
      [good, "header-unsigned", { headers: [HOST, ["X-Amz-Security-Token", "t"]] }],
      [good, "credentials-repeated", { headers: [HOST, ["Authorization", "Basic YTpi"]] }],
      [good.replace("/reports", "//reports"), "target-malformed"],
      [good.replace("/reports", "/./reports"), "target-malformed"],
      [good.replace("id=7", "id=%37"), "target-malformed"],
      [good.replace("demo%2F", "demo%2f"), "target-malformed"],
      [`${good}&`, "target-malformed"],
    ];
    for (const [target, code, more] of spoilt) {
      if (more === undefined) expect(target).not.toBe(good);
      expect([target, await judge.verdict(arriving(target, more))]).toEqual([target, code]);
    }
    expect(await judge.verdict(arriving(good))).toBe("accepted");
    expect(judge.authentic?.claims).toMatchObject({
      appId: "demo",
      content: { kind: "none" },
      presigned: { expiresSeconds: 600 },
      repeatable: true,
    });
  });

  it.each<[string, Parameters, string]>([
    ["another algorithm", { "X-Amz-Algorithm": "AWS4-HMAC-SHA512" }, "credentials-malformed"],
    ["SigV4a", { "X-Amz-Algorithm": "AWS4-ECDSA-P256-SHA256" }, "credentials-malformed"],
    ["no life", { "X-Amz-Expires": "0" }, "credentials-malformed"],
    ["more than a week", { "X-Amz-Expires": "604801" }, "credentials-malformed"],
    ["a life with a leading zero", { "X-Amz-Expires": "0600" }, "credentials-malformed"],
    ["a negative life", { "X-Amz-Expires": "-600" }, "credentials-malformed"],
    ["a life in digits of another kind", { "X-Amz-Expires": "6e2" }, "credentials-malformed"],
    ["no X-Amz-Expires", { "X-Amz-Expires": undefined }, "credentials-malformed"],
    ["no X-Amz-Date", { "X-Amz-Date": undefined }, "credentials-malformed"],
    ["no X-Amz-SignedHeaders", { "X-Amz-SignedHeaders": undefined }, "credentials-malformed"],
    ["no X-Amz-Credential", { "X-Amz-Credential": undefined }, "credentials-malformed"],
    ["no X-Amz-Algorithm", { "X-Amz-Algorithm": undefined }, "credentials-malformed"],
    ["a second life", { "X-Amz-expires": "604800" }, "credentials-malformed"],
    [
      "a parameter in other letters",
      { "x-amz-date": DATE, "X-Amz-Date": undefined },
      "credentials-malformed",
    ],
    ["a date that is none", { "X-Amz-Date": "20230231T221320Z" }, "timestamp-malformed"],
    [
      "another region",
      { "X-Amz-Credential": `demo%2F20231114%2Fr%2Forders%2Faws4_request` },
      "scope-wrong",
    ],
    ["another day", { "X-Amz-Date": "20231115T221320Z" }, "scope-wrong"],
    ["no AppId", { "X-Amz-Credential": `%2F${SCOPE.replaceAll("/", "%2F")}` }, "app-id-malformed"],
    [
      "__proto__",
      { "X-Amz-Credential": `__proto__%2F${SCOPE.replaceAll("/", "%2F")}` },
      "app-unknown",
    ],
    ["no host", { "X-Amz-SignedHeaders": "x-a" }, "header-missing"],
    ["an empty list", { "X-Amz-SignedHeaders": "" }, "signed-headers-malformed"],
    [
      "Authorization in the list",
      { "X-Amz-SignedHeaders": "authorization%3Bhost" },
      "header-forbidden",
    ],
    ["the hash of some content", { "X-Amz-Content-Sha256": "a".repeat(64) }, "payload-unsigned"],
    [
      "a chunked upload",
      { "X-Amz-Content-Sha256": "STREAMING-AWS4-HMAC-SHA256-PAYLOAD" },
      "payload-unsigned",
    ],
    ["an escape that is none", { "X-Amz-Credential": "demo%2" }, "credentials-malformed"],
  ])("are refused with %s, however signed", async (_name, changes, code) => {
    expect(await judge.verdict(arriving(presigned(changes)))).toBe(code);
  });

  it("are refused with two of a parameter, or without a signature", async () => {
    for (const again of ["X-Amz-Expires=600", "X-Amz-Signature=0", "x-amz-signature=0"])
      expect(await judge.verdict(arriving(`${presigned()}&${again}`))).toBe(
        "credentials-malformed",
      );
    const bare = presigned().replace(/&X-Amz-Signature=.*/, "");
    expect(await judge.verdict(arriving(bare))).toBe("credentials-malformed");
    for (const text of ["", "A".repeat(64), "a".repeat(63), "a".repeat(65), "g".repeat(64)])
      expect(
        await judge.verdict(arriving(presigned().replace(/Signature=.*/, `Signature=${text}`))),
      ).toBe("signature-malformed");
  });

  it("sign the hash of nothing, and under S3's rules that no payload is signed", async () => {
    const unsigned = presigned({}, "UNSIGNED-PAYLOAD");
    expect(await judge.verdict(arriving(unsigned))).toBe("signature-mismatch");
    expect(await judgeOf(s3).verdict(arriving(unsigned))).toBe("accepted");
    expect(await judgeOf(s3).verdict(arriving(presigned()))).toBe("signature-mismatch");
    // Or as the parameter says, in the letters of whoever moved it there.
    for (const name of ["X-Amz-Content-Sha256", "x-amz-content-sha256"])
      for (const value of ["UNSIGNED-PAYLOAD", EMPTY]) {
        const target = presigned({ [name]: value }, value);
        expect(await judge.verdict(arriving(target))).toBe("accepted");
        expect(await judge.verdict(arriving(target, { content: "x" }))).toBe("content-undigested");
      }
  });

  it("are good until they expire, and once where the route says so", async () => {
    const target = presigned();
    for (const [seconds, verdict] of [
      [-6, "timestamp-too-new"],
      [0, "accepted"],
      [301, "accepted"],
      [599, "accepted"],
      [600, "timestamp-too-old"],
    ] as const) {
      judge.clock.ms = (NOW + seconds) * 1000;
      expect([seconds, await judge.verdict(arriving(target))]).toEqual([seconds, verdict]);
    }
    const once = judgeOf(scheme, true);
    expect(await once.verdict(arriving(target))).toBe("accepted");
    expect(await once.verdict(arriving(target))).toBe("nonce-seen");
  });

  it("are taken for no longer than the route says, and nowhere else", async () => {
    for (const [presignedSeconds, verdict] of [
      [600, "accepted"],
      [599, "scheme-refused"],
      [undefined, "scheme-refused"],
    ] as const) {
      const route = presignedSeconds === undefined ? {} : { presignedSeconds };
      const strict = new Judge({ scheme, apps, origins: [ORIGIN], nowSeconds: NOW, route });
      expect(await strict.verdict(arriving(presigned()))).toBe(verdict);
    }
  });

  it("lend their signature to no header, and take none from there", async () => {
    const target = presigned();
    const signature = target.slice(-64);
    const authorization = `AWS4-HMAC-SHA256 Credential=demo/${SCOPE}, SignedHeaders=host;x-amz-date, Signature=${signature}`;
    const headers = [HOST, ["X-Amz-Date", DATE], ["Authorization", authorization]] as const;
    const bare = target.replace(/&X-Amz-Signature=.*/, "");
    expect(await judge.verdict(arriving(bare, { headers }))).toBe("credentials-repeated");
    expect(await judge.verdict(arriving("/reports?id=7", { headers }))).toBe("signature-mismatch");
  });
});

describe("presigned URLs that Signer makes", () => {
  const clock = { nowMs: () => NOW * 1000 };
  const options = { appId: "demo", apiKey: AWS_KEY, encoding: "text", clock } as const;
  const signer = new Signer({ ...options, scheme });
  const url = `${ORIGIN}/reports?id=7`;

  it("are those that the specification draws", () => {
    const made = signer.presign({ url, expiresSeconds: 600 }).url;
    expect(made).toBe(ORIGIN + presigned());
  });

  it("carry the token of the session, signed", async () => {
    const sessionToken = "abc/+==";
    const withToken = awsSigV4({ region: "eu-central-1", service: "orders", sessionToken });
    const made = new Signer({ ...options, scheme: withToken }).presign({ url, expiresSeconds: 9 });
    const target = made.url.slice(ORIGIN.length);
    expect(target).toContain("&X-Amz-Security-Token=abc%2F%2B%3D%3D&");
    const route = { presignedSeconds: 9 };
    const judge = new Judge({ scheme, apps, origins: [ORIGIN], nowSeconds: NOW, route });
    expect(await judge.verdict(arriving(target))).toBe("accepted");
    const without = target.replace(/&X-Amz-Security-Token=[^&]*/, "");
    expect(await judge.verdict(arriving(without))).toBe("signature-mismatch");
    const { headers } = new Signer({ ...options, scheme: withToken }).sign({ method: "GET", url });
    expect(Object.fromEntries(headers)).toMatchObject({
      "x-amz-security-token": sessionToken,
      authorization: expect.stringContaining(";x-amz-security-token,") as unknown,
    });
    const inHeader = (name: string) => headers.filter(([each]) => each !== name);
    const header = arriving("/reports?id=7", { headers: [HOST, ...headers] });
    expect(await judge.verdict(header)).toBe("accepted");
    expect(
      await judge.verdict({ ...header, headers: [HOST, ...inHeader("x-amz-security-token")] }),
    ).toBe("header-missing");
  });

  it.each([
    ["for single use", { singleUse: true }, "singleUse: is nothing that a URL of SigV4 can say."],
    ["for no time", { expiresSeconds: 0 }, "credentials-malformed"],
    ["for more than a week", { expiresSeconds: 604_801 }, "credentials-malformed"],
    ["for POST", { method: "POST" as "GET" }, "method-refused"],
    ["of a presigned URL", { url: ORIGIN + presigned() }, "credentials-repeated"],
    [
      "beside Authorization",
      { headers: [["Authorization", "x"]] as const },
      "credentials-repeated",
    ],
    ["with a date already", { url: `${url}&X-Amz-Date=${DATE}` }, "credentials-malformed"],
    ["of a path with two spellings", { url: `${ORIGIN}/a//b` }, "target-malformed"],
  ])("are not made %s", (_name, more, message) => {
    expect(() => signer.presign({ url, expiresSeconds: 600, ...more })).toThrow(message);
  });

  it("a session token must be one line of printable characters", () => {
    for (const sessionToken of ["", "a b", "a\nb", "é", "a".repeat(4097)])
      expect(() => awsSigV4({ region: "r", service: "s", sessionToken })).toThrow(
        "awsSigV4.sessionToken: must be 1 to 4096 printable US-ASCII characters without a space.",
      );
  });
});

describe("the options of awsSigV4", () => {
  const right = { region: "eu-central-1", service: "orders" };

  it.each<[unknown, string]>([
    [undefined, "awsSigV4.region: is missing."],
    [null, "awsSigV4: is null, and must be an object of options."],
    [{ region: "eu-central-1" }, "awsSigV4.service: is missing."],
    [
      { ...right, region: "EU" },
      'awsSigV4.region: is "EU", and must be 1 to 64 of a-z, 0-9 and -.',
    ],
    [{ ...right, service: "a/b" }, 'awsSigV4.service: is "a/b", and must be 1 to 64 of a-z, 0-9'],
    [{ ...right, service: "" }, 'awsSigV4.service: is "", and must be 1 to 64 of a-z, 0-9'],
    [{ ...right, service: "a".repeat(65) }, "and must be 1 to 64 of a-z, 0-9"],
    [{ ...right, region: "a.b" }, 'awsSigV4.region: is "a.b", and must be 1 to 64 of a-z, 0-9'],
    [{ ...right, urlMode: "S3" }, 'awsSigV4.urlMode: must be "plain" or "s3" or "raw".'],
    [
      { ...right, urlmode: "s3" },
      "awsSigV4.urlmode: is not an option of awsSigV4. Did you mean urlMode?",
    ],
  ])("%j is refused", (options, message) => {
    expect(() => awsSigV4(options as AwsSigV4Options)).toThrow(message);
  });

  it("takes the longest names of a scope", () => {
    const longest = "a-0".padEnd(64, "9");
    expect(awsSigV4({ region: longest, service: longest }).name).toBe("aws-sigv4");
  });
});
