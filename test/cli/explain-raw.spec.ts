import { afterAll, describe, expect, it } from "@jest/globals";
import { API_KEY, Desk, NOW, digestField, make, sha256, wire, type Plan } from "./explain-bench.js";
import { lacre } from "./lacre.js";

/*
 * A raw request and the key, and nothing else: the client sent one thing and signed another. The signature alone tells
 * what it signed, and so what went wrong.
 */

const desk = new Desk();
afterAll(() => desk.close());

const env = { LACRE_APP_ID: "demo", LACRE_API_KEY: API_KEY };

/** What the client does to the text that it signs, and not to what it sends. */
const line =
  (from: string, to: string): Plan["text"] =>
  (text) => {
    const changed = text.split("\n").map((each) => (each === from ? to : each));
    expect(changed.join("\n")).not.toBe(text);
    return changed.join("\n");
  };

const JSON_TYPE: [string, string] = ["Content-Type", "application/json"];
const post = (body: string, more: Plan = {}): Plan => ({
  method: "POST",
  target: "/v1/items",
  headers: [JSON_TYPE],
  body,
  ...more,
});

const MISTAKES: readonly (readonly [string, Plan])[] = [
  ["target-decoded", { target: "/v1/caf%C3%A9", text: line("/v1/caf%C3%A9", "/v1/caf\u00e9") }],
  ["target-decoded", { target: "/v1/a?t=a%2Cb", text: line("/v1/a?t=a%2Cb", "/v1/a?t=a,b") }],
  ["escapes-case", { target: "/v1/a%2fb", text: line("/v1/a%2fb", "/v1/a%2Fb") }],
  ["unreserved-escaped", { target: "/v1/%7Eme", text: line("/v1/%7Eme", "/v1/~me") }],
  ["double-encoding", { target: "/v1/a%20b", text: line("/v1/a%20b", "/v1/a%2520b") }],
  ["space-plus", { target: "/v1?tag=a+b", text: line("/v1?tag=a+b", "/v1?tag=a%20b") }],
  ["query-order", { target: "/v1?b=1&a=2", text: line("/v1?b=1&a=2", "/v1?a=2&b=1") }],
  ["query-unsigned", { target: "/v1/items?tag=a", text: line("/v1/items?tag=a", "/v1/items") }],
  ["url-signed-whole", { target: "/v1", text: line("/v1", "https://api.example.test/v1") }],
  ["trailing-slash", { target: "/v1/items/", text: line("/v1/items/", "/v1/items") }],
  ["dots-folded", { target: "/v1/a/../items", text: line("/v1/a/../items", "/v1/items") }],
  ["path-prefix-added", { target: "/api/items", text: line("/api/items", "/items") }],
  ["host-port", { host: "a.test:8443", text: line("host:a.test:8443", "host:a.test") }],
  ["host-default-port", { host: "a.test", text: line("host:a.test", "host:a.test:443") }],
  ["host-case", { host: "a.test", text: line("host:a.test", "host:A.TEST") }],
  ["method-case", { method: "PATCH", text: line("PATCH", "patch") }],
  ["method-differs", { method: "PUT", text: line("PUT", "PATCH") }],
  ["header-spaces", { headers: [["X-Note", "a   b"]], text: line("x-note:a   b", "x-note:a b") }],
  [
    "charset-added",
    post('{"n":1}', {
      headers: [["Content-Type", "application/json; charset=utf-8"]],
      text: line("content-type:application/json; charset=utf-8", "content-type:application/json"),
    }),
  ],
  ["header-name-case", { headers: [["X-Note", "a"]], text: line("x-note:a", "X-Note:a") }],
  ["list-order", { headers: [["X-Note", "a"]], text: line("host;x-note", "x-note;host") }],
  ["target-case", { target: "/v1/Items", text: line("/v1/Items", "/v1/items") }],
  ["first-slash-missing", { target: "/v1", text: line("/v1", "v1") }],
  ["unicode-form", { target: "/caf%C3%A9", text: line("/caf%C3%A9", "/cafe%CC%81") }],
  ["space-plus", { target: "/s?q=a%20b&r=~x", text: line("/s?q=a%20b&r=~x", "/s?q=a+b&r=%7Ex") }],
  ["target-decoded", { target: "/s?f[a]=1", text: line("/s?f[a]=1", "/s?f%5Ba%5D=1") }],
  ["url-signed-whole", { target: "/v1", text: line("/v1", "api.example.test/v1") }],
  ["timestamp-not-seconds", { text: line(String(NOW), `${NOW}.0`) }],
  ["text-without-list", { text: (text) => text.replace(/\n\nhost$/, "") }],
  ["algorithm-differs", { text: line("LACRE1-HMAC-SHA256", "lacre1-hmac-sha256") }],
  [
    "digest-in-hex",
    post("x", {
      text: line(
        `content-digest:${digestField("x")}`,
        `content-digest:${sha256("x").toString("hex")}`,
      ),
    }),
  ],
  [
    "digest-of-nothing",
    post("x", {
      text: line(`content-digest:${digestField("x")}`, `content-digest:${digestField("")}`),
    }),
  ],
  ["list-separator", { headers: [["X-Note", "a"]], text: line("host;x-note", "host,x-note") }],
  [
    "header-lines-order",
    {
      headers: [["X-Note", "a"]],
      text: (text) =>
        text.replace("host:api.example.test\nx-note:a", "x-note:a\nhost:api.example.test"),
    },
  ],
  ["slashes-folded", { target: "/v1/items", text: line("/v1/items", "/v1//items") }],
  [
    "query-parameter-added",
    {
      target: "/v1?a=1&utm_source=x&utm_term=y",
      text: line("/v1?a=1&utm_source=x&utm_term=y", "/v1?a=1"),
    },
  ],
  [
    "path-prefix-stripped",
    {
      target: "/items",
      headers: [["X-Forwarded-Prefix", "/shop/v7"]],
      list: ["host"],
      text: line("/items", "/shop/v7/items"),
    },
  ],
  [
    "host-changed",
    {
      host: "upstream.test",
      headers: [["X-Forwarded-Host", "public.test"]],
      list: ["host"],
      text: line("host:upstream.test", "host:public.test"),
    },
  ],
  ["app-id-differs", { text: line("demo", "DEMO") }],
  ["timestamp-in-milliseconds", { text: line(String(NOW), `${NOW}000`) }],
  [
    "content-line-at-end",
    post('{"n":1}', {
      text: line(
        `content-digest:${digestField('{"n":1}')}`,
        `content-digest:${digestField('{"n":1}\n')}`,
      ),
    }),
  ],
  // The digest in the header is wrong, and so signed: the signature is right, the content is not.
  ["content-line-at-end", post('{"n":1}', { digest: digestField('{"n":1}\n') })],
  ["json-serialised-again", post('{"n":1,"m":2}', { digest: digestField('{"n": 1, "m": 2}') })],
  ["text-with-line-end", { text: (text) => `${text}\n` }],
  ["key-as-text", { key: API_KEY }],
];

