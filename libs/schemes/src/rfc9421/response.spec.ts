import { createHash, createHmac } from "node:crypto";
import { describe, expect, it } from "@jest/globals";
import {
  contentOf,
  MemoryKeyStore,
  MemoryNonceStore,
  Origins,
  readApps,
  receive,
  ResponseRefusal,
  ResponseSigner,
  type SignedRequest,
  Signer,
  Verifier,
} from "@lacre/core";
import { rfc9421 } from "./rfc9421.js";

const KEY =
  "uzvJfB4u3N0Jy4T7NZ75MDVcr8zSTInedJtkgcu46YW4XByzNJjxBdtjUkdJPBtbmHhIDi6pcl8jsasjlTMtDQ==";
const T = 1_700_000_000;
const clock = { nowMs: () => T * 1000 };
const scheme = rfc9421();
const signer = new Signer({ appId: "demo", apiKey: KEY, encoding: "base64", scheme, clock });
const REQUEST = { method: "GET", url: "https://api.example.test/orders/7?full=1" } as const;
const CONTENT = Buffer.from('{"id":7}');
const DIGEST = `sha-256=:${createHash("sha256").update(CONTENT).digest("base64")}:`;

type Line = readonly [name: string, value: string];

const requestMac = ({ claims }: SignedRequest): string => claims.mac;

/** An answer signed by hand, after RFC 9421 §2.4 and §2.5. `covered` as it stands in the signature base. */
function answer(
  covered: readonly (readonly [identifier: string, value: string])[],
  over: { headers?: readonly Line[]; parameters?: string; key?: string; status?: number } = {},
) {
  const { headers = HEADERS, key = KEY, status = 200 } = over;
  const { parameters = `;created=${T};keyid="demo"` } = over;
  const input = `(${covered.map(([identifier]) => identifier).join(" ")})${parameters}`;
  const base = [...covered, ['"@signature-params"', input]]
    .map(([identifier, value]) => `${identifier}: ${value}`)
    .join("\n");
  const mac = createHmac("sha256", Buffer.from(key, "base64")).update(base).digest("base64");
  return {
    method: "GET",
    status,
    headers: [
      ...headers,
      ["Signature-Input", `reply=${input}`],
      ["Signature", `reply=:${mac}:`],
    ] as Line[],
    content: CONTENT,
  };
}

const HEADERS: readonly Line[] = [
  ["Content-Type", "application/json"],
  ["Content-Digest", DIGEST],
];
const FIELDS = [
  ['"content-digest"', DIGEST],
  ['"content-type"', "application/json"],
] as const;
const boundTo = (signed: SignedRequest) =>
  ['"signature";req;key="sig"', `:${requestMac(signed)}:`] as const;

async function faultOf(
  signed: SignedRequest,
  response: ReturnType<typeof answer>,
): Promise<string> {
  return signer.check(signed, response).then(
    () => "believed",
    (error: unknown) => {
      if (error instanceof ResponseRefusal) return error.fault;
      throw error;
    },
  );
}

