import { createHash, createHmac } from "node:crypto";
import { describe, expect, it } from "@jest/globals";
import { Judge, type Arriving } from "../../../../test/support/judge.js";
import { readApiKey, Signer } from "@lacre/core";
import { HeaderLines } from "@lacre/core/scheme";
import { azureSharedKey, type AzureSharedKeyOptions } from "./azure-shared-key.js";

const ACCOUNT = "devstoreaccount1";
// The key of Microsoft's emulator, which its documentation prints.
const KEY =
  "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";
const NOW = 1_700_000_000;
const DATE = "Tue, 14 Nov 2023 22:13:20 GMT";
const HOST = "storage.example.test";
const BODY = "Hello, World!";
const MD5 = "ZajifYh5KDgxtmS9i38K1A=="; // of BODY, as md5sum has it
const md5 = (text: string): string => createHash("md5").update(text).digest("base64");
const mac = (text: string): string =>
  createHmac("sha256", Buffer.from(KEY, "base64")).update(text, "utf8").digest("base64");

type Lines = readonly (readonly [string, string])[];

/** A request under the signature of a text that was written by hand. */
function signed(
  text: readonly string[],
  request: { method?: string; target: string; headers: Lines; content?: string; word?: string },
): Arriving {
  const { method = "GET", target, headers, content = "", word = "SharedKey" } = request;
  const authorization = `${word} ${ACCOUNT}:${mac(text.join("\n"))}`;
  return {
    method,
    target,
    content,
    headers: [["Host", HOST], ...headers, ["Authorization", authorization]],
  };
}

const judgeOf = (options: AzureSharedKeyOptions = {}): Judge =>
  new Judge({
    scheme: azureSharedKey(options),
    apps: [{ appId: ACCOUNT, apiKey: KEY, encoding: "base64", schemes: ["azure-shared-key"] }],
    origins: [`https://${HOST}`],
    nowSeconds: NOW,
  });

describe("published texts of Shared Key", () => {
  const secret = readApiKey(KEY, "base64", { min: 64, max: 64 });
  const textAndMac = (
    options: AzureSharedKeyOptions,
    target: string,
    headers: Lines,
  ): readonly [string, string] => {
    const scheme = azureSharedKey(options);
    const authorization = ["authorization", `SharedKey ${ACCOUNT}:${mac("")}`] as const;
    const lines = HeaderLines.fromEntries([...headers, authorization]);
    const request = {
      method: "GET",
      target,
      host: HOST,
      authority: HOST,
      urlScheme: "https",
    } as const;
    const { claims, text } = scheme.header.read({ ...request, headers: lines });
    return [text(), secret.macBy(claims.recipe, text())];
  };

  it("azure-storage-node, test/common/sharedkey-tests.js", () => {
    // That test gives its path without the slash.
    expect(
      textAndMac({}, "container?restype=container", [
        ["x-ms-version", "2018-03-28"],
        ["x-ms-date", "Fri, 23 Sep 2011 01:37:34 GMT"],
      ]),
    ).toEqual([
      "GET\n\n\n\n\n\n\n\n\n\n\n\nx-ms-date:Fri, 23 Sep 2011 01:37:34 GMT\nx-ms-version:2018-03-28\n/devstoreaccount1container\nrestype:container",
      "oLMszNt2eVud2V8sP9MlxQFMIX6R3ofUaOsyI6DwnJQ=",
    ]);
  });

  it("Microsoft's documentation, Get Container Metadata", () => {
    const [text] = textAndMac({}, "/mycontainer?restype=container&comp=metadata&timeout=20", [
      ["x-ms-date", "Fri, 26 Jun 2015 23:39:12 GMT"],
      ["x-ms-version", "2015-02-21"],
    ]);
    expect(text).toBe(
      "GET\n\n\n\n\n\n\n\n\n\n\n\nx-ms-date:Fri, 26 Jun 2015 23:39:12 GMT\nx-ms-version:2015-02-21\n/devstoreaccount1/mycontainer\ncomp:metadata\nrestype:container\ntimeout:20",
    );
  });
});

