import { createHmac } from "node:crypto";
import { describe, expect, it } from "@jest/globals";
import { acquia2 } from "@lacre/schemes/acquia2";
import { aspnetHmac } from "@lacre/schemes/aspnet";
import { awsSigV4 } from "@lacre/schemes/aws-sigv4";
import { azureHmac } from "@lacre/schemes/azure-hmac";
import { azureSharedKey } from "@lacre/schemes/azure-shared-key";
import { bodySignature } from "@lacre/schemes/body-signature";
import {
  ConfigurationError,
  lacre1,
  readApps,
  readSchemes,
  Signer,
  type KeyEncoding,
  type Scheme,
} from "@lacre/core";
import { github } from "@lacre/schemes/github";
import { hawk } from "@lacre/schemes/hawk";
import { rfc9421 } from "@lacre/schemes/rfc9421";
import { sharedKey } from "@lacre/schemes/shared-key";
import { slack } from "@lacre/schemes/slack";
import { standardWebhooks } from "@lacre/schemes/standard-webhooks";
import { stripe } from "@lacre/schemes/stripe";
import { timestampBody } from "@lacre/schemes/timestamp-body";
import { Judge, type Arriving } from "../support/judge.js";

/*
 * What no scheme may let through, tried on every scheme. What is refused is said here, by hand, for each; what a
 * scheme does not cover, its own page says too.
 */

const NOW = 1_700_000_000;
const HOST = "api.example.test";
const TEXT_KEY = "correct horse battery staple, at least";
const BASE64_KEY = Buffer.from(Array.from({ length: 32 }, (_, i) => i * 7 + 1)).toString("base64");

/** What a change to a request's part does: it breaks the MAC, or the scheme does not see it. */
interface Subject {
  readonly scheme: Scheme;
  readonly encoding: KeyEncoding;
  readonly apiKey: string;
  /** Parts that nobody can change: the MAC covers them, or, for a type, the content tells it. */
  readonly covers: readonly ("method" | "target" | "host" | "type" | "content")[];
  /** The header in which the signature stands, and the signature in it. */
  readonly signature: { readonly header: string; readonly at: RegExp };
  /** The same of the time; undefined where none is signed. */
  readonly time?: { readonly header: string; readonly at: RegExp };
  /** Whether content can be signed at all. */
  readonly hasContent?: false;
  /** Whether a GET may be sent again within its time. */
  readonly repeatableGet?: true;
  /** Whether it takes URLs with their own credentials. */
  readonly presigns?: true;
  /** What a caller makes of what our signer made, where our signer never signs so. */
  readonly resign?: (request: Arriving, apiKey: string) => Arriving;
}

const text = { encoding: "text", apiKey: TEXT_KEY } as const;
const base64 = { encoding: "base64", apiKey: BASE64_KEY } as const;
const all = ["method", "target", "host", "type", "content"] as const;
const weak = { acknowledgeWeakness: true } as const;
const AT_NOW = { nowMs: () => NOW * 1000 };
const UNIX = /\b1700000000\b/;

