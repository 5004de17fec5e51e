import { createHmac } from "node:crypto";
import { execFileSync } from "node:child_process";
import { request as httpRequest } from "node:http";
import { posix } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import express from "express";
import { CAUSES } from "../../apps/cli/src/explain/causes/causes.js";
import {
  API_KEY,
  Desk,
  KEY_BYTES,
  NOW,
  Recorder,
  digestField,
  listen,
  make,
  proxyTo,
  sendBytes,
  sha256,
  wire,
  withHeader,
  without,
  type Made,
  type Passed,
  type Plan,
} from "./explain-bench.js";

const recorder = new Recorder();
const desk = new Desk();
beforeAll(() => recorder.start());
beforeEach(() => void (recorder.last = Buffer.alloc(0)));
afterAll(async () => {
  await recorder.stop();
  desk.close();
});

/** What both sides have, and what else the command is told. */
interface Views {
  client: string | Buffer;
  server: string | Buffer;
  args?: string[];
  key?: string;
}

/** Through a proxy that changes what passes; the client's view is the raw request it sent. */
async function through(plan: Plan, change: (passed: Passed) => Passed): Promise<Views> {
  const made = make(plan);
  const proxy = await proxyTo(recorder.port, change);
  await sendBytes(proxy.port, wire(made));
  proxy.close();
  return { client: wire(made), server: recorder.last };
}

/** Straight to the server; the client's view is the text that it printed. */
async function straight(plan: Plan, sent: (made: Made) => Made = (made) => made): Promise<Views> {
  const made = make(plan);
  await sendBytes(recorder.port, wire(sent(made)));
  return { client: made.text, server: recorder.last };
}

/** The same with the key at hand. */
const withKey = async (views: Promise<Views>): Promise<Views> => ({
  ...(await views),
  key: API_KEY,
});

/** By `fetch`, with the headers that this client signed; the client's view is the text that it printed. */
async function fetched(
  plan: Plan,
  { url, ...init }: RequestInit & { url?: string } = {},
): Promise<Views> {
  const host = `127.0.0.1:${recorder.port}`;
  const made = make({ host, ...plan });
  const headers = new Headers(made.headers.filter(([name]) => name !== "Host"));
  await fetch(url ?? `http://${host}${made.target}`, { method: made.method, headers, ...init });
  return { client: made.text, server: recorder.last };
}

const onPath =
  (change: (path: string) => string) =>
  (passed: Passed): Passed => ({ ...passed, path: change(passed.path) });
const onHeaders =
  (change: (headers: string[]) => string[]) =>
  (passed: Passed): Passed => ({ ...passed, headers: change(passed.headers) });
const onBody =
  (change: (body: Buffer) => Buffer | string) =>
  (passed: Passed): Passed => ({ ...passed, body: Buffer.from(change(passed.body)) });
const byUrl =
  (change: (url: URL) => void) =>
  (path: string): string => {
    const url = new URL(`http://any.test${path}`);
    change(url);
    return url.pathname + url.search;
  };
const authorizationOf = ({ headers }: Made): string => headers.at(-1)?.[1] ?? "";
const withAuthorization =
  (value: (authorization: string) => string) =>
  (made: Made): Made => ({
    ...made,
    headers: [...made.headers.slice(0, -1), ["Authorization", value(authorizationOf(made))]],
  });

const JSON_TYPE: [string, string] = ["Content-Type", "application/json"];
const post = (body: string | Buffer, type = "application/json"): Plan => ({
  method: "POST",
  target: "/v1/items",
  headers: [["Content-Type", type]],
  body,
});

/** A server that redirects, as `fetch` follows it, to the recorder. */
async function redirected(status: number, from: string, to: string, plan: Plan): Promise<Views> {
  const made = make(plan);
  const redirecting = await listen((incoming, answer) => {
    incoming.resume();
    answer.writeHead(status, { Location: `${recorder.origin}${to}` }).end();
  });
  const headers = made.headers.filter(([name]) => name !== "Host");
  await fetch(`http://127.0.0.1:${redirecting.port}${from}`, {
    method: made.method,
    headers,
    ...(made.body.length > 0 && { body: made.body }),
  });
  redirecting.close();
  return { client: wire(made), server: recorder.last };
}

