import { createHash, createHmac } from "node:crypto";
import { beforeEach, describe, expect, it } from "@jest/globals";
import { Judge, type Arriving } from "../../../../test/support/judge.js";
import { Signer } from "@lacre/core";
import { azureHmac } from "./azure-hmac.js";

// Vipps MobilePay, "Request authentication" of its webhooks: the one published example of this family.
const VIPPS = {
  secret:
    "A0+AeKBRG2KRGvnNwJpQlb6IJFk48CKXCIcrLoHncVJKDILsQSxS6NWCccwWm6r6FhGKhiHTBsG2wo/xU6FY/A==",
  nowSeconds: Date.UTC(2023, 2, 30, 8, 38, 32) / 1000,
  request: {
    method: "POST",
    target: "/e2cee29b-012e-4f1d-8ef4-e95fd74a7a63",
    headers: [
      ["Host", "webhook.site"],
      ["X-Ms-Date", "Thu, 30 Mar 2023 08:38:32 GMT"],
      ["X-Ms-Content-Sha256", "lNlsp1XA03N34HrQsVzPgJKtC+r7l/RBF4V3JQUWMj4="],
      [
        "Authorization",
        "HMAC-SHA256 SignedHeaders=x-ms-date;host;x-ms-content-sha256&Signature=agAiSyogQbDHpeucoNwYz+yAr5nJ+v+zasdkSbqzv+U=",
      ],
    ],
    content: '{"some-unique-content":"ee6e441b-cc4a-46f8-895d-a5af79bcc233/hello-world"}',
  } satisfies Arriving,
};

describe("the documented webhook of Vipps MobilePay", () => {
  const scheme = azureHmac({ appId: "vipps" });
  const judge = (encoding: "text" | "base64"): Judge =>
    new Judge({
      scheme,
      apps: [{ appId: "vipps", apiKey: VIPPS.secret, encoding, schemes: [scheme.name] }],
      origins: ["https://webhook.site"],
      nowSeconds: VIPPS.nowSeconds,
    });

  it("is accepted under the text of its secret, and under no bytes of it", async () => {
    expect(await judge("base64").verdict(VIPPS.request)).toBe("signature-mismatch");
    const server = judge("text");
    expect(await server.verdict(VIPPS.request)).toBe("accepted");
    expect(server.authentic?.claims.appId).toBe("vipps");
    expect(await server.verdict(VIPPS.request)).toBe("nonce-seen");
  });

  it("is what our signer makes", () => {
    const clock = { nowMs: () => VIPPS.nowSeconds * 1000 };
    const { secret: apiKey, request } = VIPPS;
    const signer = new Signer({ appId: "vipps", apiKey, encoding: "text", scheme, clock });
    const { headers } = signer.sign({
      method: "POST",
      url: `https://webhook.site${request.target}`,
      content: Buffer.from(request.content),
    });
    const lower = request.headers.map(([name, value]) => [name.toLowerCase(), value]);
    expect(headers).toEqual(lower.slice(1));
  });
});

const KEY = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
const NOW = 1_700_000_000;
const DATE = "Tue, 14 Nov 2023 22:13:20 GMT";
const HOST = "config.example.test";
const BODY = '{"value":"blue"}';
const sha256 = (text: string): string => createHash("sha256").update(text).digest("base64");
const mac = (text: string): string =>
  createHmac("sha256", Buffer.from(KEY, "base64")).update(text, "latin1").digest("base64");

/** What a caller may write, right or wrong; its signature is right for it. */
interface Written {
  readonly method?: string;
  readonly target?: string;
  readonly list?: string;
  readonly values?: readonly string[];
  readonly digest?: string;
  readonly date?: string;
  readonly content?: string;
  readonly more?: readonly (readonly [string, string])[];
  readonly authorization?: (list: string, signature: string) => string;
}

const APP = (list: string, signature: string): string =>
  `HMAC-SHA256 Credential=demo&SignedHeaders=${list}&Signature=${signature}`;