const SUBJECTS: readonly Subject[] = [
  {
    scheme: lacre1,
    ...text,
    presigns: true,
    covers: all,
    signature: { header: "authorization", at: /[0-9a-f]{64}$/ },
    time: { header: "authorization", at: UNIX },
  },
  {
    scheme: awsSigV4({ region: "eu-central-1", service: "orders" }),
    ...text,
    presigns: true,
    covers: all,
    signature: { header: "authorization", at: /[0-9a-f]{64}$/ },
    time: { header: "x-amz-date", at: /20231114T221320Z/ },
    repeatableGet: true,
  },
  {
    scheme: rfc9421({ nonce: "required" }),
    ...text,
    covers: all,
    signature: { header: "signature", at: /[A-Za-z0-9+/]{43}=/ },
    time: { header: "signature-input", at: UNIX },
  },
  {
    scheme: rfc9421(),
    ...text,
    covers: all,
    signature: { header: "signature", at: /[A-Za-z0-9+/]{43}=/ },
    time: { header: "signature-input", at: UNIX },
    repeatableGet: true,
    resign: withoutNonce,
  },
  {
    scheme: rfc9421({
      components: ["@authority", "@path", "@query"],
      acknowledgeWeakness: true,
    }),
    ...text,
    covers: ["target", "host", "type", "content"],
    signature: { header: "signature", at: /[A-Za-z0-9+/]{43}=/ },
    time: { header: "signature-input", at: UNIX },
    resign: withoutNonce,
  },
  {
    scheme: aspnetHmac({ acknowledgeWeakness: true }),
    ...base64,
    covers: ["method", "target", "host", "content"],
    signature: { header: "authorization", at: /[A-Za-z0-9+/]{43}=/ },
    time: { header: "authorization", at: UNIX },
  },
  {
    scheme: acquia2({ realm: "orders" }),
    ...base64,
    covers: all,
    signature: { header: "authorization", at: /[A-Za-z0-9+/]{43}=/ },
    time: { header: "x-authorization-timestamp", at: UNIX },
  },
  {
    scheme: hawk(),
    ...text,
    covers: all,
    signature: { header: "authorization", at: /(?<=mac=")[A-Za-z0-9+/]{43}=/ },
    time: { header: "authorization", at: UNIX },
  },
  {
    scheme: azureHmac({ acknowledgeWeakness: true }),
    ...base64,
    covers: all,
    signature: { header: "authorization", at: /(?<=Signature=)[A-Za-z0-9+/]{43}=/ },
    time: { header: "x-ms-date", at: /Tue, 14 Nov 2023 22:13:20 GMT/ },
    repeatableGet: true,
  },
  {
    scheme: azureSharedKey({ acknowledgeWeakness: true }),
    encoding: "base64",
    apiKey: Buffer.from(Array.from({ length: 64 }, (_, i) => i * 3 + 1)).toString("base64"),
    covers: ["method", "target", "type", "content"],
    signature: { header: "authorization", at: /[A-Za-z0-9+/]{43}=/ },
    time: { header: "x-ms-date", at: /Tue, 14 Nov 2023 22:13:20 GMT/ },
    repeatableGet: true,
  },
  {
    scheme: timestampBody({ appId: "demo", acknowledgeWeakness: true }),
    ...text,
    covers: ["type", "content"],
    signature: { header: "x-hmac-sha256", at: /[0-9a-f]{64}$/ },
    time: { header: "x-hmac-timestamp", at: UNIX },
  },
  {
    scheme: sharedKey({ acknowledgeWeakness: true }),
    ...text,
    covers: ["method", "target"],
    hasContent: false,
    signature: { header: "x-auth-id", at: /[0-9a-f]{64}$/ },
    time: { header: "x-auth-date", at: /2023-11-14T22:13:20\.\d+Z/ },
  },
  {
    scheme: standardWebhooks({ appId: "demo" }),
    encoding: "whsec",
    apiKey: `whsec_${BASE64_KEY}`,
    covers: ["type", "content"],
    signature: { header: "webhook-signature", at: /[A-Za-z0-9+/]{43}=/ },
    time: { header: "webhook-timestamp", at: UNIX },
  },
  {
    scheme: stripe({ appId: "demo" }),
    ...text,
    covers: ["type", "content"],
    signature: { header: "stripe-signature", at: /[0-9a-f]{64}/ },
    time: { header: "stripe-signature", at: UNIX },
  },
  {
    scheme: slack({ appId: "demo" }),
    ...text,
    covers: ["type", "content"],
    signature: { header: "x-slack-signature", at: /[0-9a-f]{64}/ },
    time: { header: "x-slack-request-timestamp", at: UNIX },
  },
  {
    scheme: github({
      appId: "demo",
      acknowledgeWeakness: true,
      clock: AT_NOW,
    }),
    ...text,
    covers: ["type", "content"],
    signature: { header: "x-hub-signature-256", at: /[0-9a-f]{64}/ },
  },
  {
    scheme: bodySignature({
      name: "generic",
      appId: "demo",
      acknowledgeWeakness: true,
      signatureHeader: "x-signature",
      timestampHeader: "x-timestamp",
      template: "{timestamp}.{body}",
    }),
    ...text,
    covers: ["type", "content"],
    signature: { header: "x-signature", at: /[0-9a-f]{64}/ },
    time: { header: "x-timestamp", at: UNIX },
  },
];

/** How each format is made under a name, and what messages call its options. */
const NAMED: Readonly<Record<string, readonly [at: string, make: (name?: string) => Scheme]>> = {
  acquia2: ["acquia2", (name) => acquia2({ name, realm: "orders" })],
  "aspnet-hmac": ["aspnetHmac", (name) => aspnetHmac({ name, ...weak })],
  "aws-sigv4": [
    "awsSigV4",
    (name) => awsSigV4({ name, region: "eu-central-1", service: "orders" }),
  ],
  "azure-hmac": ["azureHmac", (name) => azureHmac({ name, ...weak })],
  "azure-shared-key": ["azureSharedKey", (name) => azureSharedKey({ name, ...weak })],
  github: ["github", (name) => github({ name, appId: "demo", clock: AT_NOW, ...weak })],
  hawk: ["hawk", (name) => hawk({ name, presigned: 600 })],
  rfc9421: ["rfc9421", (name) => rfc9421({ name })],
  "shared-key": ["sharedKey", (name) => sharedKey({ name, ...weak })],
  slack: ["slack", (name) => slack({ name, appId: "demo" })],
  "standard-webhooks": ["standardWebhooks", (name) => standardWebhooks({ name, appId: "demo" })],
  stripe: ["stripe", (name) => stripe({ name, appId: "demo" })],
  "timestamp-body": ["timestampBody", (name) => timestampBody({ name, appId: "demo", ...weak })],
};

/** Forms that cover less: what holds for them is that a request runs once, whatever its method. */
const LESSER: readonly Subject[] = [
  ...[{}, { lite: true }].flatMap((form) =>
    (["blob", "table"] as const).map((service) => ({
      ...subjectOf("azure-shared-key"),
      scheme: azureSharedKey({ ...form, service, acknowledgeWeakness: true }),
      ...(service === "table" && "lite" in form && { hasContent: false as const }),
    })),
  ),
  {
    ...subjectOf("azure-hmac"),
    scheme: azureHmac({ appId: "demo", acknowledgeWeakness: true }),
  },
  {
    ...subjectOf("shared-key"),
    scheme: sharedKey({ uri: "path", insecureHash: true, acknowledgeWeakness: true }),
  },
  ...(["s3", "raw"] as const).map((urlMode) => ({
    ...subjectOf("aws-sigv4"),
    scheme: awsSigV4({ region: "r", service: "s", urlMode }),
  })),
  { ...subjectOf("aspnet-hmac"), scheme: aspnetHmac({ parts: 4, acknowledgeWeakness: true }) },
  { ...subjectOf("hawk"), scheme: hawk({ presigned: 600 }), presigns: true },
  {
    ...subjectOf("timestamp-body"),
    scheme: timestampBody({
      appId: "demo",
      order: "timestamp-first",
      separator: ".",
      acknowledgeWeakness: true,
    }),
  },
  {
    ...subjectOf("standard-webhooks"),
    scheme: standardWebhooks({ appId: "demo", onceBy: "signature" }),
  },
];

function subjectOf(name: string): Subject {
  const subject = SUBJECTS.find(({ scheme }) => scheme.name === name);
  if (subject === undefined) throw new Error(name);
  return subject;
}

/** The same request under a signature without a nonce. */
function withoutNonce(request: Arriving, apiKey: string): Arriving {
  const field = (name: string): string =>
    request.headers.find(([header]) => header.toLowerCase() === name)?.[1] ?? "";
  const parts: Readonly<Record<string, string>> = {
    "@method": request.method,
    "@authority": HOST,
    "@path": request.target.replace(/[?].*/, ""),
    "@query": request.target.replace(/[^?]*/, ""),
  };
  const input = field("signature-input").replace(/;nonce="[^"]*"/, "");
  expect(input).not.toBe(field("signature-input"));
  const [label = "", params = ""] = input.split(/=(.*)/s);
  const names = Array.from(/[(].*?[)]/.exec(input)?.[0].matchAll(/"([^"]*)"/g) ?? [], ([, x]) => x);
  const lines = names.map((name = "") => `"${name}": ${parts[name] ?? field(name)}`);
  const mac = createHmac("sha256", apiKey)
    .update([...lines, `"@signature-params": ${params}`].join("\n"))
    .digest("base64");
  return edit(
    edit(request, "signature-input", () => input),
    "signature",
    () => `${label}=:${mac}:`,
  );
}

/** One server of its own, and requests for it. */
class Bench {
  readonly judge: Judge;
  /** The schemes that its signer says of what it signed. */
  readonly claimed: string[] = [];
  readonly #signer: Signer;

  constructor(readonly subject: Subject) {
    const { scheme, apiKey, encoding } = subject;
    const app = { appId: "demo", apiKey, encoding, schemes: [scheme.name] };
    this.judge = new Judge({
      scheme,
      apps: [app],
      origins: [`https://${HOST}`, "https://other.example.test"],
      nowSeconds: NOW,
      route: { presignedSeconds: 600 },
    });
    this.#signer = new Signer({
      appId: "demo",
      apiKey,
      encoding,
      scheme,
      clock: { nowMs: () => this.judge.clock.ms },
    });
  }

  signed(
    method = "POST",
    content = this.subject.hasContent === false ? "" : '{"n":1}',
    more: readonly [string, string][] = [],
  ): Arriving {
    const target = "/v1/orders?tag=a";
    const headers: [string, string][] =
      content === "" ? [...more] : [["content-type", "application/json"], ...more];
    const { headers: added } = this.#signer.sign({
      method,
      url: `https://${HOST}${target}`,
      headers,
      ...(content !== "" && { content: Buffer.from(content) }),
    });
    const length: readonly [string, string][] =
      content === "" ? [] : [["content-length", String(content.length)]];
    const { resign = (request) => request, apiKey } = this.subject;
    return resign(
      { method, target, headers: [["host", HOST], ...headers, ...length, ...added], content },
      apiKey,
    );
  }

  /** A URL with its own credentials; undefined where none are taken. */
  presigned(method: "GET" | "HEAD"): Arriving | undefined {
    if (this.subject.presigns !== true) return undefined;
    const { url } = this.#signer.presign({
      method,
      url: `https://${HOST}/v1/orders?tag=a`,
      expiresSeconds: 600,
    });
    const target = url.slice(url.indexOf("/v1"));
    return { method, target, headers: [["host", HOST]], content: "" };
  }
}