/** Redirects to another path of itself, which then is the recorder. */
async function redirectedHere(status: number, from: string, to: string, plan: Plan) {
  let views: Buffer | undefined;
  const server = await listen((incoming, answer) => {
    if (incoming.url === from) {
      incoming.resume();
      answer.writeHead(status, { Location: to }).end();
      return;
    }
    const lines = [`${incoming.method} ${incoming.url} HTTP/1.1`];
    for (let i = 0; i < incoming.rawHeaders.length; i += 2)
      lines.push(`${incoming.rawHeaders[i]}: ${incoming.rawHeaders[i + 1]}`);
    const chunks: Buffer[] = [];
    incoming.on("data", (chunk: Buffer) => chunks.push(chunk));
    incoming.on("end", () => {
      views = Buffer.concat([Buffer.from(`${lines.join("\r\n")}\r\n\r\n`), ...chunks]);
      answer.end();
    });
  });
  const host = `127.0.0.1:${server.port}`;
  const made = make({ ...plan, host, target: from });
  await fetch(`http://${host}${from}`, {
    method: made.method,
    headers: made.headers.filter(([name]) => name !== "Host"),
    ...(made.body.length > 0 && { body: made.body }),
  });
  server.close();
  return { client: wire(made), server: views ?? Buffer.alloc(0) };
}

function form(text: string): { body: string; type: string } {
  return { body: text, type: "application/x-www-form-urlencoded" };
}

const bodyOf = async (parts: FormData): Promise<{ body: Buffer; type: string }> => {
  const response = new Response(parts);
  const type = response.headers.get("content-type") ?? "";
  return { body: Buffer.from(await response.arrayBuffer()), type };
};
const oneFile = (): FormData => {
  const parts = new FormData();
  parts.append("file", new Blob(["content"]), "a.txt");
  return parts;
};

