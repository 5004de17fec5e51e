import { createHash, createHmac } from "node:crypto";
import { describe, expect, it } from "@jest/globals";
import { acquia2 } from "@lacre/schemes/acquia2";
import { Judge, type Arriving } from "../support/judge.js";

/*
 * What libraries of HTTP HMAC 2.0 sign, by the rules in their published source, where that is not what the
 * specification says. docs/schemes/acquia2.md names each: what cannot be verified, and what can be done about it.
 */

const KEY = "W5PeGMxSItNerkNFqQMfYiJvH14WzVJMy54CPoTAYoI=";
const ID = "efdde334-fe7b-11e4-a322-1697f925ec7b";
const NONCE = "d1954337-5319-4821-8427-115542e08d10";
const NOW = 1_700_000_000;
const HOST = "api.example.test:8443";
const JSON_TYPE = "application/json";

/** One request, and what the library signs in place of what is sent. */
interface Sent {
  readonly target?: string;
  readonly body?: string;
  readonly type?: string | undefined;
  readonly headers?: readonly (readonly [string, string])[];
  readonly realm?: string;
  /** Lines of the text; those of the specification unless given. */
  readonly signs?: {
    readonly host?: string;
    readonly path?: string;
    readonly query?: string;
    readonly headers?: readonly string[];
    /** Null: no line. */
    readonly type?: string | null;
  };
}

function arriving({ target = "/v1.0/task", body, type, headers = [], ...more }: Sent): Arriving {
  const { signs = {}, realm = "Pipet%20service" } = more;
  const [path = "", query = ""] = target.split("?");
  const digest = createHash("sha256")
    .update(body ?? "")
    .digest("base64");
  const method = body === undefined ? "GET" : "POST";
  const spelled = headers.map(([name, value]) => `${name.toLowerCase()}:${value}`).sort();
  const text = [
    method,
    signs.host ?? HOST,
    signs.path ?? path,
    signs.query ?? query,
    `id=${ID}&nonce=${NONCE}&realm=Pipet%20service&version=2.0`,
    ...(signs.headers ?? spelled),
    String(NOW),
    ...(body === undefined || signs.type === null
      ? []
      : [signs.type ?? (type ?? "").toLowerCase()]),
    ...(body === undefined ? [] : [digest]),
  ].join("\n");
  const signature = createHmac("sha256", Buffer.from(KEY, "base64")).update(text).digest("base64");
  const names = headers.map(([name]) => name).join(";");
  return {
    method,
    target,
    headers: [
      ["Host", HOST],
      ...headers,
      ...(type === undefined ? [] : [["Content-Type", type] as const]),
      ["X-Authorization-Timestamp", String(NOW)],
      ...(body === undefined ? [] : [["X-Authorization-Content-SHA256", digest] as const]),
      [
        "Authorization",
        `acquia-http-hmac realm="${realm}",id="${ID}",nonce="${NONCE}",version="2.0",headers="${names}",signature="${signature}"`,
      ],
    ],
    ...(body !== undefined && { content: body }),
  };
}

const judge = (): Judge =>
  new Judge({
    scheme: acquia2({ realm: "Pipet service" }),
    apps: [{ appId: ID, apiKey: KEY, encoding: "base64", schemes: ["acquia2"] }],
    origins: [`https://${HOST}`],
    nowSeconds: NOW,
  });

const body = '{"n":1}';
const LISTED = [
  ["X-B", "1"],
  ["x-a", "2"],
] as const;

describe("what libraries sign otherwise", () => {
  it.each<[string, Sent, Sent | undefined]>([
    [
      "Go: the path without its last slash",
      { target: "/v1.0/task/", signs: { path: "/v1.0/task" } },
      { target: "/v1.0/task" },
    ],
    ["Go: no path for /", { target: "/", signs: { path: "" } }, undefined],
    [
      "Go and Java: the path with its escapes read",
      { target: "/a%20b", signs: { path: "/a b" } },
      { target: "/a-b" },
    ],
    [
      "Go before 2017: the query sorted",
      { target: "/a?z=1&a=2", signs: { query: "a=2&z=1" } },
      { target: "/a?a=2&z=1" },
    ],
    ["Postman: no line for the type", { body, type: JSON_TYPE, signs: { type: null } }, undefined],
    [
      "Ember: always the type of JSON",
      { body: "a=1", type: "application/x-www-form-urlencoded", signs: { type: JSON_TYPE } },
      { body, type: JSON_TYPE, signs: { type: JSON_TYPE } },
    ],
    [
      "PHP and JavaScript: the type as it is written",
      { body, type: "application/JSON", signs: { type: "application/JSON" } },
      { body, type: JSON_TYPE },
    ],
    [
      "PHP: no line where there is no type",
      { body, signs: { type: null } },
      { body, type: JSON_TYPE },
    ],
    [
      "PHP before 2017: the host without its port",
      { signs: { host: "api.example.test" } },
      undefined,
    ],
    [
      "PHP: headers sorted in the letters they are given in",
      { headers: LISTED, signs: { headers: ["x-b:1", "x-a:2"] } },
      { headers: LISTED.map(([name, value]) => [name.toLowerCase(), value] as const) },
    ],
    [
      "Python: a blank behind the colon",
      { headers: [["x-a", "2"]], signs: { headers: ["x-a: 2"] } },
      undefined,
    ],
  ])("%s is refused, and taken where it makes no difference", async (_what, sent, mended) => {
    expect(await judge().verdict(arriving(sent))).toBe("signature-mismatch");
    if (mended !== undefined) expect(await judge().verdict(arriving(mended))).toBe("accepted");
  });

  it("a realm that is not escaped, as Java writes it, is taken", async () => {
    expect(await judge().verdict(arriving({ realm: "Pipet service" }))).toBe("accepted");
  });

  it("Postman: one nonce for every sending of a saved request is a copy from the second on", async () => {
    const on = judge();
    expect(await on.verdict(arriving({ target: "/a" }))).toBe("accepted");
    expect(await on.verdict(arriving({ target: "/a" }))).toBe("nonce-seen");
  });
});