/** What the middleware of many frameworks takes for the method; some read `_` as `-`. */
const OVERRIDES = ["X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"].flatMap(
  (name) => [
    name,
    name.toLowerCase(),
    name.toUpperCase().replaceAll("-", "_"),
    name.replace("-M", "_M"),
  ],
);

const edit = (request: Arriving, name: string, change: (value: string) => string): Arriving => ({
  ...request,
  headers: request.headers.map(([header, value]) => [
    header,
    header.toLowerCase() === name ? change(value) : value,
  ]),
});

describe.each(SUBJECTS.map((subject) => [subject.scheme.name, subject] as const))(
  "%s",
  (_name, subject) => {
    const bench = (): Bench => new Bench(subject);
    const refused = async (request: Arriving, on = bench()): Promise<void> => {
      expect(await on.judge.verdict(request)).not.toBe("accepted");
    };
    const { signature, time, covers } = subject;

    it("lets the right request in, once", async () => {
      const on = bench();
      const request = on.signed();
      expect(await on.judge.verdict(request)).toBe("accepted");
      expect(await on.judge.verdict(request)).toBe("nonce-seen");
      const other = bench();
      const get = other.signed("GET", "");
      expect(await other.judge.verdict(get)).toBe("accepted");
      expect(await other.judge.verdict(get)).toBe(
        subject.repeatableGet === true ? "accepted" : "nonce-seen",
      );
    });

    it("lets one of two copies in that come at once", async () => {
      const on = bench();
      const request = on.signed();
      const verdicts = await Promise.all([1, 2, 3].map(() => on.judge.verdict(request)));
      expect(verdicts.filter((verdict) => verdict === "accepted").length).toBe(1);
    });

    it("burns nothing with a wrong signature or wrong content", async () => {
      const on = bench();
      const request = on.signed();
      await refused(
        edit(request, signature.header, (value) => value.replace(signature.at, flip)),
        on,
      );
      await refused({ ...request, content: '{"n":2}' }, on);
      expect(await on.judge.verdict(request)).toBe("accepted");
    });

    it.each([
      ["method", (request: Arriving) => ({ ...request, method: "PUT" })],
      ["target", (request: Arriving) => ({ ...request, target: "/v1/orders?tag=b" })],
      ["target", (request: Arriving) => ({ ...request, target: "/v1/orders%3Ftag=a" })],
      ["target", (request: Arriving) => ({ ...request, target: `${request.target}&x=1` })],
      ["host", (request: Arriving) => edit(request, "host", () => "other.example.test")],
      [
        "type",
        (request: Arriving) =>
          edit(request, "content-type", () => "application/x-www-form-urlencoded"),
      ],
    ] as const)("sees another %s where it says that it covers it", async (part, change) => {
      const on = bench();
      const verdict = await on.judge.verdict(change(on.signed()));
      if (part === "type" && subject.hasContent === false) return;
      expect([part, verdict === "accepted"]).toEqual([part, !covers.includes(part)]);
    });

    it.each([
      ["changed", '{"n":2}'],
      ["written anew", '{ "n": 1 }'],
      ["taken away", ""],
      ["longer by a line feed", '{"n":1}\n'],
    ])("refuses content that was %s", async (_what, content) => {
      const on = bench();
      const request = on.signed();
      if (request.content === content) return;
      await refused({ ...request, content }, on);
    });

    it("refuses content that was added", async () => {
      for (const method of ["GET", "POST", "DELETE"]) {
        const on = bench();
        await refused({ ...on.signed(method, ""), content: "x" }, on);
        const chunked: readonly [string, string] = ["transfer-encoding", "chunked"];
        const request = on.signed(method, "");
        await refused({ ...request, headers: [...request.headers, chunked], content: "x" }, on);
      }
    });

    it.each<[string, (mac: string) => string]>([
      ["nothing", () => ""],
      ["one character", () => "a"],
      ["cut short", (mac) => mac.slice(0, -4)],
      ["half of it", (mac) => mac.slice(0, mac.length / 2)],
      ["one bit changed", flip],
      ["something behind it", (mac) => `${mac}A`],
      ["padding behind it", (mac) => `${mac}=`],
      ["no padding", (mac) => (mac.endsWith("=") ? mac.slice(0, -1) : `${mac}00`)],
      ["upper case", (mac) => (/[a-f]/.test(mac) ? mac.toUpperCase() : `${mac}0`)],
      ["URL-safe letters", (mac) => `${mac.slice(0, 4)}_${mac.slice(5)}`],
      ["what is no letter", (mac) => `${mac.slice(0, -2)}é!`],
      ["blanks inside", (mac) => `${mac.slice(0, 8)} ${mac.slice(8)}`],
      ["NaN", () => "NaN"],
      ["[object Object]", () => "[object Object]"],
    ])("refuses for a signature %s", async (_what, change) => {
      const on = bench();
      const request = on.signed();
      const changed = edit(request, signature.header, (value) =>
        value.replace(signature.at, (mac) => change(mac)),
      );
      expect(changed).not.toEqual(request);
      await refused(changed, on);
    });

    it("counts the lines of what it reads", async () => {
      for (const { header } of [signature, time ?? signature]) {
        const on = bench();
        const request = on.signed();
        const lines = request.headers.filter(([name]) => name.toLowerCase() === header);
        expect(lines.length).toBe(1);
        await refused({ ...request, headers: [...request.headers, ...lines] }, on);
        await refused({ ...request, headers: [...lines, ...request.headers] }, on);
        await refused(
          {
            ...request,
            headers: request.headers.filter(([name]) => name.toLowerCase() !== header),
          },
          on,
        );
        await refused(
          edit(request, header, () => ""),
          on,
        );
        await refused(
          edit(request, header, () => "x".repeat(100_000)),
          on,
        );
        await refused(
          edit(request, header, () => "__proto__=x"),
          on,
        );
        await refused(
          edit(request, header, (value) => `${value}, ${value}`),
          on,
        );
      }
    });

    if (time !== undefined) {
      it.each<[string, (at: string) => string]>([
        ["a zero before it", (at) => `0${at}`],
        ["a plus before it", (at) => `+${at}`],
        ["a minus before it", (at) => `-${at}`],
        ["a blank before it", (at) => ` ${at} `],
        ["thirteen digits", (at) => `${at}000`],
        ["an exponent", () => "1.7e9"],
        ["hexadecimal", () => "0x6553F100"],
        ["nothing", () => ""],
        ["NaN", () => "NaN"],
        ["digits that are not ASCII", (at) => at.replace("1", "١")],
        [
          "another second",
          (at) => at.replace(/\d(?=\D*$)/, (digit) => String((Number(digit) + 1) % 10)),
        ],
      ])("refuses a time with %s", async (_what, change) => {
        const on = bench();
        const request = on.signed();
        const changed = edit(request, time.header, (value) => value.replace(time.at, change));
        // Blanks round a whole field value are not part of it.
        const trimmed = (each: Arriving) =>
          each.headers.map(([name, value]) => [name, value.trim()]);
        if (JSON.stringify(trimmed(changed)) === JSON.stringify(trimmed(request))) return;
        await refused(changed, on);
      });

      it("refuses a request that is too old, or of the future, and not one at the edge", async () => {
        const custom = subject.scheme.window ?? {};
        const { maxAgeSeconds = 300, futureSkewSeconds = 5 } = custom;
        for (const [seconds, expected] of [
          [maxAgeSeconds, "accepted"],
          [maxAgeSeconds + 1, "timestamp-too-old"],
          [-futureSkewSeconds, "accepted"],
          [-futureSkewSeconds - 1, "timestamp-too-new"],
        ] as const) {
          const on = bench();
          const request = on.signed();
          on.judge.clock.advance(seconds);
          expect([seconds, await on.judge.verdict(request)]).toEqual([seconds, expected]);
        }
      });
    }

    it("takes no header that puts another method in place of the signed one", async () => {
      const taken: string[] = [];
      for (const name of OVERRIDES) {
        for (const method of ["GET", "POST"]) {
          const on = bench();
          const request = method === "GET" ? on.signed("GET", "") : on.signed();
          const more = { ...request, headers: [...request.headers, [name, "DELETE"] as const] };
          if ((await on.judge.verdict(more)) === "accepted") taken.push(`${name} of a ${method}`);
          else expect(await on.judge.verdict(request)).toBe("accepted");
        }
      }
      expect(taken).toEqual([]);
    });

    it("takes such a header only as it was signed, if at all", async () => {
      const taken: string[] = [];
      for (const name of OVERRIDES) {
        const on = bench();
        let request: Arriving;
        try {
          request = on.signed("POST", undefined, [[name, "PATCH"]]);
        } catch {
          continue; // what cannot be signed is not sent
        }
        const other = edit(request, name.toLowerCase(), () => "DELETE");
        expect(other).not.toEqual(request);
        if ((await on.judge.verdict(other)) === "accepted") taken.push(name);
      }
      expect(taken).toEqual([]);
    });

    it("cannot tell an unknown app from a wrong key by status", async () => {
      const on = bench();
      const stranger = new Bench({
        ...subject,
        apiKey: {
          text: TEXT_KEY.split("").toReversed().join(""),
          base64: Buffer.from(Buffer.from(subject.apiKey, "base64").toReversed()).toString(
            "base64",
          ),
          whsec: `whsec_${Buffer.from(Array.from({ length: 32 }, (_, i) => i * 5 + 3)).toString("base64")}`,
          hex: "",
          lk1: "",
        }[subject.encoding],
      });
      expect(await on.judge.verdict(stranger.signed())).toBe("signature-mismatch");
    });
  },
);