// Every cause, made to happen. The cause must be named first.
const HAPPENINGS: Record<string, () => Views | Promise<Views>> = {
  // Credentials
  "authorization-dropped": async () => {
    // fetch itself takes the header off where a redirect leads to another origin.
    const views = await redirected(307, "/a", "/a", { target: "/a" });
    expect(views.server.toString("latin1")).not.toMatch(/authorization/i);
    return views;
  },
  "credentials-repeated": () =>
    through(
      {},
      onHeaders((headers) => [...headers, "Authorization", "Basic YTpi"]),
    ),
  "two-requests": async () => ({
    client: make().text,
    server: (await straight({ nonce: "YW5vdGhlci1ub25jZS0wMg", timestamp: String(NOW + 1) }))
      .server,
  }),
  "nonce-differs": () =>
    straight(
      {},
      withAuthorization((value) => value.replace(/Nonce=[^,]+/, "Nonce=YW5vdGhlci1ub25jZS0w")),
    ),
  "timestamp-in-milliseconds": () => straight({ timestamp: String(NOW * 1000) }),
  "timestamp-not-seconds": () => straight({ timestamp: new Date(NOW * 1000).toISOString() }),
  "timestamp-differs": () =>
    straight(
      {},
      withAuthorization((value) => value.replace(`=${NOW}`, `=${NOW + 3}`)),
    ),
  "app-id-differs": () =>
    straight(
      {},
      withAuthorization((value) => value.replace("=demo", "=demo-staging")),
    ),
  "algorithm-differs": () =>
    straight(
      { hash: "sha512" },
      withAuthorization((value) => value.replace("SHA256", "SHA512")),
    ),
  "clock-off": async () => ({ ...(await straight({})), args: ["--at", String(NOW + 3600)] }),

  // Method
  "method-case": async () => {
    const made = make({ method: "patch", host: `127.0.0.1:${recorder.port}` });
    await new Promise((resolve) =>
      httpRequest(
        `${recorder.origin}${made.target}`,
        { method: made.method, headers: Object.fromEntries(made.headers) },
        resolve,
      ).end(),
    );
    expect(recorder.last.toString("latin1")).toMatch(/^PATCH /); // Node's own doing
    return { client: made.text, server: recorder.last };
  },
  "method-override": () =>
    through({ method: "POST", headers: [["X-HTTP-Method-Override", "PATCH"]] }, (passed) => ({
      ...passed,
      method: passed.headers[passed.headers.indexOf("X-HTTP-Method-Override") + 1] ?? "",
    })),
  "head-as-get": () => through({ method: "HEAD" }, (passed) => ({ ...passed, method: "GET" })),
  "redirect-followed": () => redirectedHere(302, "/v1/items", "/v1/items/", post('{"n":1}')),
  "method-differs": () => through({ method: "GET" }, (passed) => ({ ...passed, method: "POST" })),

  // Target
  "url-signed-whole": () =>
    straight({ target: "http://api.example.test/v1" }, (made) => ({ ...made, target: "/v1" })),
  "fragment-sent": () => fetched({ target: "/v1/items?tag=a#top" }),
  "trailing-slash": () => redirectedHere(308, "/v1/items", "/v1/items/", {}),
  "question-mark": async () => {
    // URL itself leaves out an empty query.
    const views = await through({ target: "/v1/items?" }, onPath(byUrl(() => {})));
    expect(views.server.toString("latin1")).toMatch(/^GET \/v1\/items HTTP/);
    return views;
  },
  "dots-folded": () => fetched({ target: "/v1/a/../items?tag=a" }),
  "slashes-folded": () => through({ target: "/v1//items" }, onPath(posix.normalize)),
  "escapes-case": () =>
    through(
      { target: "/v1/caf%c3%a9" },
      onPath((path) => encodeURI(decodeURI(path))),
    ),
  "space-plus": () =>
    through(
      { target: "/v1/items?tag=a%20b" },
      onPath(byUrl((url) => (url.search = String(new URLSearchParams(url.search))))),
    ),
  "double-encoding": () => through({ target: "/v1/items?tag=a%20b" }, onPath(encodeURI)),
  "slash-decoded": () => through({ target: "/v1/a%2Fb" }, onPath(decodeURIComponent)),
  "unreserved-escaped": () =>
    through(
      { target: "/v1/%7Eme" },
      onPath((path) => encodeURI(decodeURIComponent(path))),
    ),
  "target-decoded": () =>
    fetched({ target: "/v1/caf\u00c3\u00a9" }, { url: `${recorder.origin}/v1/café` }),
  "query-unsigned": () =>
    fetched({ target: "/v1/items" }, { url: `${recorder.origin}/v1/items?tag=a` }),
  "query-order": () =>
    through({ target: "/v1/items?b=1&a=2" }, onPath(byUrl((url) => url.searchParams.sort()))),
  "query-parameter-added": () =>
    through({}, onPath(byUrl((url) => url.searchParams.append("utm_source", "mail")))),
  "query-parameter-dropped": () =>
    through(
      { target: "/v1/items?tag=a&debug=1" },
      onPath(byUrl((url) => url.searchParams.delete("debug"))),
    ),
  "path-prefix-stripped": async () => {
    // Express takes the path off under which a router is mounted.
    const made = make({ target: "/api/v1/items" });
    const app = express();
    app.use("/api", (incoming, answer) => {
      const headers = without(incoming.rawHeaders, "connection");
      httpRequest({
        host: "127.0.0.1",
        port: recorder.port,
        path: incoming.url,
        headers: headers as never,
        setHost: false,
      })
        .on("response", (response) => response.resume().on("end", () => answer.end()))
        .end();
    });
    const proxy = await listen(app);
    await sendBytes(proxy.port, wire(made));
    proxy.close();
    return { client: wire(made), server: recorder.last };
  },
  "path-prefix-added": () =>
    through(
      {},
      onPath((path) => posix.join("/internal", path)),
    ),
  "target-other": () =>
    through(
      {},
      onPath(() => "/index.html"),
    ),

  // Host
  "host-case": () => straight({ host: "API.example.test" }),
  "host-default-port": () => straight({ host: "api.example.test:443" }),
  "host-port": () =>
    through(
      { host: "api.example.test:8443" },
      onHeaders((headers) =>
        withHeader(
          headers,
          "host",
          new URL(`http://${headers[headers.indexOf("Host") + 1]}`).hostname,
        ),
      ),
    ),
  "host-trailing-dot": () =>
    through(
      { host: "api.example.test." },
      onHeaders((headers) => withHeader(headers, "host", "api.example.test")),
    ),
  "host-changed": async () => {
    const made = make();
    // What Node's own client puts there when nobody says otherwise: the upstream's name.
    const proxy = await proxyTo(recorder.port, (passed) => ({
      ...passed,
      headers: withHeader(passed.headers, "host", `127.0.0.1:${recorder.port}`),
    }));
    await sendBytes(proxy.port, wire(made));
    proxy.close();
    return { client: wire(made), server: recorder.last };
  },

  // Headers and their list
  "header-space-after-colon": () =>
    straight({ text: (text) => text.replace(/^([a-z-]+):/gm, "$1: ") }),
  "list-case": () =>
    straight({ headers: [["X-Tenant", "7"]] }, (made) => ({
      ...made,
      headers: made.headers.map(([name, value]) => [
        name,
        value.replace("host;x-tenant", "host;X-Tenant"),
      ]),
    })),
  "header-name-case": () => straight({ text: (text) => text.replace(/^host:/m, "Host:") }),
  "first-slash-missing": () =>
    straight({ target: "/v1/a", text: (text) => text.replace("/v1/a", "v1/a") }),
  "target-case": () =>
    straight({ target: "/v1/Items", text: (text) => text.replace("/v1/Items", "/v1/items") }),
  "unicode-form": () => {
    // What a file is called on macOS, and what its user types.
    const name = encodeURIComponent("café".normalize("NFD"));
    return straight({ target: `/v1/${name}` }, (made) => ({
      ...made,
      target: `/v1/${encodeURIComponent("café".normalize("NFC"))}`,
    }));
  },
  "host-with-scheme": () => straight({ text: (text) => text.replace("host:", "host:https://") }),
  "mac-with-prefix": () => straight({ mac: (mac) => `sha256=${mac.toString("hex")}` }),
  "text-without-list": async () => {
    const views = await straight({ text: (text) => text.replace(/\n\nhost$/, "") });
    return { client: views.server, server: make().text, key: API_KEY };
  },
  "list-separator": () =>
    straight({
      headers: [["X-Tenant", "7"]],
      text: (text) => text.replace("host;x-tenant", "host,x-tenant"),
    }),
  "header-lines-order": () =>
    straight({
      headers: [["X-Tenant", "7"]],
      text: (text) =>
        text.replace("host:api.example.test\nx-tenant:7", "x-tenant:7\nhost:api.example.test"),
    }),
  "list-order": () => straight({ headers: [["X-Tenant", "7"]], list: ["x-tenant", "host"] }),
  "header-renamed": () =>
    through(
      { headers: [["X-Tenant", "7"]] },
      onHeaders((headers) => headers.map((each) => (each === "X-Tenant" ? "X_Tenant" : each))),
    ),
  "header-repeated": async () => {
    const made = make({ headers: [["X-Tenant", "7"]], host: `127.0.0.1:${recorder.port}` });
    await new Promise((resolve) =>
      httpRequest(
        `${recorder.origin}${made.target}`,
        { headers: { ...Object.fromEntries(made.headers), "X-Tenant": ["7", "7"] } },
        resolve,
      ).end(),
    );
    return { client: made.text, server: recorder.last };
  },
  "header-joined": async () => {
    const made = make({ headers: [["X-Tenant", "7"]], host: `127.0.0.1:${recorder.port}` });
    const headers = new Headers(made.headers.filter(([name]) => name !== "Host"));
    headers.append("X-Tenant", "8"); // fetch joins the two with a comma
    await fetch(`${recorder.origin}${made.target}`, { headers });
    return { client: made.text, server: recorder.last };
  },
  "header-spaces": () =>
    through(
      { headers: [["X-Note", "a   b"]] },
      onHeaders((headers) => withHeader(headers, "x-note", "a b")),
    ),
  "header-charset": () =>
    straight({ headers: [["X-Name", "caf\u00e9"]] }, (made) => ({
      ...made,
      headers: made.headers.map(([name, value]) => [
        name,
        name === "X-Name" ? Buffer.from(value, "utf8").toString("latin1") : value,
      ]),
    })),
  "header-malformed": () => straight({ headers: [["X-Name", "caf\u00e9"]] }),
  "header-dropped": () =>
    through(
      { headers: [["X-Tenant", "7"]] },
      onHeaders((headers) => without(headers, "x-tenant")),
    ),
  "list-grown": () =>
    straight({ headers: [["X-Tenant", "7"]], list: ["host"] }, (made) => ({
      ...made,
      headers: made.headers.map(([name, value]) => [
        name,
        value.replace("=host,", "=host;x-tenant,"),
      ]),
    })),
  "list-shrunk": () =>
    straight({ headers: [["X-Tenant", "7"]] }, (made) => ({
      ...made,
      headers: made.headers.map(([name, value]) => [name, value.replace("host;x-tenant", "host")]),
    })),
  "header-unsigned": () =>
    through(
      {},
      onHeaders((headers) => [...headers, "Idempotency-Key", "k-1"]),
    ),
  "header-changed": () =>
    through(
      { headers: [["X-Tenant", "7"]] },
      onHeaders((headers) => withHeader(headers, "x-tenant", "8")),
    ),

  // Content and its type
  "multipart-boundary": async () => {
    const signed = await bodyOf(oneFile());
    const plan: Plan = {
      method: "POST",
      target: "/v1/files",
      headers: [["Content-Type", signed.type]],
    };
    const again = await bodyOf(oneFile()); // what a library does when it is given the form, not the bytes
    expect(again.type).not.toBe(signed.type);
    return fetched(
      { ...plan, body: signed.body },
      {
        body: again.body,
        headers: make({ ...plan, body: signed.body, host: `127.0.0.1:${recorder.port}` })
          .headers.filter(([name]) => name !== "Host")
          .map(([name, value]): [string, string] => [
            name,
            name === "Content-Type" ? again.type : value,
          ]),
      },
    );
  },
  "charset-added": async () => {
    const plan = { ...post("tea", "text/plain"), host: `127.0.0.1:${recorder.port}` };
    const made = make(plan);
    const headers = made.headers.filter(([name]) => !["Host", "Content-Type"].includes(name));
    await fetch(`${recorder.origin}/v1/items`, { method: "POST", headers, body: "tea" });
    expect(recorder.last.toString("latin1")).toMatch(/text\/plain;charset=UTF-8/); // fetch's own doing
    return { client: made.text, server: recorder.last };
  },
  "content-type-added": () =>
    fetched(
      { method: "POST", target: "/v1/items", body: "a=1" },
      { body: new URLSearchParams("a=1") },
    ),
  "content-type-changed": async () => {
    const made = make({ ...post('{"n":1}'), host: `127.0.0.1:${recorder.port}` });
    const headers = made.headers.filter(([name]) => !["Host", "Content-Type"].includes(name));
    await fetch(`${recorder.origin}/v1/items`, { method: "POST", headers, body: '{"n":1}' });
    return { client: made.text, server: recorder.last };
  },
  "digest-in-hex": () =>
    straight({ ...post("{}"), digest: `sha-256=:${sha256("{}").toString("hex")}:` }),
  "digest-hex-in-base64": () =>
    straight({
      ...post("{}"),
      digest: `sha-256=:${Buffer.from(sha256("{}").toString("hex")).toString("base64")}:`,
    }),
  "digest-malformed": () =>
    straight({ ...post("{}"), digest: `sha-256=:${sha256("{}").toString("base64url")}:` }),
  "digest-of-nothing": async () => ({
    client: make({ digest: digestField("") }).text,
    server: (await straight({})).server,
  }),
  "digest-of-words": () => {
    const item: object = { n: 1 };
    return straight({ ...post(JSON.stringify(item)), digest: digestField(String(item)) });
  },
  "content-decompressed": () =>
    through(
      {
        ...post(gzipSync('{"n":1}')),
        headers: [JSON_TYPE, ["Content-Encoding", "gzip"]],
      },
      (passed) => ({
        ...passed,
        headers: without(passed.headers, "content-encoding"),
        body: gunzipSync(passed.body),
      }),
    ),
  "content-line-at-end": () => {
    const printed = execFileSync(process.execPath, ["-p", '"tea"']); // a program that prints ends its line
    expect(printed.toString()).toBe("tea\n");
    return straight({ ...post(printed, "text/plain"), digest: digestField("tea") });
  },
  "content-line-ends": () =>
    through(
      post("first\r\nsecond\r\nthird", "text/plain"),
      onBody((body) => body.toString().replaceAll("\r\n", "\n")),
    ),
  "content-byte-order-mark": () =>
    through(
      post("tea", "text/plain"),
      onBody((body) => `\uFEFF${body.toString()}`),
    ),
  "content-charset": () =>
    through(
      post("café", "text/plain"),
      onBody((body) => Buffer.from(body.toString("utf8"), "latin1")),
    ),
  "json-serialised-again": () =>
    through(
      post('{ "n": 1.0, "item": "tea" }'),
      onBody((body) => JSON.stringify(JSON.parse(body.toString()))),
    ),
  "form-encoded-again": () => {
    const { body, type } = form("q=a%20b&r=~");
    return through(
      post(body, type),
      onBody((bytes) => new URLSearchParams(bytes.toString()).toString()),
    );
  },
  "content-lost": () =>
    through(
      post('{"n":1}'),
      onBody(() => ""),
    ),
  "content-cut": async () => {
    const made = make(post('{"item":"café"}'));
    // A length in characters: the last byte is left behind.
    const head = wire(made).toString("latin1").replace("Length: 16", "Length: 15");
    await sendBytes(recorder.port, Buffer.from(head, "latin1"));
    return { client: wire(made), server: recorder.last };
  },
  "content-undigested": () => straight({ ...post("{}"), digest: null }),
  "content-hashed-otherwise": async () => {
    const made = make({ ...post('{"n":2}'), digest: digestField('{"n":1}') });
    await sendBytes(recorder.port, wire(made));
    return { client: wire(made), server: recorder.last };
  },
  "content-changed": () =>
    through(
      post('{"n":1}'),
      onBody((body) => JSON.stringify({ ...(JSON.parse(body.toString()) as object), traceId: 7 })),
    ),

  // Signatures, seen without the key
  "mac-in-capitals": () => straight({ mac: (mac) => mac.toString("hex").toUpperCase() }),
  "mac-in-base64": () => straight({ mac: (mac) => mac.toString("base64") }),
  "mac-cut": () => straight({ mac: (mac) => mac.toString("hex").slice(0, 32) }),
  "text-with-crlf": () => straight({ text: (text) => text.replaceAll("\n", "\r\n") }),
  "text-with-byte-order-mark": () => straight({ prints: (text) => `\u00ef\u00bb\u00bf${text}` }),
  "text-with-literal-line-ends": () => straight({ text: (text) => text.replaceAll("\n", "\\n") }),
  "text-without-empty-line": () => straight({ text: (text) => text.replace("\n\n", "\n") }),
  "key-unknown": () => straight({ key: "another" }),

  // Keys: every mistake is made by Node's own HMAC, with the same text on both sides
  "key-as-text": () => withKey(straight({ key: API_KEY })),
  "key-as-text-without-prefix": () => withKey(straight({ key: API_KEY.slice(4) })),
  "key-with-line-end": () => {
    const printed = execFileSync(process.execPath, ["-p", JSON.stringify(API_KEY)]);
    return withKey(straight({ key: printed }));
  },
  "key-in-base64": () => withKey(straight({ key: KEY_BYTES.toString("base64") })),
  "key-in-hex": () => withKey(straight({ key: KEY_BYTES.toString("hex") })),
  "key-decoded-with-prefix": () => withKey(straight({ key: Buffer.from(API_KEY, "base64") })),
  "key-decoded-by-other-alphabet": async () => {
    const text = "lk1_-_-_AwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";
    const dropped = text.slice(4).replaceAll("-", "").replaceAll("_", ""); // what PHP's decoder does
    return { ...(await straight({ key: Buffer.from(dropped, "base64") })), key: text };
  },
  "key-decoded-though-text": async () => {
    const text = KEY_BYTES.toString("base64");
    const args = ["--encoding", "text"];
    return { ...(await straight({ key: KEY_BYTES })), key: text, args };
  },
  "key-through-text": async () => {
    const bytes = Buffer.from(KEY_BYTES.map((byte) => 255 - byte));
    const key = `lk1_${bytes.toString("base64url")}`;
    return { ...(await straight({ key: bytes.toString("utf8") })), key };
  },
  "text-with-line-end": async () => {
    const made = make({ text: (text) => `${text}\n`, prints: (text) => text.trimEnd() });
    await sendBytes(recorder.port, wire(made));
    return { client: made.text, server: recorder.last, key: API_KEY };
  },
  "text-with-space-after-colon": () =>
    withKey(
      straight({
        text: (text) => text.replace(/^([a-z-]+):/gm, "$1: "),
        prints: (text) => text.replaceAll(": ", ":"),
      }),
    ),
  "text-in-latin1": () =>
    withKey(
      straight({
        headers: [["X-Name", "caf\u00e9"]],
        text: (text) => Buffer.from(text, "utf8"), // what Node's update() does with a string
      }),
    ),
  "text-in-utf16": () => withKey(straight({ text: (text) => Buffer.from(text, "utf16le") })),
  "text-hashed-first": () =>
    withKey(straight({ text: (text) => Buffer.from(sha256(text).toString("hex")) })),
  "hash-of-other-algorithm": () =>
    withKey(straight({ hash: "sha512", mac: (mac) => mac.toString("hex") })),
  "key-other": () => withKey(straight({ key: Buffer.alloc(32, 7) })),
  "key-fits": () => withKey(straight({})),
};

