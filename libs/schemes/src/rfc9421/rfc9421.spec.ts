import { createHash, createHmac } from "node:crypto";
import { describe, expect, it } from "@jest/globals";
import {
  contentOf,
  MemoryKeyStore,
  MemoryNonceStore,
  Origins,
  type Principal,
  readApiKey,
  readApps,
  receive,
  Signer,
  Verifier,
} from "@lacre/core";
import {
  ConfigurationError,
  HeaderLines,
  readOptions,
  Refusal,
  type Scheme,
  type SignableRequest,
} from "@lacre/core/scheme";
import { readComponents } from "./components.js";
import { RECIPE } from "./header.js";
import { Fields, Message } from "./message.js";
import { OPTIONS, type Rfc9421Options } from "./options.js";
import { rfc9421 } from "./rfc9421.js";
import { coveredValues, signatureBase } from "./signature-base.js";
import { readSignatureInput } from "./signature-input.js";

/** The key `test-shared-secret` of RFC 9421, appendix B.1.5. */
const KEY =
  "uzvJfB4u3N0Jy4T7NZ75MDVcr8zSTInedJtkgcu46YW4XByzNJjxBdtjUkdJPBtbmHhIDi6pcl8jsasjlTMtDQ==";
const T = 1_700_000_000;

type Line = readonly [name: string, value: string];

/** A request as it is on the wire. */
interface Wire {
  readonly method: string;
  readonly target: string;
  readonly headers: readonly Line[];
  readonly content: string;
}

const headOf = ({ method, target, headers }: Omit<Wire, "content">): SignableRequest =>
  receive(
    { method, target, rawHeaders: headers.flat() },
    { origins: Origins.of("*"), pathPrefix: "" },
  );

/** What one server makes of requests, one after the other. */
class Server {
  readonly #scheme: Scheme;
  readonly #verifier: Verifier;
  nowMs = T * 1000;