describe.each(Object.entries(NAMED))("the name of %s", (custom, [at, make]) => {
  it("is its own unless said otherwise", () => expect(make().name).toBe(custom));

  it("is that of its keys, routes and claims", async () => {
    const scheme = make("partner-2");
    expect(scheme.name).toBe("partner-2");
    const presigns = scheme.presigned !== undefined;
    const on = new Bench({ ...subjectOf(custom), scheme, ...(presigns && { presigns }) });
    for (const request of [on.signed(), on.presigned("GET")]) {
      if (request === undefined) continue;
      expect(await on.judge.verdict(request)).toBe("accepted");
      expect(on.judge.authentic?.scheme.name).toBe("partner-2");
    }
  });

  it.each(["", "A", "1", "-a", "a b", "a_b", "é", "a\n", "a".repeat(65), null, 7, {}])(
    "is not %j",
    (name) =>
      expect(() => make(name as string)).toThrow(
        expect.objectContaining({
          constructor: ConfigurationError,
          option: `${at}.name`,
          message: expect.stringContaining('Write name: "'),
        }),
      ),
  );

  it("is not that of a scheme which is always there", () => {
    const posing = make("lacre1");
    for (const schemes of [[posing], ["lacre1" as const, posing]])
      expect(() => readSchemes(schemes)).toThrow("is the name of another scheme");
  });

  it("tells two of one format apart", () => {
    const schemes = readSchemes(["lacre1", make(), make("partner-2")]);
    const { encoding, apiKey } = subjectOf(custom);
    const keyOf = (name: string) => ({ appId: name, apiKey, encoding, schemes: [name] });
    const [app] = readApps([keyOf("partner-2")], schemes);
    expect(app?.keysFor("partner-2", "sha256", NOW * 1000)).toHaveLength(1);
    expect(app?.keysFor(custom, "sha256", NOW * 1000)).toHaveLength(0);
    expect(() => readApps([keyOf("partner-3")], schemes)).toThrow(`${custom}, partner-2`);
    expect(() => readSchemes([make(), make()])).toThrow("names a scheme twice");
  });
});