describe("azure-shared-key for blobs", () => {
  const target = "/photos/a%20b.jpg?comp=block&blockid=QQ%3D%3D&timeout=20";
  const headers: Lines = [
    ["x-ms-version", "2024-11-04"],
    ["x-ms-date", DATE],
    ["x-ms-blob-type", "BlockBlob"],
    ["Content-Type", "text/plain; charset=UTF-8"],
    ["Content-Length", "13"],
    ["Content-MD5", MD5],
    ["If-Match", '"7"'],
  ];
  const text = [
    "PUT",
    "",
    "",
    "13",
    MD5,
    "text/plain; charset=UTF-8",
    "",
    "",
    '"7"',
    "",
    "",
    "",
    "x-ms-blob-type:BlockBlob",
    `x-ms-date:${DATE}`,
    "x-ms-version:2024-11-04",
    "/devstoreaccount1/photos/a%20b.jpg",
    "blockid:QQ==",
    "comp:block",
    "timeout:20",
  ];
  const put = signed(text, { method: "PUT", target, headers, content: BODY });
  const get = (path: string, resource: readonly string[], more: Lines = []): Arriving =>
    signed(["GET", ...Array<string>(11).fill(""), `x-ms-date:${DATE}`, ...resource], {
      target: path,
      headers: [["x-ms-date", DATE], ...more],
    });

  it("accepts no request that was changed, and burns nothing by looking", async () => {
    const judge = judgeOf();
    expect(md5(BODY)).toBe(MD5);
    const without = (name: string): Lines => put.headers.filter(([each]) => each !== name);
    const withOther = (name: string, value: string): Lines => {
      expect(without(name).length).toBe(put.headers.length - 1);
      return put.headers.map((line) => (line[0] === name ? [name, value] : line));
    };
    const changed: readonly [Partial<Arriving>, string][] = [
      [{ method: "POST" }, "signature-mismatch"],
      [{ target: target.replace("a%20b", "c") }, "signature-mismatch"],
      [{ target: target.replace("=20", "=21") }, "signature-mismatch"],
      [{ target: target.replace("&timeout=20", "") }, "signature-mismatch"],
      [{ target: `${target}&x=y` }, "signature-mismatch"],
      [{ content: "Hello, World?" }, "content-mismatch"],
      [{ content: "" }, "content-mismatch"],
      [{ content: `${BODY}!` }, "content-mismatch"],
      [{ headers: without("Content-MD5") }, "signature-mismatch"],
      [{ headers: withOther("Content-MD5", md5("x")), content: "x" }, "signature-mismatch"],
      [{ headers: withOther("Content-Length", "14") }, "signature-mismatch"],
      [{ headers: without("Content-Length") }, "signature-mismatch"],
      [{ headers: withOther("Content-Type", "text/html") }, "signature-mismatch"],
      [{ headers: withOther("If-Match", '"8"') }, "signature-mismatch"],
      [{ headers: withOther("x-ms-blob-type", "PageBlob") }, "signature-mismatch"],
      [{ headers: without("x-ms-version") }, "signature-mismatch"],
      [{ headers: [...put.headers, ["x-ms-meta-a", "b"]] }, "signature-mismatch"],
      [{ headers: [...put.headers, ["Range", "bytes=0-"]] }, "signature-mismatch"],
      [{ headers: [...put.headers, ["Content-Encoding", "gzip"]] }, "signature-mismatch"],
      [{ headers: [...put.headers, ["x-ms-version", "2024-11-04"]] }, "header-repeated"],
      [{ headers: [...put.headers, ["Content-Type", "text/html"]] }, "header-repeated"],
      [{ headers: [...put.headers, ["x_ms_version", "1"]] }, "header-ambiguous"],
      [{ headers: [...put.headers, ["x_ms_meta_a", "b"]] }, "header-ambiguous"],
      [{ headers: [...put.headers, ["Content_Language", "en"]] }, "header-ambiguous"],
      [{ headers: [...put.headers, ["If_None_Match", "*"]] }, "header-ambiguous"],
      [{ headers: [...put.headers, ["X-HTTP-Method", "DELETE"]] }, "header-unsigned"],
      [{ headers: [...put.headers, ["Idempotency-Key", "1"]] }, "header-unsigned"],
      [{ headers: [...put.headers, ["Content-Range", "bytes 0-1/2"]] }, "header-unsigned"],
      [{ headers: withOther("x-ms-date", DATE.replace(":20", ":21")) }, "signature-mismatch"],
      [{ headers: withOther("Host", "other.example") }, "host-unknown"],
      [
        { headers: withOther("Content-MD5", "65a8e27d8879283831b664bd8b7f0ad4") },
        "digest-malformed",
      ],
      [{ headers: withOther("Content-MD5", MD5.replace("1A==", "1B==")) }, "digest-malformed"],
    ];
    for (const [change, code] of changed)
      expect([change, await judge.verdict({ ...put, ...change })]).toEqual([change, code]);
    expect(await judge.verdict(put)).toBe("accepted");
    expect(judge.authentic?.claims.signedHeaders).toEqual([
      "content-length",
      "content-md5",
      "content-type",
      "if-match",
      "x-ms-blob-type",
      "x-ms-date",
      "x-ms-version",
    ]);
    expect(await judge.verdict(put)).toBe("nonce-seen");
  });

  it("takes 256 x-ms- headers and 1000 parameters, and no more", async () => {
    const meta = (count: number): Lines =>
      Array.from({ length: count }, (_, i) => [`x-ms-m${String(i).padStart(3, "0")}`, "a"]);
    const withMeta = (count: number): Arriving => {
      const lines = meta(count).map((line) => line.join(":"));
      return signed(
        ["GET", ...Array<string>(11).fill(""), `x-ms-date:${DATE}`, ...lines, `/${ACCOUNT}/a`],
        { target: "/a", headers: [["x-ms-date", DATE], ...meta(count)] },
      );
    };
    expect(await judgeOf().verdict(withMeta(255))).toBe("accepted");
    expect(await judgeOf().verdict(withMeta(256))).toBe("signed-headers-malformed");
    const withQuery = (count: number): Arriving => {
      const names = Array.from({ length: count }, (_, i) => `p${String(i).padStart(4, "0")}`);
      const resource = [`/${ACCOUNT}/a`, ...names.map((name) => `${name}:`)];
      return get(`/a?${names.join("&")}`, resource);
    };
    expect(await judgeOf().verdict(withQuery(1000))).toBe("accepted");
    expect(await judgeOf().verdict(withQuery(1001))).toBe("target-malformed");
  });

  it("takes no content that Content-MD5 does not cover, unless that is allowed", async () => {
    const bare = signed(
      [
        "PUT",
        "",
        "",
        "13",
        ...Array<string>(8).fill(""),
        `x-ms-date:${DATE}`,
        "/devstoreaccount1/a",
      ],
      {
        method: "PUT",
        target: "/a",
        headers: [
          ["x-ms-date", DATE],
          ["Content-Length", "13"],
        ],
        content: BODY,
      },
    );
    expect(await judgeOf().verdict(bare)).toBe("content-undigested");
    expect(await judgeOf({ allowUnsignedContent: true }).verdict(bare)).toBe("accepted");
    // Content that comes without a length, to a request that was signed without any.
    const chunked = get("/a", ["/devstoreaccount1/a"], [["Transfer-Encoding", "chunked"]]);
    expect(await judgeOf().verdict({ ...chunked, content: "x" })).toBe("content-undigested");
    expect(await judgeOf().verdict(chunked)).toBe("accepted");
    // Whatever is allowed, a Content-MD5 that is there is held against the bytes.
    const lenient = judgeOf({ allowUnsignedContent: true });
    expect(await lenient.verdict({ ...put, content: "Hello, World?" })).toBe("content-mismatch");
  });

  it("leaves a Content-Length of 0 out", async () => {
    const request = get("/a", ["/devstoreaccount1/a"], [["Content-Length", "0"]]);
    expect(await judgeOf().verdict(request)).toBe("accepted");
  });

  // Each of these has the text of "/c?comp=list&prefix=a" or of another that is accepted.
  it.each([
    ["a name in capitals", "/c?Comp=list", ["comp:list"]],
    ["a name by its escape", "/c?%63omp=list", ["comp:list"]],
    ["a line feed in a value", "/c?a=1%0Acomp:list", ["a:1", "comp:list"]],
    ["a carriage return in a value", "/c?a=1%0D", ["a:1\r"]],
    ["a colon in a name", "/c?a:b=c", ["a:b:c"]],
    ["a colon's escape in a name", "/c?a%3Ab=c", ["a:b:c"]],
    ["a name twice", "/c?a=1&a=2", ["a:1,2"]],
    ["a name twice, the other way", "/c?a=2&a=1", ["a:1", "a:2"]],
    ["a value by another escape", "/c?a=%41", ["a:A"]],
    ["an escape in small letters", "/c?a=%2f", ["a:/"]],
    ["a plus", "/c?a=1+2", ["a:1 2"]],
    ["a plus as it stands", "/c?a=1+2", ["a:1+2"]],
    ["no parameter", "/c?", []],
    ["an empty parameter", "/c?a=1&&b=2", ["a:1", "b:2"]],
    ["an empty name", "/c?=1", [":1"]],
    ["an escape that is none", "/c?a=%zz", ["a:%zz"]],
    ["bytes that are not UTF-8", "/c?a=%FF", ["a:\xff"]],
    ["a parameter that is an array to some", "/c?a[]=1", ["a[]:1"]],
  ] as const)("refuses a query with a second spelling: %s", async (_name, target, lines) => {
    const request = get(target, ["/devstoreaccount1/c", ...lines]);
    expect(await judgeOf().verdict(request)).toBe("target-malformed");
  });

  it("signs values decoded, as UTF-8, and the path as it stands", async () => {
    const judge = judgeOf();
    for (const [target, resource] of [
      ["/c?prefix=%C3%A9%2F%26%3D%2C", ["/devstoreaccount1/c", "prefix:é/&=,"]],
      ["/c%2Fd//e?prefix=&a", ["/devstoreaccount1/c%2Fd//e", "a:", "prefix:"]],
      [
        "/c?include=metadata,tags&marker=2!a",
        ["/devstoreaccount1/c", "include:metadata,tags", "marker:2!a"],
      ],
    ] as const)
      expect([target, await judge.verdict(get(target, resource))]).toEqual([target, "accepted"]);
  });

  it("refuses values that some signers fold and some do not", async () => {
    for (const value of ["a  b", "a\tb", "é"]) {
      const more = [["x-ms-meta-a", value]] as const;
      const request = get("/c", [`x-ms-meta-a:${value}`, "/devstoreaccount1/c"], more);
      expect([value, await judgeOf().verdict(request)]).toEqual([value, "header-malformed"]);
    }
  });

  it("reads Date where there is no x-ms-date, and only there", async () => {
    const empty = (count: number) => Array<string>(count).fill("");
    const dated = (headers: Lines, lines: readonly string[]): Arriving =>
      signed(["GET", ...lines, "/devstoreaccount1/c"], { target: "/c", headers });
    const byDate = dated([["Date", DATE]], [...empty(5), DATE, ...empty(5)]);
    expect(await judgeOf().verdict(byDate)).toBe("accepted");
    const both: Lines = [
      ["Date", "Tue, 14 Nov 2023 00:00:00 GMT"],
      ["x-ms-date", DATE],
    ];
    const judge = judgeOf();
    expect(await judge.verdict(dated(both, [...empty(11), `x-ms-date:${DATE}`]))).toBe("accepted");
    expect(judge.authentic?.claims.signedHeaders).toEqual(["x-ms-date"]);
    expect(await judgeOf().verdict(dated([], empty(11)))).toBe("header-missing");
  });

  it.each<[string, string, string]>([
    ["no account", `SharedKey :${mac("")}`, "app-id-malformed"],
    ["no colon", `SharedKey ${ACCOUNT}`, "credentials-malformed"],
    ["two colons", `SharedKey a:b:${mac("")}`, "credentials-malformed"],
    ["two blanks", `SharedKey  ${ACCOUNT}:${mac("")}`, "credentials-malformed"],
    ["other letters", `sharedkey ${ACCOUNT}:${mac("")}`, "credentials-malformed"],
    ["the other form", `SharedKeyLite ${ACCOUNT}:${mac("")}`, "credentials-malformed"],
    ["the scheme alone", "SharedKey", "credentials-malformed"],
    ["more after it", `SharedKey ${ACCOUNT}:${mac("")} x`, "credentials-malformed"],
    ["100,000 characters", `SharedKey ${ACCOUNT}:${"A".repeat(100_000)}`, "credentials-malformed"],
    ["another account", `SharedKey constructor:${mac("")}`, "app-unknown"],
    ["no signature", `SharedKey ${ACCOUNT}:`, "signature-malformed"],
    ["no padding", `SharedKey ${ACCOUNT}:${mac("").slice(0, -1)}`, "signature-malformed"],
    ["stray bits", `SharedKey ${ACCOUNT}:${"A".repeat(42)}B=`, "signature-malformed"],
    ["the URL's alphabet", `SharedKey ${ACCOUNT}:${"-".repeat(42)}A=`, "signature-malformed"],
    ["16 bytes", `SharedKey ${ACCOUNT}:${md5("")}`, "signature-malformed"],
    ["another signature", `SharedKey ${ACCOUNT}:${mac("")}`, "signature-mismatch"],
  ])("refuses credentials with %s", async (_name, authorization, code) => {
    const headers = [["x-ms-date", DATE]] as const;
    const request = signed([], { target: "/c", headers });
    const lines = [...request.headers.slice(0, -1), ["Authorization", authorization]] as const;
    expect(await judgeOf().verdict({ ...request, headers: lines as Lines })).toBe(code);
  });

  it("is in time for a quarter of an hour", async () => {
    for (const [seconds, verdict] of [
      [-6, "timestamp-too-new"],
      [900, "accepted"],
      [901, "timestamp-too-old"],
    ] as const) {
      const judge = judgeOf();
      judge.clock.advance(seconds);
      expect(await judge.verdict(put)).toBe(verdict);
    }
    for (const date of [String(NOW), "", "2023-11-14T22:13:20Z", DATE.replace("Tue", "Mon")]) {
      const headers = put.headers.map(
        ([n, v]) => (n === "x-ms-date" ? [n, date] : [n, v]) as [string, string],
      );
      expect(await judgeOf().verdict({ ...put, headers })).toBe("timestamp-malformed");
    }
  });
});