function written({
  method = "PUT",
  target = "/kv/color?label=prod",
  content = BODY,
  date = DATE,
  digest = sha256(content),
  list = "x-ms-date;host;x-ms-content-sha256",
  values = [date, HOST, digest],
  more = [],
  authorization = APP,
}: Written = {}): Arriving {
  const signature = mac(`${method}\n${target}\n${values.join(";")}`);
  return {
    method,
    target,
    content,
    headers: [
      ["Host", HOST],
      ["x-ms-date", date],
      ["x-ms-content-sha256", digest],
      ...more,
      ["Authorization", authorization(list, signature)],
    ],
  };
}

describe("azure-hmac", () => {
  const apps = [
    { appId: "demo", apiKey: KEY, encoding: "base64", schemes: ["azure-hmac"] },
  ] as const;
  const judgeOf = (scheme = azureHmac()): Judge =>
    new Judge({ scheme, apps, origins: [`https://${HOST}`], nowSeconds: NOW });
  let judge: Judge;
  beforeEach(() => {
    judge = judgeOf();
  });
  const verdict = (what: Written): Promise<string> => judge.verdict(written(what));

  it("accepts no request that was changed, and burns nothing by looking", async () => {
    const good = written();
    const without = (name: string): Arriving["headers"] =>
      good.headers.filter(([each]) => each !== name);
    const changed: readonly [Partial<Arriving>, string][] = [
      [{ method: "POST" }, "signature-mismatch"],
      [{ target: "/kv/colour?label=prod" }, "signature-mismatch"],
      [{ target: "/kv/color?label=Prod" }, "signature-mismatch"],
      [{ target: "/kv/color?label=prod&" }, "signature-mismatch"],
      [{ target: "/kv/%63olor?label=prod" }, "signature-mismatch"],
      [{ target: "/kv/color" }, "signature-mismatch"],
      [{ content: '{"value":"red"}' }, "content-mismatch"],
      [{ content: '{"value": "blue"}' }, "content-mismatch"],
      [{ content: "" }, "content-mismatch"],
      [{ headers: without("Host") }, "header-missing"],
      [{ headers: without("x-ms-date") }, "header-missing"],
      [{ headers: without("x-ms-content-sha256") }, "header-missing"],
      [{ headers: without("Authorization") }, "credentials-missing"],
      [{ headers: [...good.headers, ["Authorization", "Basic YTpi"]] }, "credentials-repeated"],
      [{ headers: [...good.headers, ["x-ms-date", DATE]] }, "header-repeated"],
      [{ headers: [...good.headers, ["X_MS_DATE", DATE]] }, "header-ambiguous"],
      [{ headers: [...good.headers, ["Content-Encoding", "gzip"]] }, "header-unsigned"],
      [{ headers: [...good.headers, ["X-HTTP-Method", "DELETE"]] }, "header-unsigned"],
      [{ headers: [["Host", "other.example"], ...without("Host")] }, "host-unknown"],
    ];
    for (const [change, code] of changed)
      expect([change, await judge.verdict({ ...good, ...change })]).toEqual([change, code]);
    expect(await judge.verdict(good)).toBe("accepted");
    expect(await judge.verdict(good)).toBe("nonce-seen");
  });

  it("always compares the content, even where there is none", async () => {
    const get = { method: "GET", content: "" } as const;
    expect(await verdict({ ...get, digest: sha256("x") })).toBe("content-mismatch");
    expect(await judge.verdict({ ...written(get), content: "added" })).toBe("content-mismatch");
    // GET may be repeated while it is young.
    expect([await verdict(get), await verdict(get)]).toEqual(["accepted", "accepted"]);
  });

  it("takes no name but in its place, since names are not signed", async () => {
    const json = "application/json";
    const values = [DATE, HOST, sha256(BODY), json];
    const signed = "x-ms-date;host;x-ms-content-sha256;content-type";
    const good = written({ list: signed, values, more: [["Content-Type", json]] });
    // The signature stays right when a value moves to another header …
    const moved = (name: string): Arriving => ({
      ...good,
      headers: good.headers.map(([each, value]) =>
        each === "Content-Type"
          ? [name, json]
          : [each, value.replace("content-type", name.toLowerCase())],
      ),
    });
    for (const name of ["X-Role", "If-Match", "Date", "__proto__", "Cookie"]) {
      expect(moved(name).headers).toContainEqual([name, json]);
      expect([name, await judge.verdict(moved(name))]).toEqual([name, "signed-headers-malformed"]);
    }
    // … and when one of two headers takes the other's value.
    const two = judgeOf(azureHmac({ furtherHeaders: ["content-type", "x-role"] }));
    const both = "x-ms-date;host;x-ms-content-sha256;content-type;x-role";
    const further = written({
      list: both,
      values: [...values, "reader"],
      more: [
        ["Content-Type", json],
        ["X-Role", "reader"],
      ],
    });
    const swapped: Arriving = {
      ...further,
      headers: further.headers.map(([name, value]) =>
        name === "Content-Type"
          ? ["X-Role", value]
          : name === "X-Role"
            ? ["Content-Type", value]
            : [name, value.replace("content-type;x-role", "x-role;content-type")],
      ),
    };
    expect(await two.verdict(swapped)).toBe("signed-headers-malformed");
    const second = written({ list: `${both.replace(";content-type", "")}`, values: [...values] });
    expect(await two.verdict(second)).toBe("signed-headers-malformed");
    expect(await two.verdict(further)).toBe("accepted");
    expect(two.authentic?.claims.signedHeaders).toEqual(both.split(";"));
    expect(await judge.verdict(good)).toBe("accepted");
  });

  it("takes no signed value with the separator in it", async () => {
    const list = "x-ms-date;host;x-ms-content-sha256;content-type";
    const type = "text/html;reader";
    const values = [DATE, HOST, sha256(BODY), type];
    const two = judgeOf(azureHmac({ furtherHeaders: ["content-type", "x-role"] }));
    const one = written({ list, values, more: [["Content-Type", type]] });
    // "text/html;reader" is the value of one header as well as those of two.
    const split = written({
      list: `${list};x-role`,
      values,
      more: [
        ["Content-Type", "text/html"],
        ["X-Role", "reader"],
      ],
    });
    const signatureIn = ({ headers }: Arriving) => headers.at(-1)?.[1].slice(-44);
    expect(signatureIn(one)).toBe(signatureIn(split));
    expect(await two.verdict(one)).toBe("header-malformed");
    expect(await two.verdict(split)).toBe("accepted");
  });

  it.each<[string, Written, string]>([
    [
      "the list without the date",
      { list: "host;x-ms-content-sha256", values: [HOST, sha256(BODY)] },
      "header-unsigned",
    ],
    [
      "the list without the host",
      { list: "x-ms-date;x-ms-content-sha256", values: [DATE, sha256(BODY)] },
      "header-unsigned",
    ],
    [
      "the list without the digest",
      { list: "x-ms-date;host", values: [DATE, HOST] },
      "header-unsigned",
    ],
    ["an empty list", { list: "", values: [] }, "signed-headers-malformed"],
    [
      "names in capitals",
      { list: "X-Ms-Date;host;x-ms-content-sha256" },
      "signed-headers-malformed",
    ],
    [
      "a name twice",
      { list: "x-ms-date;host;x-ms-date", values: [DATE, HOST, DATE] },
      "header-unsigned",
    ],
    [
      "a fourth name twice",
      { list: "x-ms-date;host;x-ms-content-sha256;host", values: [DATE, HOST, sha256(BODY), HOST] },
      "signed-headers-malformed",
    ],
    [
      "a name at the end that is empty",
      { list: "x-ms-date;host;x-ms-content-sha256;" },
      "signed-headers-malformed",
    ],
    [
      "one name among them that is empty",
      { list: "x-ms-date;;host;x-ms-content-sha256" },
      "signed-headers-malformed",
    ],
    [
      "a listed header that is not sent",
      {
        list: "x-ms-date;host;x-ms-content-sha256;content-type",
        values: [DATE, HOST, sha256(BODY), ""],
      },
      "header-missing",
    ],
    [
      "Date listed beside x-ms-date",
      { list: "date;host;x-ms-content-sha256", more: [["Date", DATE]] },
      "header-unsigned",
    ],
    [
      "a digest of another alphabet",
      { content: "x", digest: "LXEWQrcmsEQBYnyp--6wy9chTD7GQPMTbAiWHF5IaSI=" },
      "digest-malformed",
    ],
    [
      "a digest with stray bits",
      { digest: "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFV=" },
      "digest-malformed",
    ],
    ["a digest without padding", { digest: sha256(BODY).slice(0, -1) }, "digest-malformed"],
    [
      "a digest in hex",
      { digest: createHash("sha256").update(BODY).digest("hex") },
      "digest-malformed",
    ],
    ["a time in seconds", { date: String(NOW) }, "timestamp-malformed"],
    ["a date of another form", { date: "2023-11-14T22:13:20Z" }, "timestamp-malformed"],
    ["an empty date", { date: "" }, "timestamp-malformed"],
    ["the wrong day of the week", { date: DATE.replace("Tue", "Wed") }, "timestamp-malformed"],
    [
      "no Credential",
      { authorization: (l, s) => `HMAC-SHA256 SignedHeaders=${l}&Signature=${s}` },
      "credentials-malformed",
    ],
    [
      "an empty Credential",
      { authorization: (l, s) => APP(l, s).replace("demo", "") },
      "app-id-malformed",
    ],
    [
      "a Credential with a colon",
      { authorization: (l, s) => APP(l, s).replace("demo", "0-l9-s0:abc") },
      "app-id-malformed",
    ],
    [
      "another Credential",
      { authorization: (l, s) => APP(l, s).replace("demo", "__proto__") },
      "app-unknown",
    ],
    [
      "two of them",
      { authorization: (l, s) => `${APP(l, s)}&Credential=demo` },
      "credentials-malformed",
    ],
    [
      "another order",
      { authorization: (l, s) => `HMAC-SHA256 SignedHeaders=${l}&Credential=demo&Signature=${s}` },
      "credentials-malformed",
    ],
    [
      "one separator and the other",
      { authorization: (l, s) => `HMAC-SHA256 Credential=demo, SignedHeaders=${l}&Signature=${s}` },
      "credentials-malformed",
    ],
    [
      "a comma alone",
      { authorization: (l, s) => APP(l, s).replaceAll("&", ",") },
      "credentials-malformed",
    ],
    ["another parameter", { authorization: (l, s) => `${APP(l, s)}&x=y` }, "credentials-malformed"],
    [
      "two blanks",
      { authorization: (l, s) => APP(l, s).replace(" ", "  ") },
      "credentials-malformed",
    ],
    [
      "a scheme in other letters",
      { authorization: (l, s) => APP(l, s).toLowerCase() },
      "credentials-malformed",
    ],
    ["the scheme alone", { authorization: () => "HMAC-SHA256" }, "credentials-malformed"],
    [
      "100,000 characters",
      { authorization: (l, s) => `${APP(l, s)}${"=".repeat(100_000)}` },
      "credentials-malformed",
    ],
    ["no padding", { authorization: (l, s) => APP(l, s.replace("=", "")) }, "signature-malformed"],
    [
      "a signature of 31 bytes",
      { authorization: (l) => APP(l, Buffer.alloc(31).toString("base64")) },
      "signature-malformed",
    ],
    ["an empty signature", { authorization: (l) => APP(l, "") }, "signature-malformed"],
    [
      "a signature in hex",
      { authorization: (l, s) => APP(l, Buffer.from(s, "base64").toString("hex")) },
      "signature-malformed",
    ],
    ["another signature", { authorization: (l) => APP(l, mac("x")) }, "signature-mismatch"],
  ])("refuses %s", async (_name, what, code) => {
    expect(await verdict(what)).toBe(code);
  });

  it("takes what Microsoft's own samples write: commas, another order, Date", async () => {
    const commas = { authorization: (l: string, s: string) => APP(l, s).replaceAll("&", ", ") };
    expect(await verdict({ ...commas, target: "/1" })).toBe("accepted");
    const other = {
      list: "host;x-ms-content-sha256;x-ms-date",
      values: [HOST, sha256(BODY), DATE],
      target: "/2",
    };
    expect(await verdict(other)).toBe("accepted");
    const { headers, ...rest } = written({ list: "date;host;x-ms-content-sha256", target: "/3" });
    const dated = headers.map(([n, v]) => [n === "x-ms-date" ? "Date" : n, v] as const);
    expect(await judge.verdict({ ...rest, headers: dated })).toBe("accepted");
  });

  it("is in time for a quarter of an hour, to the second, and no further ahead than others", async () => {
    for (const [seconds, expected] of [
      [-6, "timestamp-too-new"],
      [-5, "accepted"],
      [900, "accepted"],
      [901, "timestamp-too-old"],
      [90_000, "timestamp-absurd"],
    ] as const) {
      judge = judgeOf();
      judge.clock.advance(seconds);
      expect([seconds, await verdict({})]).toEqual([seconds, expected]);
    }
    judge = judgeOf(azureHmac({ maxAge: 60, futureSkew: 900 }));
    judge.clock.advance(61);
    expect(await verdict({})).toBe("timestamp-too-old");
    judge.clock.advance(-961);
    expect(await verdict({})).toBe("accepted");
  });

  it("belongs to one app where requests carry no Credential, and then takes none", async () => {
    judge = judgeOf(azureHmac({ appId: "demo" }));
    expect(await verdict({})).toBe("credentials-malformed");
    const bare = (l: string, s: string) => `HMAC-SHA256 SignedHeaders=${l}&Signature=${s}`;
    expect(await verdict({ authorization: bare })).toBe("accepted");
  });

  it("signs what it accepts, and the type of content where it can", async () => {
    const clock = { nowMs: () => NOW * 1000 };
    const options = { appId: "demo", apiKey: KEY, scheme: azureHmac(), clock } as const;
    const signer = new Signer(options);
    const request = { method: "PUT", url: `https://${HOST}/kv/a?b`, content: Buffer.from(BODY) };
    for (const [type, signed] of [
      ["application/json", true],
      ["application/json; charset=utf-8", false],
    ] as const) {
      const headers = [["Content-Type", type]] as const;
      const made = signer.sign({ ...request, headers });
      const arriving = {
        method: "PUT",
        target: "/kv/a?b",
        content: BODY,
        headers: [["Host", HOST], ...headers, ...made.headers] as const,
      };
      expect(await judge.verdict(arriving)).toBe("accepted");
      expect(judge.authentic?.claims.signedHeaders.includes("content-type")).toBe(signed);
    }
    const encoded = { ...request, headers: [["Content-Encoding", "gzip"]] as const };
    expect(() => signer.sign(encoded)).toThrow("header-unsigned");
  });

  it.each([
    [{ appId: "lk1_x" }, "azureHmac.appId: must be an AppId"],
    [{ appId: "a:b" }, "azureHmac.appId"],
    [{ furtherHeaders: ["Content-Type"] }, "azureHmac.furtherHeaders[0]: must be a name in lower"],
    [{ furtherHeaders: ["x-a", "host"] }, "azureHmac.furtherHeaders[1]"],
    [{ furtherHeaders: ["cookie"] }, "azureHmac.furtherHeaders[0]"],
    [{ furtherHeaders: [7 as never] }, "azureHmac.furtherHeaders[0]"],
    [{ furtherHeaders: [null as never] }, "azureHmac.furtherHeaders[0]"],
    [{ furtherHeaders: ["x-a", "x-a"] }, "azureHmac.furtherHeaders[1]: is in the list already"],
    [{ furtherHeaders: "x-a" as never }, "azureHmac.furtherHeaders: must be a list."],
    [
      { maxAge: 0 },
      "azureHmac.maxAge: is 0, and must be a whole number of seconds from 1 to 86400",
    ],
    [{ futureSkew: 86_401 }, "azureHmac.futureSkew"],
    [{ maxAgeSeconds: 60 } as never, "azureHmac.maxAgeSeconds: is not an option of azureHmac."],
    [{ acknowledgeWeakness: "true" as never }, "azureHmac.acknowledgeWeakness"],
    [null as never, "azureHmac: is null, and must be an object of options."],
  ])("is not made with %j", (options, message) => {
    expect(() => azureHmac(options)).toThrow(message);
  });

  it("says what it leaves open, unless that is known", () => {
    expect(azureHmac().weaknesses).toHaveLength(1);
    expect(azureHmac({ acknowledgeWeakness: true }).weaknesses).toEqual([]);
  });
});