/** What goes together by nature, so that the other may be named before. */
const SECOND: Readonly<Record<string, string>> = {
  "text-in-latin1": "header-malformed",
};

/** Only in other formats than LACRE1: explain-formats.spec.ts makes them happen. */
const OF_OTHER_FORMATS = [
  "key-derived-without-prefix",
  "key-lacks-prefix",
  "key-not-derived",
  "key-without-prefix",
  "parameter-without-equals",
  "path-encoded-once",
  "payload-word",
  "port-signed",
  "query-unsorted",
  "mac-in-hex",
  "reserved-unescaped",
  "signature-params-differ",
  "template-order",
  "template-part",
  "template-separator",
  "text-not-hashed",
  "text-of-content-alone",
  "url-origin-signed",
  "url-scheme-signed",
];

describe("lacre explain names the cause", () => {
  it("of everything that it knows", () => {
    const happening = [...Object.keys(HAPPENINGS), ...OF_OTHER_FORMATS];
    expect(CAUSES.map(({ id }) => id).sort()).toEqual(happening.sort());
  });

  it.each([
    ["/s?q=it's%20a", "/s?q=it%27s+a", ["space-plus", "target-decoded"]],
    ["/s//a?q=a%20b", "/s/a?q=a+b", ["slashes-folded", "space-plus"]],
    ["/s/?b=1&a=2", "/s?a=2&b=1", ["trailing-slash", "query-order"]],
    [
      "/s/?q=a%20b'&a=2",
      "/s?a=2&q=a+b%27",
      ["trailing-slash", "space-plus", "target-decoded", "query-order"],
    ],
    ["/s/?q=a%20b&r='", "/s?q=a+b&r=%27", ["trailing-slash", "space-plus", "target-decoded"]],
    ["/s?q=a%2Bb%27", "/s?q=a%20b'", []],
    ["/s?q=a%20b", "/t?q=a+b", []],
  ])("where several changed the target at once: %s became %s", async (sent, seen, ids) => {
    const client = make({ target: sent });
    const server = { ...client, target: seen };
    const { causes } = await desk.explain(client.text, wire(server));
    expect(causes).toEqual(ids.length > 0 ? ids : ["target-other"]);
    const reverse = make({ target: seen });
    const back = await desk.explain(reverse.text, wire({ ...reverse, target: sent }));
    expect(back.causes).toEqual(causes);
  });

  it.each(Object.entries(HAPPENINGS))("%s", async (id, happen) => {
    const { client, server, ...more } = await happen();
    const { code, err, out, causes } = await desk.explain(client, server, more);
    expect(err).toBe("");
    const before = SECOND[id];
    expect(causes.slice(0, before === undefined ? 1 : 2)).toEqual(
      before === undefined ? [id] : [before, id],
    );
    expect(code).toBe(["key-unknown", "key-fits"].includes(id) ? 0 : 1);
    // Neither the key nor the MAC that would have been right.
    expect(out).not.toContain((more.key ?? API_KEY).slice(4));
    const text = typeof client === "string" ? client : make().text;
    expect(out).not.toContain(createHmac("sha256", KEY_BYTES).update(text).digest("hex"));
  });
});