describe("azure-shared-key in its other forms", () => {
  const versioned: Lines = [
    ["x-ms-date", DATE],
    ["x-ms-version", "2024-11-04"],
  ];
  const typed: Lines = [
    ["Content-Type", "application/json"],
    ["Content-MD5", MD5],
  ];

  it("lite: the content, its type, the x-ms- headers, and comp alone", async () => {
    const text = [
      "PUT",
      MD5,
      "application/json",
      "",
      `x-ms-date:${DATE}`,
      "x-ms-version:2024-11-04",
      "/devstoreaccount1/c/b?comp=block",
    ];
    const request = signed(text, {
      word: "SharedKeyLite",
      method: "PUT",
      target: "/c/b?comp=block&blockid=1",
      headers: [...versioned, ...typed],
      content: BODY,
    });
    for (const [change, code] of [
      [{ method: "POST" }, "signature-mismatch"],
      [{ content: "x" }, "content-mismatch"],
      [{ target: "/c/b?comp=page" }, "signature-mismatch"],
      [{ target: "/c/b" }, "signature-mismatch"],
      [{ target: "/c/b?comp=block&comp=page" }, "target-malformed"],
      [{ target: "/c/b?Comp=block" }, "target-malformed"],
      [{ target: "/c/b?comp=block&%63omp=page" }, "target-malformed"],
      [{ target: "/c/b?comp=block%26x" }, "target-malformed"],
      [{ headers: [...request.headers, ["Content-Encoding", "gzip"]] }, "header-unsigned"],
      [{ headers: [...request.headers, ["x-ms-meta-a", "b"]] }, "signature-mismatch"],
    ] as const)
      expect([
        change,
        await judgeOf({ lite: true }).verdict({ ...request, ...change } as Arriving),
      ]).toEqual([change, code]);
    expect(await judgeOf({ lite: true }).verdict(request)).toBe("accepted");
    expect(await judgeOf().verdict(request)).toBe("credentials-malformed");
    // What it leaves open, and says so.
    expect(
      await judgeOf({ lite: true }).verdict({ ...request, target: "/c/b?comp=block&blockid=2" }),
    ).toBe("accepted");
  });

  it("table: no x-ms- header but the date", async () => {
    const text = ["POST", MD5, "application/json", DATE, "/devstoreaccount1/Tables"];
    const request = signed(text, {
      method: "POST",
      target: "/Tables?timeout=20",
      headers: [...versioned, ...typed],
      content: BODY,
    });
    const judge = judgeOf({ service: "table" });
    for (const [change, code] of [
      [{ method: "PUT" }, "signature-mismatch"],
      [{ content: "x" }, "content-mismatch"],
      [{ target: "/Tables?comp=acl" }, "signature-mismatch"],
      [{ headers: [...request.headers, ["X-HTTP-Method", "MERGE"]] }, "header-unsigned"],
      [{ headers: [...request.headers, ["X_Ms_Date", DATE]] }, "header-ambiguous"],
    ] as const)
      expect([change, await judge.verdict({ ...request, ...change } as Arriving)]).toEqual([
        change,
        code,
      ]);
    expect(await judge.verdict(request)).toBe("accepted");
    expect(judge.authentic?.claims.signedHeaders).toEqual([
      "content-md5",
      "content-type",
      "x-ms-date",
    ]);
    const { headers } = request;
    const dated = headers.map(([n, v]) => [n === "x-ms-date" ? "Date" : n, v] as const);
    expect(await judgeOf({ service: "table" }).verdict({ ...request, headers: dated })).toBe(
      "accepted",
    );
  });

  it("table, lite: the date and the path; so no content, and every signature once", async () => {
    const text = [DATE, "/devstoreaccount1/Tables"];
    const request = signed(text, { word: "SharedKeyLite", target: "/Tables", headers: versioned });
    const strict = judgeOf({ service: "table", lite: true });
    expect(await strict.verdict({ ...request, target: "/Other" })).toBe("signature-mismatch");
    expect(await strict.verdict({ ...request, method: "POST", content: "x" })).toBe(
      "content-undigested",
    );
    const withMd5 = { ...request, content: BODY, headers: [...request.headers, typed[1]] as Lines };
    expect(await strict.verdict(withMd5)).toBe("content-undigested");
    expect(
      await strict.verdict({ ...request, headers: [...request.headers, typed[0]] as Lines }),
    ).toBe("header-unsigned");
    // The method is not signed: what was read may not be used to delete.
    expect(await strict.verdict(request)).toBe("accepted");
    expect(await strict.verdict({ ...request, method: "DELETE" })).toBe("nonce-seen");
    expect(await strict.verdict(request)).toBe("nonce-seen");

    const lenient = { service: "table", lite: true, allowUnsignedContent: true } as const;
    const post = {
      ...request,
      method: "POST",
      content: BODY,
      headers: [...request.headers, ...typed],
    };
    expect(await judgeOf(lenient).verdict(post)).toBe("accepted");
    const tunnelled = { ...post, headers: [...post.headers, ["X-HTTP-Method", "MERGE"]] as Lines };
    expect(await judgeOf(lenient).verdict(tunnelled)).toBe("header-unsigned");
  });
});