describe("RFC 9421: answers", () => {
  const signed = signer.sign(REQUEST);
  const STATUS = ['"@status"', "200"] as const;
  const HONEST = [STATUS, ...FIELDS, boundTo(signed)];

  it("believes what is signed for this request, by the key of the request", async () => {
    expect(await faultOf(signed, answer(HONEST))).toBe("believed");
    const claims = await signer.check(signed, answer(HONEST));
    expect(claims).toMatchObject({
      timestampSeconds: T,
      signedHeaders: ["content-digest", "content-type"],
    });
  });

  it("takes more of the request into the signature", async () => {
    const more = [
      ['"@method";req', "GET"],
      ['"@authority";req', "api.example.test"],
      ['"@path";req', "/orders/7"],
      ['"@query";req', "?full=1"],
    ] as const;
    expect(await faultOf(signed, answer([...HONEST, ...more]))).toBe("believed");
    const whole = ['"signature";req', `sig=:${requestMac(signed)}:`] as const;
    expect(await faultOf(signed, answer([STATUS, ...FIELDS, whole]))).toBe("believed");
  });

  it.each<[string, ReturnType<typeof answer>, string]>([
    [
      "an answer to another request",
      answer([STATUS, ...FIELDS, boundTo(signer.sign(REQUEST))]),
      "signature-mismatch",
    ],
    ["an answer that is bound to nothing", answer([STATUS, ...FIELDS]), "header-unsigned"],
    [
      "an answer bound to the target alone",
      answer([STATUS, ...FIELDS, ['"@path";req', "/orders/7"]]),
      "header-unsigned",
    ],
    ["no status", answer([...FIELDS, boundTo(signed)]), "header-unsigned"],
    ["another status", { ...answer(HONEST), status: 500 }, "signature-mismatch"],
    ["Content-Type unsigned", answer([STATUS, FIELDS[0], boundTo(signed)]), "header-unsigned"],
    [
      "Location added",
      answer(HONEST, { headers: [...HEADERS, ["Location", "/x"]] }),
      "header-unsigned",
    ],
    [
      "content without a digest",
      answer([STATUS, boundTo(signed)], { headers: [] }),
      "content-undigested",
    ],
    ["other content", { ...answer(HONEST), content: Buffer.from("{}") }, "content-mismatch"],
    ["content removed", { ...answer(HONEST), content: Buffer.alloc(0) }, "content-mismatch"],
    [
      "another key",
      answer(HONEST, { key: Buffer.alloc(32, "other key, ").toString("base64") }),
      "signature-mismatch",
    ],
    [
      "another keyid",
      answer(HONEST, { parameters: `;created=${T};keyid="other"` }),
      "signature-malformed",
    ],
    ["no created", answer(HONEST, { parameters: ';keyid="demo"' }), "signature-malformed"],
    [
      "another algorithm",
      answer(HONEST, { parameters: `;created=${T};keyid="demo";alg="ed25519"` }),
      "signature-malformed",
    ],
    [
      "a component of a request, without req",
      answer([...HONEST, ['"@method"', "GET"]]),
      "signature-malformed",
    ],
    [
      "a status of the request",
      answer([...HONEST, ['"@status";req', "200"]]),
      "signature-malformed",
    ],
    ["an absent field of the request", answer([...HONEST, ['"x-a";req', ""]]), "header-missing"],
    ["a trailer", answer([...HONEST, ['"x-a";tr', ""]]), "signature-malformed"],
    [
      "two Signature lines",
      {
        ...answer(HONEST),
        headers: [...answer(HONEST).headers, ["Signature", "b=:AA==:"]],
      },
      "signature-repeated",
    ],
    ["no signature", { ...answer(HONEST), headers: [...HEADERS] }, "signature-missing"],
    [
      "no Signature-Input",
      {
        ...answer(HONEST),
        headers: answer(HONEST).headers.filter(([name]) => name !== "Signature-Input"),
      },
      "signature-malformed",
    ],
    [
      "the signature of the request, sent back",
      {
        ...answer(HONEST),
        headers: [...signed.headers] as Line[],
      },
      "signature-malformed",
    ],
  ])("does not believe %s", async (_what, response, fault) => {
    expect(await faultOf(signed, response)).toBe(fault);
  });

  it("does not take a field of the request for its own", async () => {
    const headers = [["Content-Type", "application/json"]] as const;
    const posted = signer.sign({ ...REQUEST, method: "POST", headers });
    const covered = [STATUS, FIELDS[0], boundTo(posted)] as const;
    const ofRequest = ['"content-type";req', "application/json"] as const;
    expect(await faultOf(posted, answer([...covered, FIELDS[1], ofRequest]))).toBe("believed");
    expect(await faultOf(posted, answer([...covered, ofRequest]))).toBe("header-unsigned");
  });

  it("does not take another signature of the request for ours", async () => {
    const { headers } = signed.head;
    const withOther = headers
      .with("signature", `${headers.only("signature")}, proxy=:AAAA:`)
      .with("signature-input", `${headers.only("signature-input")}, proxy=();keyid="a b"`);
    const both = { ...signed, head: { ...signed.head, headers: withOther } };
    const other = ['"signature";req;key="proxy"', ":AAAA:"] as const;
    expect(await faultOf(both, answer([...HONEST, other]))).toBe("believed");
    expect(await faultOf(both, answer([STATUS, ...FIELDS, other]))).toBe("header-unsigned");
  });

  it("does not take a signature of the answer for that of the request", async () => {
    const own = ['"signature";key="sig"', ":AAAA:"] as const;
    const withOwn = (more: readonly (readonly [string, string])[]) => {
      const made = answer([STATUS, ...FIELDS, own, ...more]);
      const added = { "Signature-Input": ', sig=();keyid="a b"', Signature: ", sig=:AAAA:" };
      return {
        ...made,
        headers: made.headers.map(([name, value]): Line => [
          name,
          value + (added[name as keyof typeof added] ?? ""),
        ]),
      };
    };
    expect(await faultOf(signed, withOwn([boundTo(signed)]))).toBe("believed");
    expect(await faultOf(signed, withOwn([]))).toBe("header-unsigned");
  });

  it("are made by a server as RFC 9421 says, and believed", async () => {
    const verifier = new Verifier({
      schemes: [scheme],
      keys: new MemoryKeyStore(
        readApps(
          [{ appId: "demo", apiKey: KEY, encoding: "base64", schemes: ["rfc9421"] }],
          [scheme],
        ),
      ),
      nonces: new MemoryNonceStore({ clock, fence: false }),
      window: { maxAgeSeconds: 300, futureSkewSeconds: 5, clockSpreadSeconds: 25 },
      clock,
    });
    const head = receive(
      {
        method: "GET",
        target: "/orders/7?full=1",
        rawHeaders: [["Host", "api.example.test"], ...signed.headers].flat(),
      },
      { origins: Origins.of(["https://api.example.test"]), pathPrefix: "" },
    );
    const route = { schemes: ["rfc9421"], signedHeaders: [], scopes: [], stream: false };
    const authentic = await verifier.begin(head, contentOf(new Uint8Array())).authenticate(route);
    const responses = new ResponseSigner([scheme], clock);
    const added = responses.sign(authentic, {
      status: 200,
      headers: [["Content-Type", "application/json"]],
      content: CONTENT,
    });
    const input = `("@status" "content-digest" "content-type" "@method";req "@authority";req "@path";req "@query";req "signature";req;key="sig");created=${T};alg="hmac-sha256";keyid="demo"`;
    const base = `"@status": 200
"content-digest": ${DIGEST}
"content-type": application/json
"@method";req: GET
"@authority";req: api.example.test
"@path";req: /orders/7
"@query";req: ?full=1
"signature";req;key="sig": :${requestMac(signed)}:
"@signature-params": ${input}`;
    const mac = createHmac("sha256", Buffer.from(KEY, "base64")).update(base).digest("base64");
    expect(added).toEqual([
      ["Content-Digest", DIGEST],
      ["Signature-Input", `sig=${input}`],
      ["Signature", `sig=:${mac}:`],
    ]);
    const headers: Line[] = [["Content-Type", "application/json"], ...added];
    const response = { method: "GET", status: 200, headers, content: CONTENT };
    expect(await faultOf(signed, response)).toBe("believed");

    // A signature of an answer opens nothing: it covers what no request has.
    const replayed = receive(
      {
        method: "GET",
        target: "/orders/7?full=1",
        rawHeaders: [["Host", "api.example.test"], ...headers].flat(),
      },
      { origins: Origins.of(["https://api.example.test"]), pathPrefix: "" },
    );
    const again = async () => verifier.begin(replayed, contentOf(CONTENT)).authenticate(route);
    await expect(again()).rejects.toMatchObject({ code: "signed-headers-malformed" });
  });

  it("to wrong requests look the same, under a key of nobody's", async () => {
    const responses = new ResponseSigner([scheme], clock);
    const wrong = { ...signed.head, headers: signed.head.headers.with("signature", "sig=:AA==:") };
    for (const head of [signed.head, wrong, undefined]) {
      const added = responses.feign(head, { status: 401, headers: [] });
      expect(added.map(([name]) => name)).toEqual(["Signature-Input", "Signature"]);
    }
    const headers = [...responses.feign(signed.head, { status: 401, headers: [] })];
    const response = { method: "GET", status: 401, headers, content: Buffer.alloc(0) };
    expect(await faultOf(signed, response)).toBe("signature-mismatch");
  });
});