const SAFE = ["GET", "HEAD"];
const METHODS = [...SAFE, "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];

describe.each(
  [...SUBJECTS, ...LESSER].map((subject, i) => [`${i} ${subject.scheme.name}`, subject] as const),
)("a request under another method: %s", (_name, subject) => {
  /** Each request that an honest caller may send, with a server that has not seen it. */
  function* genuine(): Iterable<[Bench, Arriving]> {
    for (const method of METHODS)
      for (const content of subject.hasContent === false ? [""] : ["", '{"n":1}']) {
        const on = new Bench(subject);
        yield [on, on.signed(method, content)];
      }
    for (const method of ["GET", "HEAD"] as const) {
      const on = new Bench(subject);
      const request = on.presigned(method);
      if (request !== undefined) yield [on, request];
    }
  }

  /** It as every other method, with its content and without, twice each; not what changes nothing as what neither does. */
  const others = (request: Arriving): Arriving[] =>
    METHODS.filter((method) => ![method, request.method].every((each) => SAFE.includes(each)))
      .filter((method) => method !== request.method)
      .flatMap((method) => [
        { ...request, method },
        { ...request, method, content: "" },
        { ...request, method },
      ]);

  const ran = async (on: Bench, requests: Iterable<Arriving>): Promise<string[]> => {
    const methods: string[] = [];
    for (const request of requests)
      if ((await on.judge.verdict(request)) === "accepted") methods.push(request.method);
    return methods;
  };

  it("does not run after it ran as what it was signed for", async () => {
    for (const [on, request] of genuine())
      expect(await ran(on, [request, ...others(request)])).toEqual([request.method]);
  });

  it("does not run twice, where it comes first", async () => {
    for (const [on, request] of genuine())
      expect([request.method, (await ran(on, [...others(request), request])).length]).toEqual([
        request.method,
        1,
      ]);
  });
});

/** Another last digit or letter that counts. */
function flip(mac: string): string {
  const at = mac.endsWith("=") ? mac.length - 3 : mac.length - 1;
  const other = mac[at] === "a" ? "b" : "a";
  return mac.slice(0, at) + other + mac.slice(at + 1);
}