describe("what azure-shared-key signs", () => {
  const clock = { nowMs: () => NOW * 1000 };
  const signerOf = (options: AzureSharedKeyOptions): Signer =>
    new Signer({ appId: ACCOUNT, apiKey: KEY, scheme: azureSharedKey(options), clock });
  const request = {
    method: "PUT",
    url: `https://${HOST}/c/b?comp=block&a=1`,
    headers: [
      ["Content-Type", "text/plain"],
      ["x-ms-version", "2024-11-04"],
    ],
    content: Buffer.from(BODY),
  } as const;

  it.each<[AzureSharedKeyOptions]>([
    [{}],
    [{ service: "queue" }],
    [{ lite: true }],
    [{ service: "table" }],
    [{ service: "table", lite: true, allowUnsignedContent: true }],
  ])("is accepted: %j", async (options) => {
    const { headers } = signerOf(options).sign(request);
    const judge = judgeOf(options);
    const arriving: Arriving = {
      method: "PUT",
      target: "/c/b?comp=block&a=1",
      content: BODY,
      headers: [["Host", HOST], ["Content-Length", "13"], ...request.headers, ...headers],
    };
    expect(await judge.verdict(arriving)).toBe("accepted");
    const covers = options.allowUnsignedContent !== true;
    expect(headers.filter(([name]) => name === "content-md5")).toEqual(
      covers ? [["content-md5", MD5]] : [],
    );
  });

  it("needs the content, or its MD5 and length", () => {
    const sha256 = createHash("sha256").update(BODY).digest();
    const signer = signerOf({});
    const hashed = { ...request, content: { sha256 } };
    const withLength = [...request.headers, ["Content-Length", "13"]] as const;
    expect(() => signer.sign(hashed)).toThrow("header-missing: content-length");
    expect(() => signer.sign({ ...hashed, headers: withLength })).toThrow("content-undigested");
    const whole = { ...hashed, headers: [...withLength, ["Content-MD5", MD5]] as Lines };
    expect(signer.sign(whole).canonicalRequest).toBe(signer.sign(request).canonicalRequest);
  });

  it.each<[string, Partial<typeof request> | object, string]>([
    ["a query with a second spelling", { url: `https://${HOST}/c?A=1` }, "target-malformed"],
    ["a header that cannot be signed", { headers: [["Content-Range", "x"]] }, "header-unsigned"],
  ])("is not %s", (_name, change, message) => {
    expect(() => signerOf({}).sign({ ...request, ...change })).toThrow(message);
  });
});