describe("one raw request of LACRE1 and the key", () => {
  it("has enough mistakes to mean something", () => {
    expect(new Set(MISTAKES.map(([id]) => id)).size).toBeGreaterThanOrEqual(20);
  });

  it.each(MISTAKES)("%s: %j", async (id, plan) => {
    const raw = wire(make(plan));
    const file = desk.file("request", raw);
    const explained = await lacre(["explain", "--json", "--client", file], { env });
    expect(explained.err).toBe("");
    const { equal, causes } = JSON.parse(explained.out) as {
      equal: boolean;
      causes: { id: string }[];
    };
    expect(causes[0]?.id).toBe(id);
    expect({ equal, code: explained.code }).toEqual({ equal: false, code: 1 });

    const args = ["verify", "--at", String(NOW), "--file", file];
    const judged = await lacre(args, { env });
    expect(judged.code).toBe(1);
    expect(judged.out).toMatch(/^refused: (?:signature|content)-mismatch/);
    expect(judged.out).toContain(`[${id}]`);
    expect(judged.out + explained.out).not.toContain(API_KEY.slice(4));
  });

  it("two parts at once", async () => {
    const plan: Plan = {
      target: "/v1?b=1&a=2",
      host: "a.test:8443",
      text: (text) => text.replace("b=1&a=2", "a=2&b=1").replace("a.test:8443", "a.test"),
    };
    const { code, out } = await lacre(["explain", "--client", desk.file("r", wire(make(plan)))], {
      env,
    });
    expect(code).toBe(1);
    expect(out).toContain("! target\n    signed  /v1?a=2&b=1\n    sent    /v1?b=1&a=2\n");
    expect(out).toContain("[query-order]");
    expect(out).toContain("[host-port]");
  });

  it("a host that only --origin names, and a header that did not arrive", async () => {
    const moved = make({
      host: "upstream.test",
      text: (text) => text.replace("upstream", "public"),
    });
    const origin = ["--origin", "https://public.test"];
    const at = ["--at", String(NOW), "--file"];
    const judged = await lacre(["verify", ...origin, ...at, desk.file("r", wire(moved))], { env });
    expect(judged.out).toMatch(/^refused: host-unknown/);
    expect(judged.out).toContain("[host-changed]");

    const sent = make({ headers: [["X-Tenant", "7"]] });
    const headers = sent.headers.filter(([name]) => name !== "X-Tenant");
    const file = desk.file("r", wire({ ...sent, headers }));
    const alone = await lacre(["explain", "--client", file], { env });
    expect(alone.out).toContain("[header-dropped]");
    expect(alone.code).toBe(1);
  });

  it("says that nothing is wrong, with 0", async () => {
    const { code, out } = await lacre(["explain", "--client", desk.file("r", wire(make()))], {
      env,
    });
    expect(code).toBe(0);
    expect(out).toContain("The signature is that of this request under this key.");
  });

  it("says that nothing explains it, with 1", async () => {
    const file = desk.file("r", wire(make({ key: Buffer.alloc(32, 7) })));
    const { code, out } = await lacre(["explain", "--client", file], { env });
    expect(code).toBe(1);
    expect(out).toContain("[key-other]");
  });

  it.each([
    [["--client", "-"], {}, "Without it, give the key"],
    [["--client", "-"], env, "A text alone has no signature"],
    [["--client", "-", "--client-kind", "headers"], env, "does not tell the whole request"],
  ])("%j: exit code 2", async (args, world, message) => {
    const stdin = args.includes("headers") ? "Authorization: LACRE1-HMAC-SHA256 x\n" : make().text;
    const { code, err } = await lacre(["explain", ...args], { env: world, stdin });
    expect(code).toBe(2);
    expect(err).toContain(message);
  });

  it("says of a curl command with a form that its boundary is gone", async () => {
    const stdin = "curl -F a=b -H 'Authorization: LACRE1-HMAC-SHA256 x' https://api.example.test/";
    const { code, err } = await lacre(["explain", "--client", "-"], { env, stdin });
    expect([code, err]).toEqual([2, expect.stringContaining("known only to curl")]);
  });
});