  constructor(options: Rfc9421Options = {}) {
    this.#scheme = rfc9421(options);
    const clock = { nowMs: () => this.nowMs };
    const key = { encoding: "base64", schemes: ["rfc9421"] } as const;
    const apps = [
      { appId: "demo", apiKey: KEY, ...key },
      { appId: "other", apiKey: Buffer.alloc(32, "other key, ").toString("base64"), ...key },
    ];
    this.#verifier = new Verifier({
      schemes: [this.#scheme],
      keys: new MemoryKeyStore(readApps(apps, [this.#scheme])),
      nonces: new MemoryNonceStore({ clock, fence: false }),
      window: { maxAgeSeconds: 300, futureSkewSeconds: 5, clockSpreadSeconds: 25 },
      clock,
    });
  }

  async admit(wire: Wire): Promise<Principal> {
    const route = { schemes: ["rfc9421"], signedHeaders: [], scopes: [], stream: false };
    const head = receive(
      { method: wire.method, target: wire.target, rawHeaders: wire.headers.flat() },
      {
        origins: Origins.of(["https://api.example.test", "http://[2001:db8::1]:8080"]),
        pathPrefix: "",
      },
    );
    return this.#verifier.verify(head, contentOf(Buffer.from(wire.content)), route);
  }

  /** "accepted", or the code of the refusal; anything else that is thrown is a fault of ours. */
  async judge(wire: Wire): Promise<string> {
    try {
      await this.admit(wire);
      return "accepted";
    } catch (error) {
      if (error instanceof Refusal) return error.code;
      throw error;
    }
  }
}

const judge = (wire: Wire, options?: Rfc9421Options): Promise<string> =>
  new Server(options).judge(wire);

/** What a sender covers: identifiers with their values, as they stand in the signature base. */
type Covered = readonly (readonly [identifier: string, value: string])[];

interface Sender {
  readonly label?: string;
  readonly parameters?: string;
  readonly key?: string;
}

/** Signs by hand, as RFC 9421 §2.5 and §3.3.3 say: no code of ours has a part in it. */
function signatureFields(
  covered: Covered,
  { label = "sig1", parameters = `;created=${T};keyid="demo"`, key = KEY }: Sender = {},
): readonly Line[] {
  const input = `(${covered.map(([identifier]) => identifier).join(" ")})${parameters}`;
  const base = [...covered, ['"@signature-params"', input]]
    .map(([identifier, value]) => `${identifier}: ${value}`)
    .join("\n");
  const mac = createHmac("sha256", Buffer.from(key, "base64")).update(base).digest("base64");
  return [
    ["Signature-Input", `${label}=${input}`],
    ["Signature", `${label}=:${mac}:`],
  ];
}

const BASE: Wire = {
  method: "GET",
  target: "/orders?a=1&b=%2f",
  headers: [["Host", "API.example.test:443"]],
  content: "",
};
const TARGET: Covered = [
  ['"@method"', "GET"],
  ['"@authority"', "api.example.test"],
  ['"@path"', "/orders"],
  ['"@query"', "?a=1&b=%2f"],
];

/** A request whose sender covers TARGET and more. */
function signed(more: Covered = [], sender?: Sender, over: Partial<Wire> = {}): Wire {
  const wire = { ...BASE, ...over };
  return { ...wire, headers: [...wire.headers, ...signatureFields([...TARGET, ...more], sender)] };
}

const digestOf = (algorithm: string, content: string): string =>
  createHash(algorithm).update(content).digest("base64");

/** A POST with JSON and its digest. */
function post(digest: string, content: string, sender?: Sender): Wire {
  const covered: Covered = [
    ['"@method"', "POST"],
    ...TARGET.slice(1),
    ['"content-digest"', digest],
    ['"content-type"', "application/json"],
  ];
  return {
    ...BASE,
    method: "POST",
    headers: [
      ...BASE.headers,
      ["Content-Type", "application/json"],
      ["Content-Digest", digest],
      ...signatureFields(covered, sender),
    ],
    content,
  };
}
const JSON_TEXT = '{"n":1}';
const POST = post(`sha-256=:${digestOf("sha256", JSON_TEXT)}:`, JSON_TEXT);

const replaceHeader = (wire: Wire, name: string, change: (value: string) => string): Wire => {
  const headers = wire.headers.map(([each, value]): Line => [
    each,
    each === name ? change(value) : value,
  ]);
  expect(headers).not.toEqual(wire.headers);
  return { ...wire, headers };
};
const withHeaders = (wire: Wire, ...lines: Line[]): Wire => ({
  ...wire,
  headers: [...wire.headers, ...lines],
});

describe("RFC 9421: what others signed", () => {
  // RFC 9421, appendix B.2: its request, and the one HMAC vector that it has.
  const request = headOf({
    method: "POST",
    target: "/foo?param=Value&Pet=dog",
    headers: [
      ["Host", "example.com"],
      ["Date", "Tue, 20 Apr 2021 02:07:55 GMT"],
      ["Content-Type", "application/json"],
      [
        "Content-Digest",
        "sha-512=:WZDPaVn/7XgHaAy8pmojAkGWoRx2UFChF41A2svX+TaPm+AbwAgBWnrIiYllu7BNNyealdVLvRwEmTHWXvJwew==:",
      ],
      ["Content-Length", "18"],
    ],
  });
  /** Of a request that need not cover what a server asks for. */
  const baseUnder = (head: SignableRequest, options: Rfc9421Options = {}): string => {
    const rules = readOptions(OPTIONS, options, "rfc9421");
    const input = readSignatureInput(head.headers, rules);
    const components = readComponents(input.components, "request");
    const values = coveredValues(components, new Message(head), rules.fields);
    return signatureBase(components, values, input.text);
  };
  const baseOf = (input: string, of = request): string =>
    baseUnder({ ...of, headers: of.headers.with("signature-input", `sig=${input}`) });

  it("makes the base and the signature of appendix B.2.5", () => {
    const input =
      '("date" "@authority" "content-type");created=1618884473;keyid="test-shared-secret"';
    const base = baseOf(input);
    expect(base).toBe(`"date": Tue, 20 Apr 2021 02:07:55 GMT
"@authority": example.com
"content-type": application/json
"@signature-params": ${input}`);
    expect(readApiKey(KEY, "base64").macBy(RECIPE, base)).toBe(
      "pxcQw6G3AjtMBQjwo8XzkZf/bws5LelbaMk5rGIGtE8=",
    );
  });

  // RFC 9421 §2.2 and §2.1, its examples.
  const derived = (target: string, identifier: string): string | undefined =>
    baseOf(
      `(${identifier});created=1618884473;keyid="a"`,
      headOf({
        method: "POST",
        target,
        headers: [["Host", "www.example.com"]],
      }),
    ).split("\n", 1)[0];

  it.each([
    ["/path?param=value", '"@method"', "POST"],
    ["/path?param=value", '"@target-uri"', "http://www.example.com/path?param=value"],
    ["/path?param=value", '"@authority"', "www.example.com"],
    ["/path?param=value", '"@scheme"', "http"],
    ["/path?param=value", '"@request-target"', "/path?param=value"],
    ["/path?param=value", '"@path"', "/path"],
    ["/path?param=value", '"@query"', "?param=value"],
    ["/path", '"@query"', "?"],
    ["/path?param=value&foo=bar&baz=bat%2Dman", '"@query"', "?param=value&foo=bar&baz=bat%2Dman"],
    ["/path?param=value&foo=bar&baz=batman&qux=", '"@query-param";name="baz"', "batman"],
    ["/path?param=value&foo=bar&baz=batman&qux=", '"@query-param";name="qux"', ""],
    ["/?bar=with+plus+whitespace", '"@query-param";name="bar"', "with%20plus%20whitespace"],
    [
      "/?var=this%20is%20a%20big%0Amultiline%20value",
      '"@query-param";name="var"',
      "this%20is%20a%20big%0Amultiline%20value",
    ],
    ["/?fa%C3%A7ade%22%3A%20=something", '"@query-param";name="fa%C3%A7ade%22%3A%20"', "something"],
  ])("derives of %s %s", (target, identifier, value) => {
    expect(derived(target, identifier)).toBe(`${identifier}: ${value}`);
  });

  const fields: Rfc9421Options["fields"] = {
    "cache-control": "list",
    "example-dict": "dictionary",
  };
  const fieldLine = (headers: readonly Line[], identifier: string): string | undefined =>
    baseUnder(
      headOf({
        ...BASE,
        headers: [
          ["Host", "www.example.com"],
          ...headers,
          ["Signature-Input", `sig=(${identifier});created=1618884473;keyid="a"`],
        ],
      }),
      { fields },
    ).split("\n", 1)[0];

  it("unfolds every value of blanks and folds as RFC 9421 says it", () => {
    const pieces = [" ", "\t", "\r\n "];
    const values = Array.from({ length: 3 ** 6 }, (_, i) =>
      Array.from(i.toString(3), (digit) => pieces[Number(digit)]).join(""),
    ).map((text) => `a${text}b`);
    for (const value of values)
      expect(Fields.of(HeaderLines.fromEntries([["X-Folded", value]])).text("x-folded")).toBe(
        value.replace(/[ \t]*\r\n[ \t]+/g, " "),
      );
  });

  it.each<[string, readonly Line[], string]>([
    ['"host"', [], "www.example.com"],
    [
      '"x-ows-header"',
      [["X-OWS-Header", "   Leading and trailing whitespace.   "]],
      "Leading and trailing whitespace.",
    ],
    [
      '"x-obs-fold-header"',
      [["X-Obs-Fold-Header", "Obsolete\r\n    line folding."]],
      "Obsolete line folding.",
    ],
    [
      '"cache-control"',
      [
        ["Cache-Control", "max-age=60"],
        ["Cache-Control", "   must-revalidate"],
      ],
      "max-age=60, must-revalidate",
    ],
    [
      '"example-dict"',
      [["Example-Dict", "  a=1,    b=2;x=1;y=2,   c=(a   b   c)"]],
      "a=1,    b=2;x=1;y=2,   c=(a   b   c)",
    ],
    ['"x-empty-header"', [["X-Empty-Header", ""]], ""],
    [
      '"example-dict";sf',
      [["Example-Dict", "  a=1,    b=2;x=1;y=2,   c=(a   b   c)"]],
      "a=1, b=2;x=1;y=2, c=(a b c)",
    ],
    ['"example-dict";key="a"', [["Example-Dict", "  a=1, b=2;x=1;y=2, c=(a   b    c), d"]], "1"],
    ['"example-dict";key="d"', [["Example-Dict", "  a=1, b=2;x=1;y=2, c=(a   b    c), d"]], "?1"],
    [
      '"example-dict";key="b"',
      [["Example-Dict", "  a=1, b=2;x=1;y=2, c=(a   b    c), d"]],
      "2;x=1;y=2",
    ],
    ['"example-dict";key="c"', [["Example-Dict", "  a=1, c=(a   b    c), d"]], "(a b c)"],
    [
      '"example-header";bs',
      [
        ["Example-Header", "value, with, lots"],
        ["Example-Header", "of, commas"],
      ],
      ":dmFsdWUsIHdpdGgsIGxvdHM=:, :b2YsIGNvbW1hcw==:",
    ],
    [
      '"example-header";bs',
      [["Example-Header", "value, with, lots, of, commas"]],
      ":dmFsdWUsIHdpdGgsIGxvdHMsIG9mLCBjb21tYXM=:",
    ],
  ])("takes of the fields %s", (identifier, headers, value) => {
    expect(fieldLine(headers, identifier)).toBe(`${identifier}: ${value}`);
  });
});

describe("RFC 9421: what is taken", () => {
  it("a signature that covers the target", async () => {
    const principal = await new Server().admit(signed());
    expect(principal).toMatchObject({
      appId: "demo",
      scheme: "rfc9421",
      timestamp: T,
      signedHeaders: [],
    });
    const mac = /:(.*):/.exec(signed().headers.at(-1)?.[1] ?? "")?.[1] ?? "";
    expect(principal.nonce).toBe(createHash("sha256").update(mac).digest("hex"));
  });

  it.each<[string, Covered]>([
    [
      "@target-uri",
      [
        ['"@method"', "GET"],
        ['"@target-uri"', "https://api.example.test/orders?a=1&b=%2f"],
      ],
    ],
    [
      "@request-target",
      [
        ['"@method"', "GET"],
        ['"@authority"', "api.example.test"],
        ['"@request-target"', "/orders?a=1&b=%2f"],
      ],
    ],
  ])("%s in the place of what it holds", async (_what, covered) => {
    const wire = { ...BASE, headers: [...BASE.headers, ...signatureFields(covered)] };
    expect(await judge(wire)).toBe("accepted");
  });

  it.each<[string, Wire, Rfc9421Options?]>([
    [
      "every parameter",
      signed([], {
        parameters: `;created=${T};expires=${T + 10};nonce="n-1";alg="hmac-sha256";keyid="demo";tag="orders"`,
      }),
      { nonce: "required", tag: "orders" },
    ],
    [
      "blanks that the grammar allows",
      replaceHeader(signed(), "Signature-Input", (value) =>
        value.replace("(", "(  ").replaceAll('" "', '"  "').replaceAll(";", ";  "),
      ),
    ],
    ["a signature on a line before", { ...signed(), headers: signed().headers.toReversed() }],
    [
      "no query",
      {
        ...BASE,
        target: "/orders",
        headers: [...BASE.headers, ...signatureFields([...TARGET.slice(0, 3), ['"@query"', "?"]])],
      },
    ],
    [
      "another of a proxy beside it",
      withHeaders(
        replaceHeader(signed(), "Signature", (value) => `proxy=:AAAA:, ${value}`),
        ["Signature-Input", `proxy=("@method");created=1;keyid="k";alg="ed25519";other=token`],
      ),
    ],
    [
      "a chosen label",
      withHeaders(signed([], { label: "ours" }), ...signatureFields(TARGET, { label: "theirs" })),
      { label: "ours" },
    ],
    [
      "a chosen tag",
      withHeaders(
        signed([], { label: "a", parameters: `;created=${T};keyid="demo";tag="t"` }),
        ...signatureFields(TARGET, { label: "b" }),
      ),
      { tag: "t" },
    ],
    [
      "no keyid where it is known who signs",
      signed([], { parameters: `;created=${T}` }),
      { appId: "demo" },
    ],
    [
      "a header on two lines that is a list",
      signed(
        [['"x-list"', "a, b"]],
        {},
        {
          headers: [...BASE.headers, ["X-List", "a"], ["X-List", "b"]],
        },
      ),
      { fields: { "x-list": "list" } },
    ],
    [
      "a header on two lines, as bytes",
      signed(
        [['"x-any";bs', ":YQ==:, :/w==:"]],
        {},
        {
          headers: [...BASE.headers, ["X-Any", "a"], ["X-Any", "\xff"]],
        },
      ),
    ],
    [
      "an empty header",
      signed([['"x-empty"', ""]], {}, { headers: [...BASE.headers, ["X-Empty", ""]] }),
    ],
    ["content", POST],
    [
      "content by its strongest digest",
      post(
        `sha-256=:${digestOf("sha256", JSON_TEXT)}:, sha-512=:${digestOf("sha512", JSON_TEXT)}:`,
        JSON_TEXT,
      ),
    ],
    [
      "content with a digest for accidents beside",
      post(`md5=:AAAA:, sha-256=:${digestOf("sha256", JSON_TEXT)}:`, JSON_TEXT),
    ],
    ["the digest of no content", post(`sha-256=:${digestOf("sha256", "")}:`, "")],
    [
      "IPv6",
      {
        ...BASE,
        headers: [
          ["Host", "[2001:DB8::1]:8080"],
          ...signatureFields([
            TARGET[0] as Covered[0],
            ['"@target-uri"', "http://[2001:db8::1]:8080/orders?a=1&b=%2f"],
          ]),
        ],
      },
    ],
  ])("%s", async (_what, wire, options = {}) => {
    expect(await judge(wire, options)).toBe("accepted");
  });
});

describe("RFC 9421: what is refused", () => {
  const without = (identifier: string): Covered => TARGET.filter(([each]) => each !== identifier);
  const covering = (covered: Covered, sender?: Sender): Wire => ({
    ...BASE,
    headers: [...BASE.headers, ...signatureFields(covered, sender)],
  });
  const parameters = (text: string): Wire => signed([], { parameters: text });

  it.each<[string, Wire, string, Rfc9421Options?]>([
    // What a signature must cover is not the sender's choice.
    ["nothing covered", covering([]), "header-unsigned"],
    ["the method left out", covering(without('"@method"')), "header-unsigned"],
    ["the host left out", covering(without('"@authority"')), "header-unsigned"],
    ["the path left out", covering(without('"@path"')), "header-unsigned"],
    ["the query left out", covering(without('"@query"')), "header-unsigned"],
    [
      "host in the place of @authority",
      covering([...without('"@authority"'), ['"host"', "API.example.test:443"]]),
      "header-unsigned",
    ],
    [
      "one parameter in the place of the query",
      covering([...without('"@query"'), ['"@query-param";name="a"', "1"]]),
      "header-unsigned",
    ],
    ["Content-Type added", withHeaders(signed(), ["Content-Type", "text/html"]), "header-unsigned"],
    [
      "Content-Digest added",
      withHeaders(signed(), ["Content-Digest", "sha-256=:AA==:"]),
      "header-unsigned",
    ],
    [
      "X-HTTP-Method-Override added",
      withHeaders(signed(), ["X-HTTP-Method-Override", "DELETE"]),
      "header-unsigned",
    ],
    [
      "one digest of the field alone",
      replaceHeader(POST, "Signature-Input", (value) =>
        value.replace('"content-digest"', '"content-digest";key="sha-256"'),
      ),
      "header-unsigned",
    ],
    [
      "a field that the server asks for, left out",
      withHeaders(signed(), ["X-Tenant", "a"]),
      "header-unsigned",
      { components: ["@target-uri", "x-tenant"] },
    ],
    [
      "@scheme, asked for with @target-uri, left out",
      signed(),
      "header-unsigned",
      { components: ["@target-uri"] },
    ],

    // RFC 9421 §2: what must not be taken.
    ["an unknown derived component", signed([['"@unknown"', ""]]), "signed-headers-malformed"],
    [
      "@signature-params as a component",
      signed([['"@signature-params"', ""]]),
      "signed-headers-malformed",
    ],
    ["@status in a request", signed([['"@status"', "200"]]), "signed-headers-malformed"],
    ["req in a request", signed([['"@method";req', "GET"]]), "signed-headers-malformed"],
    ["tr", signed([['"x-a";tr', "1"]]), "signed-headers-malformed"],
    ["a component twice", signed([['"@method"', "GET"]]), "signed-headers-malformed"],
    [
      "a field twice",
      signed([
        ['"x-a"', "1"],
        ['"x-a"', "1"],
      ]),
      "signed-headers-malformed",
    ],
    [
      "a component twice, its parameters in another order",
      signed([
        ['"x-a";sf;key="a"', "1"],
        ['"x-a";key="a";sf', "1"],
      ]),
      "signed-headers-malformed",
    ],
    [
      "an unknown parameter of a component",
      signed([['"x-a";foo', "1"]]),
      "signed-headers-malformed",
    ],
    ["bs with sf", signed([['"x-a";bs;sf', ""]]), "signed-headers-malformed"],
    ["bs with key", signed([['"x-a";bs;key="a"', ""]]), "signed-headers-malformed"],
    ["sf=?0", signed([['"x-a";sf=?0', ""]]), "signed-headers-malformed"],
    ["key that is a token", signed([['"x-a";key=a', ""]]), "signed-headers-malformed"],
    ["sf on a derived component", signed([['"@scheme";sf', ""]]), "signed-headers-malformed"],
    ["name on a field", signed([['"x-a";name="a"', ""]]), "signed-headers-malformed"],
    ["@query-param without a name", signed([['"@query-param"', ""]]), "signed-headers-malformed"],
    [
      "sf on a field of unknown type",
      withHeaders(signed([['"x-a";sf', "1"]]), ["X-A", "1"]),
      "signed-headers-malformed",
    ],
    ["a name in capitals", signed([['"X-A"', "1"]]), "signed-headers-malformed"],
    ["a name with _", signed([['"x_a"', "1"]]), "signed-headers-malformed"],
    ["an empty name", signed([['""', "1"]]), "signed-headers-malformed"],
    ["__proto__", signed([['"__proto__"', "1"]]), "signed-headers-malformed"],
    [
      "a component that is a token",
      replaceHeader(signed(), "Signature-Input", (value) => value.replace('"@method"', "method")),
      "signed-headers-malformed",
    ],
    [
      "33 components",
      covering(Array.from({ length: 33 }, (_, i) => [`"x-${i}"`, ""] as const)),
      "signed-headers-malformed",
    ],
    [
      "33 members of one field",
      withHeaders(
        signed(Array.from({ length: 33 }, (_, i) => [`"x-d";key="k${i}"`, "?1"] as const)),
        ["X-D", Array.from({ length: 33 }, (_, i) => `k${i}`).join(", ")],
      ),
      "signed-headers-malformed",
    ],
    [
      "a field that proxies change",
      withHeaders(signed([['"x-forwarded-for"', "1"]]), ["X-Forwarded-For", "1"]),
      "header-forbidden",
    ],
    [
      "a hop-by-hop field",
      withHeaders(signed([['"connection"', "close"]]), ["Connection", "close"]),
      "header-forbidden",
    ],
    ["an absent field", signed([['"x-a"', ""]]), "header-missing"],
    ["an absent constructor", signed([['"constructor"', ""]]), "header-missing"],
    ["an absent query parameter", signed([['"@query-param";name="z"', ""]]), "header-missing"],
    [
      "a query parameter by another spelling",
      signed([['"@query-param";name="%61"', "1"]]),
      "header-missing",
    ],
    [
      "nothing, where the server asks for the method alone and a parameter is covered",
      covering([
        ['"@method"', "GET"],
        ['"@query-param";name="a"', "1"],
      ]),
      "accepted",
      { components: ["@method"] },
    ],
    [
      "the same with the parameter twice",
      {
        ...covering([
          ['"@method"', "GET"],
          ['"@query-param";name="a"', "1"],
        ]),
        target: "/?a=1&%61=2",
      },
      "header-repeated",
      { components: ["@method"] },
    ],
    [
      "1001 parameters, of which one is covered",
      signed([['"@query-param";name="a"', "1"]], undefined, {
        target: `/orders?a=1${"&b".repeat(1000)}`,
      }),
      "target-malformed",
    ],
    [
      "1001 parameters, of which none is covered by itself",
      signed([], undefined, { target: `/orders?a=1${"&b".repeat(1000)}` }),
      "signature-mismatch",
    ],
    [
      "a dictionary of 1025 members",
      withHeaders(signed([['"x-d";key="a0"', "?1"]]), [
        "X-D",
        Array.from({ length: 1025 }, (_, i) => `a${i}`).join(", "),
      ]),
      "header-malformed",
    ],
    [
      "a dictionary of 1024 members",
      withHeaders(signed([['"x-d";key="a0"', "?1"]]), [
        "X-D",
        Array.from({ length: 1024 }, (_, i) => `a${i}`).join(", "),
      ]),
      "accepted",
    ],
    [
      "an absent member",
      withHeaders(signed([['"x-d";key="z"', ""]]), ["X-D", "a=1"]),
      "header-missing",
    ],
    [
      "a field on two lines",
      withHeaders(signed([['"x-a"', "1, 2"]]), ["X-A", "1"], ["X-A", "2"]),
      "header-repeated",
    ],
    [
      "a field on two equal lines",
      withHeaders(signed([['"x-a"', "1, 1"]]), ["X-A", "1"], ["X-A", "1"]),
      "header-repeated",
    ],
    [
      "Content-Type on two lines, as a list",
      withHeaders(
        signed([['"content-type"', "a, b"]]),
        ["Content-Type", "a"],
        ["Content-Type", "b"],
      ),
      "header-repeated",
      { fields: { "content-type": "list" } },
    ],
    [
      "Content-Type on two lines, as bytes",
      withHeaders(
        signed([['"content-type";bs', ":YQ==:, :Yg==:"]]),
        ["Content-Type", "a"],
        ["Content-Type", "b"],
      ),
      "header-repeated",
    ],
    [
      "a twin",
      withHeaders(signed([['"x-a"', "1"]]), ["X-A", "1"], ["X_A", "2"]),
      "header-ambiguous",
    ],
    [
      "a twin of what must be covered",
      withHeaders(signed(), ["Content_Type", "a"]),
      "header-ambiguous",
    ],
    [
      "a byte outside US-ASCII",
      withHeaders(signed([['"x-a"', "\xe9"]]), ["X-A", "\xe9"]),
      "header-malformed",
    ],
    [
      "a line feed in a value",
      withHeaders(signed([['"x-a"', "a\nb"]]), ["X-A", "a\nb"]),
      "header-malformed",
    ],
    [
      "a dictionary that is none",
      withHeaders(signed([['"x-d";key="a"', "1"]]), ["X-D", "a=1,"]),
      "header-malformed",
    ],
    [
      "a dictionary with a key twice",
      withHeaders(signed([['"x-d";key="a"', "2"]]), ["X-D", "a=1, a=2"]),
      "header-malformed",
    ],
    [
      "a member of a list",
      withHeaders(signed([['"x-d";key="a"', "?1"]]), ["X-D", "a"]),
      "header-malformed",
      { fields: { "x-d": "list" } },
    ],

    // The parameters of the signature.
    ["created missing", parameters(';keyid="demo"'), "credentials-malformed"],
    ["keyid missing", parameters(`;created=${T}`), "credentials-malformed"],
    [
      "nonce missing where it is required",
      signed(),
      "credentials-malformed",
      { nonce: "required" },
    ],
    [
      "another algorithm",
      parameters(`;created=${T};keyid="demo";alg="ed25519"`),
      "credentials-malformed",
    ],
    [
      "an empty algorithm",
      parameters(`;created=${T};keyid="demo";alg=""`),
      "credentials-malformed",
    ],
    [
      "an unknown parameter",
      parameters(`;created=${T};keyid="demo";extra=1`),
      "credentials-malformed",
    ],
    [
      "created that is a string",
      parameters(`;created="${T}";keyid="demo"`),
      "credentials-malformed",
    ],
    [
      "created that is a decimal",
      parameters(`;created=${T}.0;keyid="demo"`),
      "credentials-malformed",
    ],
    ["created that is a date", parameters(`;created=@${T};keyid="demo"`), "credentials-malformed"],
    [
      "created with a leading zero",
      parameters(`;created=0${T};keyid="demo"`),
      "credentials-malformed",
    ],
    ["created twice", parameters(`;created=1;created=${T};keyid="demo"`), "credentials-malformed"],
    ["created in milliseconds", parameters(`;created=${T}000;keyid="demo"`), "timestamp-malformed"],
    ["created before 1970", parameters(`;created=-${T};keyid="demo"`), "timestamp-malformed"],
    [
      "expires before created",
      parameters(`;created=${T};expires=${T - 1};keyid="demo"`),
      "timestamp-malformed",
    ],
    [
      "expires in milliseconds",
      parameters(`;created=${T};expires=${T}000;keyid="demo"`),
      "timestamp-malformed",
    ],
    ["keyid that is a token", parameters(`;created=${T};keyid=demo`), "credentials-malformed"],
    ["keyid that is empty", parameters(`;created=${T};keyid=""`), "app-id-malformed"],
    [
      "keyid with a line feed's escape",
      parameters(`;created=${T};keyid="de\\"mo"`),
      "app-id-malformed",
    ],
    [
      "a nonce with a blank",
      parameters(`;created=${T};keyid="demo";nonce="a b"`),
      "nonce-malformed",
    ],
    ["an empty nonce", parameters(`;created=${T};keyid="demo";nonce=""`), "nonce-malformed"],
    [
      "a long nonce",
      parameters(`;created=${T};keyid="demo";nonce="${"a".repeat(129)}"`),
      "nonce-malformed",
    ],
    ["another app's keyid", parameters(`;created=${T};keyid="other"`), "signature-mismatch"],
    ["an unknown app's keyid", parameters(`;created=${T};keyid="nobody"`), "app-unknown"],
    [
      "another tag",
      parameters(`;created=${T};keyid="demo";tag="theirs"`),
      "scope-wrong",
      { tag: "ours" },
    ],
    ["no tag", signed(), "scope-wrong", { tag: "ours" }],
    [
      "the tag under another label",
      signed([], { parameters: `;created=${T};keyid="demo";tag="ours"`, label: "b" }),
      "credentials-missing",
      { label: "a", tag: "ours" },
    ],
    ["more than a day ago", parameters(`;created=${T - 86_401};keyid="demo"`), "timestamp-absurd"],
    ["too old", parameters(`;created=${T - 301};keyid="demo"`), "timestamp-too-old"],
    ["too new", parameters(`;created=${T + 6};keyid="demo"`), "timestamp-too-new"],
    [
      "expired by its own word",
      parameters(`;created=${T - 10};expires=${T - 1};keyid="demo"`),
      "timestamp-too-old",
    ],

    // The two fields.
    [
      "no Signature-Input",
      { ...signed(), headers: signed().headers.filter(([name]) => name !== "Signature-Input") },
      "credentials-missing",
    ],
    [
      "no Signature",
      { ...signed(), headers: signed().headers.filter(([name]) => name !== "Signature") },
      "credentials-malformed",
    ],
    [
      "an empty Signature-Input",
      replaceHeader(signed(), "Signature-Input", () => ""),
      "credentials-malformed",
    ],
    [
      "a label in one field alone",
      withHeaders(signed(), ["Signature-Input", 'b=("@method");created=1;keyid="b c"']),
      "credentials-malformed",
    ],
    [
      "a label in Signature alone",
      replaceHeader(signed(), "Signature", (value) => `${value}, b=:AAAA:`),
      "credentials-malformed",
    ],
    [
      "more than 8192 bytes",
      parameters(`;created=${T};keyid="demo";nonce="${"a".repeat(8192)}"`),
      "credentials-malformed",
    ],
    [
      "labels that differ",
      replaceHeader(signed(), "Signature", (value) => value.replace("sig1", "sig2")),
      "credentials-malformed",
    ],
    [
      "a label twice",
      withHeaders(signed(), ["Signature-Input", "sig1=()"]),
      "credentials-malformed",
    ],
    [
      "a signature twice",
      withHeaders(signed(), ["Signature", "sig1=:AAAA:"]),
      "credentials-malformed",
    ],
    [
      "an input that is no list",
      replaceHeader(signed(), "Signature-Input", () => "sig1=1"),
      "credentials-malformed",
    ],
    [
      "five labels",
      withHeaders(
        signed(),
        ["Signature-Input", "a=(), b=(), c=(), d=()"],
        ["Signature", "a=:AA==:, b=:AA==:, c=:AA==:, d=:AA==:"],
      ),
      "credentials-malformed",
    ],
    [
      "100 kB",
      replaceHeader(signed(), "Signature-Input", (value) => value + ", ".padEnd(100_000, "a")),
      "credentials-malformed",
    ],
    [
      "two signatures that fit",
      withHeaders(signed(), ...signatureFields(TARGET, { label: "sig2" })),
      "credentials-repeated",
    ],
    [
      "several signatures, none of which is ours",
      withHeaders(
        signed([], { parameters: `;created=${T};keyid="a b"` }),
        ...signatureFields(TARGET, {
          label: "b",
          parameters: `;created=${T};keyid="demo";alg="rsa-pss-sha512"`,
        }),
      ),
      "credentials-missing",
    ],
    [
      "a signature that is a string",
      replaceHeader(signed(), "Signature", (value) => value.replace(/:(.*):/, '"$1"')),
      "signature-malformed",
    ],
    [
      "a signature with a parameter",
      replaceHeader(signed(), "Signature", (value) => `${value};a`),
      "signature-malformed",
    ],
    [
      "a truncated signature",
      replaceHeader(signed(), "Signature", (value) =>
        value.replace(/:.*:/, ":AAAAAAAAAAAAAAAAAAAAAA==:"),
      ),
      "signature-malformed",
    ],
    [
      "a longer signature",
      replaceHeader(signed(), "Signature", (value) => value.replace(/=:$/, "A:")),
      "signature-malformed",
    ],
    [
      "a signature without padding",
      replaceHeader(signed(), "Signature", (value) => value.replace(/=:$/, ":")),
      "credentials-malformed",
    ],
    [
      "a signature of another key",
      signed([], { key: Buffer.alloc(32, "other key, ").toString("base64") }),
      "signature-mismatch",
    ],
    [
      "a base with a line feed at its end",
      replaceHeader(signed(), "Signature", () => {
        const base = `${TARGET.map(([a, b]) => `${a}: ${b}`).join("\n")}\n"@signature-params": (${TARGET.map(([a]) => a).join(" ")});created=${T};keyid="demo"\n`;
        return `sig1=:${createHmac("sha256", Buffer.from(KEY, "base64")).update(base).digest("base64")}:`;
      }),
      "signature-mismatch",
    ],

    // The request.
    ["another method", { ...signed(), method: "DELETE" }, "signature-mismatch"],
    ["HEAD for GET", { ...signed(), method: "HEAD" }, "signature-mismatch"],
    ["another path", { ...signed(), target: "/admin?a=1&b=%2f" }, "signature-mismatch"],
    [
      "another spelling of the path",
      { ...signed(), target: "/%6frders?a=1&b=%2f" },
      "signature-mismatch",
    ],
    ["two slashes", { ...signed(), target: "//orders?a=1&b=%2f" }, "signature-mismatch"],
    ["another query", { ...signed(), target: "/orders?a=2&b=%2f" }, "signature-mismatch"],
    [
      "another order of the query",
      { ...signed(), target: "/orders?b=%2f&a=1" },
      "signature-mismatch",
    ],
    [
      "another spelling of the query",
      { ...signed(), target: "/orders?a=1&b=%2F" },
      "signature-mismatch",
    ],
    [
      "a ? without a query",
      { ...covering([...TARGET.slice(0, 3), ['"@query"', "?"]]), target: "/orders?" },
      "target-malformed",
    ],
    [
      "a part of the path moved into the query",
      { ...signed(), target: "/order?sa=1&b=%2f" },
      "signature-mismatch",
    ],
    [
      "another host of ours",
      { ...signed(), headers: [["Host", "[2001:db8::1]:8080"], ...signed().headers.slice(1)] },
      "signature-mismatch",
    ],
    [
      "a foreign host",
      { ...signed(), headers: [["Host", "evil.test"], ...signed().headers.slice(1)] },
      "host-unknown",
    ],
    [
      "a covered value changed",
      replaceHeader(
        signed([['"x-a"', "1"]], {}, { headers: [...BASE.headers, ["X-A", "1"]] }),
        "X-A",
        () => "2",
      ),
      "signature-mismatch",
    ],
    [
      "a covered parameter changed",
      replaceHeader(
        signed([], { parameters: `;created=${T};nonce="a";keyid="demo"` }),
        "Signature-Input",
        (value) => value.replace('"a"', '"b"'),
      ),
      "signature-mismatch",
    ],

    // The content.
    ["content added", { ...signed(), content: "x" }, "content-undigested"],
    ["content removed", { ...POST, content: "" }, "content-mismatch"],
    ["content changed", { ...POST, content: '{"n":2}' }, "content-mismatch"],
    ["the same JSON in another spelling", { ...POST, content: '{"n": 1}' }, "content-mismatch"],
    [
      "the strongest digest wrong",
      post(
        `sha-256=:${digestOf("sha256", JSON_TEXT)}:, sha-512=:${digestOf("sha512", "")}:`,
        JSON_TEXT,
      ),
      "content-mismatch",
    ],
    [
      "a digest for accidents alone",
      post(`md5=:${digestOf("md5", JSON_TEXT)}:`, JSON_TEXT),
      "digest-malformed",
    ],
    ["sha alone", post(`sha=:${digestOf("sha1", JSON_TEXT)}:`, JSON_TEXT), "digest-malformed"],
    ["a digest of the wrong length", post("sha-256=:AAAA:", JSON_TEXT), "digest-malformed"],
    [
      "a sound digest beside a broken stronger one",
      post(`sha-256=:${digestOf("sha256", JSON_TEXT)}:, sha-512=:AAAA:`, JSON_TEXT),
      "digest-malformed",
    ],
    [
      "a digest twice",
      post(
        `sha-256=:${digestOf("sha256", "")}:, sha-256=:${digestOf("sha256", JSON_TEXT)}:`,
        JSON_TEXT,
      ),
      "digest-malformed",
    ],
    [
      "a digest with a parameter",
      post(`sha-256=:${digestOf("sha256", JSON_TEXT)}:;a`, JSON_TEXT),
      "digest-malformed",
    ],
    [
      "a digest in capitals",
      post(`SHA-256=:${digestOf("sha256", JSON_TEXT)}:`, JSON_TEXT),
      "digest-malformed",
    ],
    [
      "Content-Digest on two lines",
      withHeaders(POST, ["Content-Digest", "md5=:AAAA:"]),
      "header-repeated",
    ],
  ])("%s", async (_what, wire, code, options = {}) => {
    expect(await judge(wire, options)).toBe(code);
  });

  it("refuses every request of which one character is another", async () => {
    const honest = withHeaders(
      signed([
        ['"x-a"', "1, 2"],
        ['"x-d";key="a"', "(b c);d"],
      ]),
      ["X-A", "1, 2"],
      ["X-D", "a=(b  c); d, e"],
    );
    expect(await judge(honest)).toBe("accepted");
    const taken = new Set<string>();
    const tryIn = async (
      place: string,
      text: string,
      put: (text: string) => Wire,
    ): Promise<void> => {
      for (let at = 0; at < text.length; at++)
        for (const other of [...' \t\0\xff"\\=;:,()?01aA']) {
          const changed = text.slice(0, at) + other + text.slice(at + 1);
          if (changed.trim() === text.trim()) continue;
          if ((await judge(put(changed))) === "accepted")
            taken.add(`${place}: ${JSON.stringify(text.slice(at))} ${JSON.stringify(other)}`);
        }
    };
    await tryIn("method", honest.method, (method) => ({ ...honest, method }));
    await tryIn("target", honest.target, (target) => ({ ...honest, target }));
    for (const [i, [name, value]] of honest.headers.entries())
      await tryIn(name, value, (text) => ({
        ...honest,
        headers: honest.headers.map((line, k): Line => (k === i ? [name, text] : line)),
      }));
    // A host has no case; e is the member of X-D that is not covered, with the blank before it.
    const free = [...taken].filter(
      (each) => !/^Host: "[aA]/.test(each) && !/^X-D: "(?:, e|e| e)" /.test(each),
    );
    expect(free).toEqual([]);
  });

  it("takes each signature without a nonce once, but for GET and HEAD", async () => {
    const server = new Server();
    expect([await server.judge(POST), await server.judge(POST)]).toEqual([
      "accepted",
      "nonce-seen",
    ]);
    expect([await server.judge(signed()), await server.judge(signed())]).toEqual([
      "accepted",
      "accepted",
    ]);
  });

  it("knows a GET only where this signature covers the method", async () => {
    const options = { components: ["@authority", "@path", "@query"] };
    const open = { ...BASE, headers: [...BASE.headers, ...signatureFields(TARGET.slice(1))] };
    for (const [wire, again] of [
      [open, "nonce-seen"],
      [signed(), "accepted"],
    ] as const) {
      const server = new Server(options);
      expect([await server.judge(wire), await server.judge(wire)]).toEqual(["accepted", again]);
    }
  });

  it("takes each nonce once, whatever it signs", async () => {
    const server = new Server();
    const sender = { parameters: `;created=${T};keyid="demo";nonce="n-1"` };
    const again = { parameters: `;created=${T + 1};keyid="demo";nonce="n-1"` };
    expect(await server.judge(signed([], sender))).toBe("accepted");
    expect(await server.judge(signed([], sender))).toBe("nonce-seen");
    expect(await server.judge(signed([], again))).toBe("nonce-seen");
    expect(
      await server.judge(
        signed([], {
          parameters: `;created=${T};keyid="other";nonce="n-1"`,
          key: Buffer.alloc(32, "other key, ").toString("base64"),
        }),
      ),
    ).toBe("accepted");
  });

  it("leaves no trace of what was not right", async () => {
    const server = new Server();
    const digest = `sha-256=:${digestOf("sha256", JSON_TEXT)}:`;
    const sender = { parameters: `;created=${T};keyid="demo";nonce="n-2"` };
    const honest = post(digest, JSON_TEXT, sender);
    const forged = post(digest, JSON_TEXT, {
      ...sender,
      key: Buffer.alloc(32, "guess ").toString("base64"),
    });
    expect(await server.judge(forged)).toBe("signature-mismatch");
    expect(await server.judge({ ...honest, content: "{}" })).toBe("content-mismatch");
    expect(await server.judge(honest)).toBe("accepted");
  });

  it("a signature under another label is the same one", async () => {
    const server = new Server();
    const relabelled = {
      ...POST,
      headers: POST.headers.map(([name, value]): Line => [name, value.replace(/^sig1=/, "sig9=")]),
    };
    expect(await server.judge(POST)).toBe("accepted");
    expect(await server.judge(relabelled)).toBe("nonce-seen");
  });

  it("says nothing of keys and signatures", async () => {
    const wire = signed([], { key: Buffer.alloc(32, "guess ").toString("base64") });
    const refusal = await new Server().admit(wire).catch((error: unknown) => error as Refusal);
    const right = /:(.*):/.exec(signed().headers.at(-1)?.[1] ?? "")?.[1] ?? "";
    expect(right).toHaveLength(44);
    expect(
      `${(refusal as Refusal).message}${JSON.stringify((refusal as Refusal).progress())}`,
    ).not.toMatch(
      new RegExp(`${right.slice(0, 20).replaceAll(/[+/]/g, "\\$&")}|${KEY.slice(0, 20)}`),
    );
  });
});

describe("RFC 9421: what we sign", () => {
  const signer = new Signer({
    appId: "demo",
    apiKey: KEY,
    encoding: "base64",
    scheme: rfc9421({ tag: "orders" }),
    clock: { nowMs: () => T * 1000 },
  });

  it("is what RFC 9421 says, and is taken", async () => {
    const request = {
      method: "POST",
      url: "https://api.example.test/orders?a=1",
      headers: [
        ["X-B", " 1 "],
        ["Content-Type", "application/json"],
      ] as const,
      content: Buffer.from(JSON_TEXT),
    };
    const { headers, canonicalRequest, claims } = signer.sign(request);
    const digest = `sha-256=:${digestOf("sha256", JSON_TEXT)}:`;
    const input = `("@method" "@authority" "@path" "@query" "content-digest" "content-type" "x-b");created=${T};nonce="${claims.nonce}";alg="hmac-sha256";keyid="demo";tag="orders"`;
    expect(canonicalRequest).toBe(`"@method": POST
"@authority": api.example.test
"@path": /orders
"@query": ?a=1
"content-digest": ${digest}
"content-type": application/json
"x-b": 1
"@signature-params": ${input}`);
    const mac = createHmac("sha256", Buffer.from(KEY, "base64"))
      .update(canonicalRequest)
      .digest("base64");
    expect(headers).toEqual([
      ["content-digest", digest],
      ["signature-input", `sig=${input}`],
      ["signature", `sig=:${mac}:`],
    ]);
    const wire: Wire = {
      method: "POST",
      target: "/orders?a=1",
      headers: [["Host", "api.example.test"], ...request.headers, ...headers],
      content: JSON_TEXT,
    };
    expect(await judge(wire, { tag: "orders", nonce: "required" })).toBe("accepted");
  });

  it.each<[string, readonly Line[], string, string]>([
    [
      "a header on two lines",
      [
        ["X-A", "1"],
        ["X-A", "2"],
      ],
      "/",
      "header-repeated",
    ],
    ["a byte outside US-ASCII", [["X-A", "é"]], "/", "header-malformed"],
    ["a ? without a query", [], "/?", "target-malformed"],
    [
      "a digest of its own that is none",
      [["Content-Digest", "md5=:AAAA:"]],
      "/",
      "digest-malformed",
    ],
  ])("refuses %s", (_what, headers, target, code) => {
    const sign = (): unknown =>
      signer.sign({ method: "GET", url: "https://api.example.test/", target, headers });
    expect(sign).toThrow(expect.objectContaining({ code }));
  });

  it("leaves out the keyid where the server knows who signs", () => {
    const { headers } = new Signer({
      appId: "demo",
      apiKey: KEY,
      encoding: "base64",
      scheme: rfc9421({ appId: "demo" }),
    }).sign({ method: "GET", url: "https://api.example.test/" });
    expect(new Map(headers).get("signature-input")).not.toContain("keyid");
  });
});

describe("RFC 9421: its options", () => {
  it.each<[unknown, string]>([
    [{ components: [] }, "rfc9421.components"],
    [{ components: "@method" }, "rfc9421.components"],
    [{ components: ["@method", "@method"] }, "rfc9421.components[1]"],
    [{ components: [null] }, "rfc9421.components[0]"],
    [{ components: ["@status"] }, "rfc9421.components[0]"],
    [{ components: ["@query-param"] }, "rfc9421.components[0]"],
    [{ components: ["X-Tenant"] }, "rfc9421.components[0]"],
    [{ components: ["@method", "connection"] }, "rfc9421.components[1]"],
    [{ nonce: true }, "rfc9421.nonce"],
    [{ tag: "" }, "rfc9421.tag"],
    [{ tag: "é" }, "rfc9421.tag"],
    [{ label: "Sig" }, "rfc9421.label"],
    [{ appId: "a b" }, "rfc9421.appId"],
    [{ fields: { "X-A": "list" } }, 'rfc9421.fields["X-A"]'],
    [{ fields: { "x-a": "map" } }, 'rfc9421.fields["x-a"]'],
    [{ requireNonce: true }, "rfc9421.requireNonce"],
    [{ name: "RFC9421" }, "rfc9421.name"],
    [{ fields: null }, "rfc9421.fields"],
    [{ components: null }, "rfc9421.components"],
    [{ acknowledgeWeakness: "yes" }, "rfc9421.acknowledgeWeakness"],
    [null, "rfc9421"],
    ["sig1", "rfc9421"],
  ])("refuses %j", (options, option) => {
    let caught: unknown;
    try {
      rfc9421(options as Rfc9421Options);
    } catch (error) {
      caught = error;
    }
    expect(caught).toBeInstanceOf(ConfigurationError);
    expect((caught as ConfigurationError).option).toBe(option);
  });

  it("says what a shorter list of components leaves open", () => {
    expect(rfc9421().weaknesses).toEqual([]);
    expect(rfc9421({ components: ["@method", "@target-uri"] }).weaknesses).toEqual([]);
    expect(rfc9421({ components: ["@path"] }).weaknesses).toHaveLength(3);
    expect(rfc9421({ components: ["@path"], acknowledgeWeakness: true }).weaknesses).toEqual([]);
  });

  it("tells refused callers what to sign (RFC 9421 §5.1, RFC 9530 §4)", () => {
    expect(rfc9421({ tag: 'a"b', label: "ours" }).refusalHeaders).toEqual([
      [
        "Accept-Signature",
        'ours=("@method" "@authority" "@path" "@query" "content-digest");created;alg="hmac-sha256";tag="a\\"b"',
      ],
      ["Want-Content-Digest", "sha-256=10, sha-512=3"],
    ]);
  });

  it("has nothing to say of a request without Signature-Input", () => {
    const recognises = (name: string): boolean =>
      rfc9421().header.recognises({
        ...headOf(BASE),
        headers: HeaderLines.fromEntries([[name, ""]]),
      });
    expect([recognises("Signature-Input"), recognises("Signature")]).toEqual([true, false]);
  });
});