describe("the options of azure-shared-key", () => {
  it.each([
    [
      { service: "disk" as never },
      'azureSharedKey.service: must be "blob" or "queue" or "file" or "table".',
    ],
    [{ lite: "yes" as never }, "azureSharedKey.lite"],
    [{ allowUnsignedContent: 1 as never }, "azureSharedKey.allowUnsignedContent"],
    [{ maxAge: -1 }, "azureSharedKey.maxAge: is -1, and must be a whole number of seconds from 1"],
    [{ futureSkew: 0.5 }, "azureSharedKey.futureSkew"],
    [{ maxAgeSeconds: 60 } as never, "azureSharedKey.maxAgeSeconds: is not an option of"],
    [null as never, "azureSharedKey: is null, and must be an object of options."],
  ])("refuses the options %j", (options, message) => {
    expect(() => azureSharedKey(options)).toThrow(message);
  });

  it("takes keys of 64 bytes alone", () => {
    const short = Buffer.from([...Array(32).keys()]).toString("base64");
    const make = () => new Signer({ appId: ACCOUNT, apiKey: short, scheme: azureSharedKey() });
    expect(make).toThrow("apiKey: is shorter than 64 bytes: it has 32. Make one of 64 bytes,");
  });

  it.each<[AzureSharedKeyOptions, readonly RegExp[]]>([
    [{}, [/host/, /MD5/]],
    [{ allowUnsignedContent: true }, [/host/, /MD5 alone/, /Content-MD5/]],
    [{ lite: true }, [/host/, /query/, /MD5/]],
    [{ service: "table" }, [/host/, /query/, /x-ms-/, /MD5/]],
    [{ service: "table", lite: true }, [/host/, /query/, /x-ms-/, /method/]],
    [{ service: "table", lite: true, acknowledgeWeakness: true }, []],
  ])("%j says what it leaves open", (options, said) => {
    const { weaknesses = [] } = azureSharedKey(options);
    expect(weaknesses).toHaveLength(said.length);
    for (const [i, pattern] of said.entries()) expect(weaknesses[i]).toMatch(pattern);
  });
});
