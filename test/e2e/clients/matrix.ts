import { createHash } from "node:crypto";
import { once } from "node:events";
import {
  createServer,
  request as sendOn,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from "node:http";
import type { AddressInfo } from "node:net";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import {
  All,
  Controller,
  HttpCode,
  Post,
  Redirect,
  Req,
  type INestApplication,
  type Type,
} from "@nestjs/common";
import { HmacProtected } from "@lacre/nestjs";
import type { ClientOptions } from "@lacre/client";
import {
  DEMO_KEY,
  PLATFORMS,
  startApp,
  type Platform,
  type RunningApp,
} from "../../support/app.js";

/** One call as a user of the library would write it. */
export interface Call {
  readonly method: string;
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: CallBody;
  /** How long all of it may take, as the library has it told. */
  readonly timeoutMs?: number;
}

export type CallBody =
  | { readonly kind: "json"; readonly value: unknown }
  | { readonly kind: "form"; readonly fields: Readonly<Record<string, string>> }
  | {
      readonly kind: "multipart";
      readonly fields: Readonly<Record<string, string>>;
      readonly file: Uint8Array;
    }
  | { readonly kind: "bytes"; readonly bytes: Uint8Array }
  | { readonly kind: "text"; readonly text: string };

export interface Reply {
  readonly status: number;
  readonly text: string;
}

/** An HTTP library with Lacre's client for it. */
export interface Driver {
  readonly name: string;
  /** What calls with these options; a new one keeps nothing of those before. */
  start(options: ClientOptions): { call(call: Call): Promise<Reply>; close?(): Promise<void> };
  /** Whether the library has retries and redirects that these options switch on. */
  readonly retries: boolean;
  readonly redirects: boolean;
}

/** A form as browsers and Node have it. */
export function formOf({ fields, file }: CallBody & { readonly kind: "multipart" }): FormData {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.set(name, value);
  form.set("file", new Blob([file]), "a.bin");
  return form;
}

/** The content as axios takes it. */
export function axiosBody(body: CallBody): unknown {
  switch (body.kind) {
    case "json":
      return body.value;
    case "form":
      return new URLSearchParams(body.fields);
    case "bytes":
      return body.bytes;
    case "text":
      return body.text;
    case "multipart":
      return formOf(body);
  }
}

/** What the handler saw. */
interface Seen {
  readonly method: string;
  readonly target: string;
  readonly type: string | null;
  readonly bytes: number;
  readonly sha256: string;
}

let runs: Seen[] = [];

async function see(request: IncomingMessage & { raw?: IncomingMessage }): Promise<Seen> {
  const raw = request.raw ?? request;
  const hash = createHash("sha256");
  let bytes = 0;
  for await (const chunk of raw as AsyncIterable<Buffer>) {
    hash.update(chunk);
    bytes += chunk.length;
  }
  const seen = {
    method: raw.method ?? "",
    target: (request as { originalUrl?: string }).originalUrl ?? raw.url ?? "",
    type: raw.headers["content-type"] ?? null,
    bytes,
    sha256: hash.digest("hex"),
  };
  runs.push(seen);
  return seen;
}

/** Answers whatever comes with what was seen of it. The two platforms write "anything" differently. */
function mirrorOn(anything: string): Type {
  @Controller()
  @HmacProtected({ body: "stream" })
  class MirrorController {
    @All("moved")
    @Redirect("/landed?x=%20", 307)
    moved(): void {}

    @Post("see-other")
    @Redirect("/landed", 303)
    seeOther(): void {}

    @All("away")
    @Redirect("http://elsewhere.test/landed", 307)
    away(): void {}

    @Post("echo")
    @HttpCode(200)
    async echo(@Req() request: IncomingMessage & { raw?: IncomingMessage }): Promise<string> {
      return (await contentIn(request.raw ?? request)).toString();
    }

    @All(["/", anything])
    @HttpCode(200)
    async mirror(@Req() request: IncomingMessage): Promise<Seen> {
      return see(request);
    }
  }
  return MirrorController;
}

/** An answer as the server gave it, with its header lines in one list. */
interface PassedOn {
  readonly status: number;
  readonly headers: string[];
  readonly body: Buffer;
}

async function contentIn(message: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of message as AsyncIterable<Buffer>) parts.push(part);
  return Buffer.concat(parts);
}

/** What a proxy may answer: with what was asked for, some of the request, and what a log could take for its own. */
const PAGE =
  "<h1>Bad gateway</h1>\n\u001b[2Jno host for /items?token=hush&x=y; X-Tenant: seven-of-nine, session " +
  `${"0123456789abcdef".repeat(2)}. `.repeat(9);

/** Two answers of this kind take longer than a call may. */
const SLOW_MS = 200;

const pass = ({ status, headers, body }: PassedOn, response: ServerResponse): void =>
  void response.writeHead(status, headers).end(body);

/** Sends the head of an answer, and then a byte from time to time, until the client hangs up. */
async function drip({ status, headers }: PassedOn, response: ServerResponse): Promise<void> {
  const lines = headers.flatMap((part, i) =>
    i % 2 === 1 || /^content-length$/i.test(part) ? [] : [part, headers[i + 1] ?? ""],
  );
  response.writeHead(status, lines);
  const timer = setInterval(() => response.write("a"), 20);
  await once(response, "close");
  clearInterval(timer);
}

/** Stands between client and server, and may do what a bad one does. */
class Meddler {
  readonly #server: Server;
  #target = 0;
  #kept: PassedOn | undefined;
  /** Answers this many requests with 503 by itself. */
  failures = 0;
  /** `swap`: gives each answer to the request after it. `twice`: sends each request twice and drops the first answer. */
  mode:
    | "honest"
    | "body"
    | "status"
    | "header"
    | "strip"
    | "swap"
    | "twice"
    | "proxy"
    | "proxy-gzip"
    | "proxy-hang"
    | "hang"
    | "drip"
    | "slow"
    | "flood-401"
    | "flood-malformed"
    | "flood-forged"
    | "flood-unsigned"
    | "flood-signed" = "honest";
  /** How many bytes of content a flood has, if nobody ends it. */
  floodBytes = 0;
  /** How many of them were sent. */
  sentBytes = 0;
  /** The end of the flood. */
  flooded: Promise<void> = Promise.resolve();
  /** `Retry-After` of such an answer, and its `Date`, if it is not at once. */
  retryAfter: readonly [after: string, date?: string] | undefined;
  readonly nonces: string[] = [];
  connections = 0;

  constructor() {
    this.#server = createServer((request, response) => {
      const [, nonce = ""] = /Nonce=([\w-]+)/.exec(request.headers.authorization ?? "") ?? [];
      this.nonces.push(nonce);
      if (this.failures > 0) {
        this.failures--;
        request.resume();
        const [after, date] = this.retryAfter ?? ["0"];
        response.writeHead(503, { "Retry-After": after, ...(date && { Date: date }) }).end();
        return;
      }
      void this.#pass(request).then(
        (answer) => {
          const { status, headers } = answer;
          if (this.mode.startsWith("flood-")) this.flooded = this.#flood(answer, response);
          else if (this.mode === "drip") this.flooded = drip(answer, response);
          else if (this.mode === "slow") setTimeout(() => pass(answer, response), SLOW_MS);
          else if (this.mode === "proxy-hang") response.writeHead(status, headers).flushHeaders();
          else if (this.mode !== "hang") pass(answer, response);
        },
        () => response.destroy(),
      );
    });
    this.#server.on("connection", () => this.connections++);
  }

  async #pass(request: IncomingMessage): Promise<PassedOn> {
    const content = await contentIn(request);
    if (this.mode === "twice") await this.#ask(request, content);
    return this.#spoil(await this.#ask(request, content));
  }

  async #ask(request: IncomingMessage, content: Buffer): Promise<PassedOn> {
    const onward = sendOn({
      host: "127.0.0.1",
      port: this.#target,
      method: request.method,
      path: request.url,
      headers: request.rawHeaders as unknown as Record<string, string>,
      setHost: false,
    }).end(content);
    const [answer] = (await once(onward, "response")) as [IncomingMessage];
    const { statusCode: status = 0, rawHeaders: headers } = answer;
    return { status, headers, body: await contentIn(answer) };
  }

  /** Sends content without an end in place of that of an answer, until the client hangs up. */
  async #flood({ status, headers }: PassedOn, response: ServerResponse): Promise<void> {
    const closed = once(response, "close");
    const kept = headers.flatMap((part, i) =>
      i % 2 === 1 || /^content-length$/i.test(part) ? [] : [[part, headers[i + 1] ?? ""] as const],
    );
    for (const [name, value] of kept) response.setHeader(name, value);
    if (this.mode === "flood-malformed") response.setHeader("Lacre-Signature", "x");
    if (this.mode === "flood-unsigned" || this.mode === "flood-401")
      response.removeHeader("Lacre-Signature");
    if (this.mode === "flood-forged") {
      const signature = String(response.getHeader("Lacre-Signature"));
      response.setHeader("Lacre-Signature", signature.replace(/.{64}$/, "0".repeat(64)));
    }
    response.writeHead(status);
    const chunk = Buffer.alloc(64 * 1024, "a");
    this.sentBytes = 0;
    while (this.sentBytes < this.floodBytes && !response.closed) {
      const goesOn = response.write(chunk);
      this.sentBytes += chunk.byteLength;
      if (!goesOn) await Promise.race([once(response, "drain"), closed]);
    }
    response.end();
    await closed;
  }

  #spoil(answer: PassedOn): PassedOn {
    const headers = [...answer.headers];
    switch (this.mode) {
      case "body":
        return { ...answer, body: Buffer.from(answer.body.toString().replace("GET", "PUT")) };
      case "status":
        return { ...answer, status: 202 };
      case "header":
        return { ...answer, headers: [...headers, "Location", "/elsewhere"] };
      case "strip": {
        const at = headers.findIndex((name) => name.toLowerCase() === "lacre-signature");
        headers.splice(at, 2);
        return { ...answer, headers };
      }
      case "proxy":
      case "proxy-gzip":
      case "proxy-hang":
        return {
          status: 502,
          headers: [
            ...["Content-Type", "text/html", "X-Request-Id", "proxy-7"],
            ...(this.mode === "proxy-gzip" ? ["Content-Encoding", "gzip"] : []),
          ],
          body: this.mode === "proxy-gzip" ? gzipSync(PAGE) : Buffer.from(PAGE),
        };
      case "swap": {
        const earlier = this.#kept;
        this.#kept = answer;
        return earlier ?? answer;
      }
      case "twice":
      case "honest":
      case "hang":
      case "drip":
      case "slow":
      case "flood-401":
      case "flood-malformed":
      case "flood-forged":
      case "flood-unsigned":
      case "flood-signed":
        return answer;
    }
  }

  async listen(target: number): Promise<string> {
    this.#target = target;
    this.#server.listen(0, "127.0.0.1");
    await once(this.#server, "listening");
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, "close");
  }
}

/** Lets every kind of content reach the handler as a stream. */
function takeAnything(platform: Platform): (app: INestApplication) => void {
  return (app) => {
    if (platform === "express") return;
    const fastify = app.getHttpAdapter().getInstance() as {
      removeAllContentTypeParsers(): void;
      addContentTypeParser(type: string, parser: (...args: unknown[]) => void): void;
    };
    fastify.removeAllContentTypeParsers();
    fastify.addContentTypeParser("*", (_request, payload, done) =>
      (done as (error: null, body: unknown) => void)(null, payload),
    );
  };
}

/** docs/protocol.md sections 3 and 16, and what libraries are known to change. */
const TARGETS = [
  "/v1/items?tag=a%20b",
  "/a//b/%2F?x=%20&y=a+b&x=&z",
  "/a/../b/./c",
  "/%7Euser/~user",
  "/p?",
  "/p?a=1&a=2&b",
  "/p?b=2&a=1&",
  "/p?x=%2f&X=%2F",
  "/p?x=%zz",
  "/p;v=1/@x:y,z?q=/a?b",
  "/p?x='()*!$",
  '/p?x="<>|\\^`{}',
  "/é/ü?ß=✓",
  "/p?x=1#fragment",
  "/%C3%A9?u=%E2%9C%93",
  "",
];

const BODIES: readonly (readonly [
  string,
  CallBody | undefined,
  Readonly<Record<string, string>>,
])[] = [
  ["JSON", { kind: "json", value: { n: 1, text: "é✓" } }, {}],
  ["a form", { kind: "form", fields: { a: "b c", d: "é&=" } }, {}],
  [
    "multipart",
    { kind: "multipart", fields: { a: "b" }, file: Buffer.from([0, 255, 13, 10, 65]) },
    {},
  ],
  [
    "binary",
    { kind: "bytes", bytes: Buffer.from(Array.from({ length: 256 }, (_, i) => i)) },
    { "content-type": "application/octet-stream" },
  ],
  ["text", { kind: "text", text: "plain, ✓" }, { "content-type": "text/plain" }],
  ["nothing", undefined, {}],
  [
    "gzip",
    { kind: "bytes", bytes: gzipSync('{"n":1}') },
    { "content-type": "application/json", "content-encoding": "gzip" },
  ],
  [
    "one megabyte",
    { kind: "bytes", bytes: Buffer.alloc(1_000_000, 7) },
    { "content-type": "application/octet-stream" },
  ],
];

// Far beyond what the buffers of a loopback connection hold.
const FLOOD_BYTES = 64 * 1024 * 1024;
const READ_BYTES = 16 * 1024 * 1024;

const CREDENTIALS = { appId: "demo", apiKey: DEMO_KEY };

/** What every client must do, against a real server on both platforms. */
export function describeClient(driver: Driver): void {
  describe.each(PLATFORMS)(`${driver.name}, against %s`, (platform) => {
    let server: RunningApp;
    let meddler: Meddler;
    let url: string;
    const open: { close?(): Promise<void> }[] = [];

    beforeAll(async () => {
      server = await startApp(platform, {
        controllers: [mirrorOn(platform === "express" ? "*path" : "*")],
        hmac: { signResponses: true },
        create: { bodyParser: false },
        main: takeAnything(platform),
      });
    });
    afterAll(async () => {
      await Promise.all(open.map((client) => client.close?.()));
      await server.close();
    });
    beforeEach(async () => {
      runs = [];
      server.verdicts.length = 0;
      await meddler?.close();
      meddler = new Meddler();
      url = await meddler.listen(server.port);
      return undefined;
    });
    afterAll(() => meddler.close());

    const client = (options: Partial<ClientOptions> = {}) => {
      const started = driver.start({ ...CREDENTIALS, verifyResponses: "require", ...options });
      open.push(started);
      return started;
    };

    it.each(TARGETS)("signs the target that it sends: %s", async (target) => {
      const { status, text } = await client().call({
        method: "GET",
        url: `${server.url}${target}`,
      });
      expect([status, server.lastCode()]).toEqual([200, undefined]);
      expect(JSON.parse(text)).toEqual(runs.at(-1));
    });

    it.each(BODIES)("signs the content that it sends: %s", async (_name, body, headers) => {
      const { status, text } = await client().call({
        method: "POST",
        url: `${server.url}/items`,
        ...(body && { body }),
        headers,
      });
      expect([status, server.lastCode()]).toEqual([200, undefined]);
      const [seen] = runs;
      expect(JSON.parse(text)).toEqual(seen);
      if (body?.kind === "bytes")
        expect(seen?.sha256).toBe(createHash("sha256").update(body.bytes).digest("hex"));
      else expect((seen?.bytes ?? 0) > 0).toBe(body !== undefined);
    });

    it("signs the headers that it is given", async () => {
      const headers = { "x-tenant": "7", "idempotency-key": "abc" };
      await client().call({ method: "DELETE", url: `${server.url}/items/1`, headers });
      const [verdict] = server.verdicts;
      expect(verdict?.outcome === "accepted" && verdict.principal.signedHeaders).toEqual(
        expect.arrayContaining(["host", "idempotency-key", "x-tenant"]),
      );
    });

    it("leaves unsigned what proxies and runtimes add, also where a request is passed on", async () => {
      const passedOn = {
        "cf-ray": "1",
        "sec-fetch-mode": "cors",
        traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        via: "1.1 edge",
        "x-forwarded-for": "10.0.0.1",
      };
      const headers = { ...passedOn, "x-tenant": "7" };
      const reply = await client().call({ method: "GET", url: `${server.url}/items`, headers });
      expect([reply.status, server.lastCode()]).toEqual([200, undefined]);
      const [verdict] = server.verdicts;
      const signed = verdict?.outcome === "accepted" ? verdict.principal.signedHeaders : [];
      expect(signed).toContain("x-tenant");
      expect(signed.filter((name) => Object.hasOwn(passedOn, name))).toEqual([]);
    });

    it("refuses before it sends what no server would take", async () => {
      const headers = { "x-name": "é" };
      await expect(
        client({ retries: 0 }).call({ method: "GET", url: `${server.url}/items`, headers }),
      ).rejects.toThrow(/header-malformed/);
      expect(server.verdicts).toEqual([]);
    });

    it("uses one connection for one call after another", async () => {
      const { call } = client();
      for (let i = 0; i < 5; i++) await call({ method: "GET", url: `${url}/items` });
      expect(new Set(meddler.nonces).size).toBe(5);
      expect(meddler.connections).toBeLessThan(3);
    });

    it("follows no redirect by itself", async () => {
      const reply = await client().call({ method: "GET", url: `${url}/moved` });
      expect([reply.status, meddler.nonces.length]).toEqual([307, 1]);
    });

    if (driver.redirects) {
      it("signs anew what it follows when it is told to", async () => {
        const reply = await client({ redirects: 2 }).call({
          method: "PUT",
          url: `${url}/moved`,
          body: { kind: "text", text: "again" },
          headers: { "content-type": "text/plain" },
        });
        expect([reply.status, server.lastCode()]).toEqual([200, undefined]);
        expect(JSON.parse(reply.text)).toMatchObject({
          method: "PUT",
          target: "/landed?x=%20",
          bytes: 5,
        });
        expect(new Set(meddler.nonces).size).toBe(2);
      });

      it("follows with GET and no content where it must", async () => {
        const reply = await client({ redirects: 2 }).call({
          method: "POST",
          url: `${url}/see-other`,
          body: { kind: "json", value: { n: 1 } },
        });
        expect([reply.status, server.lastCode()]).toEqual([200, undefined]);
        expect(JSON.parse(reply.text)).toMatchObject({
          method: "GET",
          target: "/landed",
          bytes: 0,
        });
      });

      it("never follows to another origin", async () => {
        const away = client({ redirects: 2 }).call({ method: "GET", url: `${url}/away` });
        const outcome = await away.then(
          ({ status }) => status,
          () => "refused",
        );
        expect([307, "refused"]).toContain(outcome);
        expect(meddler.nonces.length).toBe(1);
      });
    }

    if (driver.retries) {
      it("repeats after 503 what may run twice, signed anew", async () => {
        meddler.failures = 2;
        const reply = await client().call({ method: "GET", url: `${url}/items` });
        expect([reply.status, new Set(meddler.nonces).size]).toEqual([200, 3]);
      });

      it("waits until a date, by the clock of who wrote it", async () => {
        meddler.failures = 1;
        meddler.retryAfter = ["Fri, 01 Jan 2100 00:00:20 GMT", "Fri, 01 Jan 2100 00:00:20 GMT"];
        const reply = await client().call({ method: "GET", url: `${url}/items` });
        expect([reply.status, meddler.nonces.length]).toEqual([200, 2]);
        meddler.failures = 1;
        meddler.retryAfter = ["Fri, 01 Jan 2100 00:01:20 GMT", "Fri, 01 Jan 2100 00:00:20 GMT"];
        const far = client({ verifyResponses: "if-present" });
        expect((await far.call({ method: "GET", url: `${url}/items` })).status).toBe(503);
      });

      it("does not repeat what may not", async () => {
        meddler.failures = 1;
        const body = { kind: "json", value: { n: 1 } } as const;
        const post = client({ verifyResponses: "if-present" }).call({
          method: "POST",
          url: `${url}/items`,
          body,
        });
        expect((await post).status).toBe(503);
        expect(meddler.nonces.length).toBe(1);
      });

      it("repeats what carries an Idempotency-Key", async () => {
        meddler.failures = 1;
        const reply = await client().call({
          method: "POST",
          url: `${url}/items`,
          headers: { "idempotency-key": "once" },
          body: { kind: "json", value: { n: 1 } },
        });
        expect([reply.status, new Set(meddler.nonces).size]).toEqual([200, 2]);
      });
    }

    it.each([-600, 600])("finds out that its clock is off by %i s, once", async (seconds) => {
      const { call } = client({ clock: { nowMs: () => Date.now() + seconds * 1000 } });
      const post = () =>
        call({ method: "POST", url: `${url}/items`, body: { kind: "json", value: { n: 1 } } });
      expect((await post()).status).toBe(200);
      expect(meddler.nonces.length).toBe(2);
      expect(runs.length).toBe(1);
      expect((await post()).status).toBe(200);
      expect(meddler.nonces.length).toBe(3);
    });

    it("finds out that its clock is wrong in each of many calls at once", async () => {
      const { call } = client({ clock: { nowMs: () => Date.now() - 3_600_000 } });
      const post = async (_: unknown, i: number) =>
        (await call({ method: "POST", url: `${url}/items/${i}` })).status;
      const statuses = await Promise.all(Array.from({ length: 20 }, post));
      expect(statuses).toEqual(Array(20).fill(200));
      expect(runs.map(({ target }) => target).toSorted()).toEqual(
        Array.from({ length: 20 }, (_, i) => `/items/${i}`).toSorted(),
      );
    });

    it.each([-3, 3])(
      "repeats nothing that a copy was before, with a clock %i s off",
      async (seconds) => {
        meddler.mode = "twice";
        const { call } = client({ clock: { nowMs: () => Date.now() + seconds * 1000 } });
        const body = { kind: "json", value: { n: 1 } } as const;
        const reply = await call({ method: "POST", url: `${url}/items`, body });
        expect([reply.status, server.lastCode()]).toEqual([401, "nonce-seen"]);
        expect([meddler.nonces.length, runs.length]).toEqual([1, 1]);
      },
    );

    it("takes the time from nobody but the server", async () => {
      meddler.mode = "body"; // breaks nothing in a refusal, so break the signature as well
      const { call } = client({
        clock: { nowMs: () => Date.now() - 600_000 },
        apiKey: "lk1_HR4fICEiIyQlJicoKSorLC0uLzAxMjM0NTY3ODk6Ozw",
        verifyResponses: "if-present",
      });
      expect((await call({ method: "GET", url: `${url}/items` })).status).toBe(401);
      expect(meddler.nonces.length).toBe(1);
    });

    it.each([
      ["body", /content-mismatch/],
      ["status", /signature-mismatch/],
      ["header", /header-unsigned/],
      ["strip", /signature-missing/],
    ] as const)("refuses an answer that was changed: %s", async (mode, fault) => {
      const { call } = client({ retries: 0 });
      expect((await call({ method: "GET", url: `${url}/items` })).status).toBe(200);
      meddler.mode = mode;
      await expect(call({ method: "GET", url: `${url}/items` })).rejects.toThrow(fault);
    });

    describe("with a ring of keys", () => {
      const UNKNOWN = "lk1_HR4fICEiIyQlJicoKSorLC0uLzAxMjM0NTY3ODk6Ozw";
      const get = { method: "GET", path: "/items" };
      const post = {
        method: "POST",
        path: "/items",
        body: { kind: "json", value: { n: 1 } },
      } as const;
      const ringed = (keys: ClientOptions["keys"], more: Partial<ClientOptions> = {}) => {
        const started = driver.start({ appId: "demo", verifyResponses: "require", ...more, keys });
        open.push(started);
        return ({ path, ...call }: typeof get | typeof post) =>
          started.call({ ...call, url: url + path });
      };

      it.each(["require", "if-present"] as const)(
        "passes over one that the server does not know, and stays with the next: %s",
        async (verifyResponses) => {
          const call = ringed([UNKNOWN, DEMO_KEY], { verifyResponses });
          expect((await call(get)).status).toBe(200);
          expect([new Set(meddler.nonces).size, runs.length]).toEqual([2, 1]);
          expect((await call(post)).status).toBe(200);
          expect([new Set(meddler.nonces).size, runs.length]).toEqual([3, 2]);
        },
      );

      it("passes over it where answers are not signed", async () => {
        meddler.mode = "strip";
        const call = ringed([UNKNOWN, DEMO_KEY], { verifyResponses: "if-present" });
        expect([(await call(get)).status, runs.length]).toEqual([200, 1]);
      });

      it("repeats nothing that may have run, and has the next request signed with the next", async () => {
        const call = ringed([UNKNOWN, DEMO_KEY], { verifyResponses: "if-present" });
        expect([(await call(post)).status, meddler.nonces.length]).toEqual([401, 1]);
        expect([(await call(post)).status, meddler.nonces.length]).toEqual([200, 2]);
      });

      it("believes a refusal that was made by who knows the key", async () => {
        meddler.mode = "twice";
        const call = ringed([DEMO_KEY, UNKNOWN]);
        expect([(await call(get)).status, server.lastCode()]).toEqual([401, "nonce-seen"]);
        expect(meddler.nonces.length).toBe(1);
      });

      it("gives the refusal to the caller when no key is known", async () => {
        const call = ringed([UNKNOWN, `${UNKNOWN.slice(0, -1)}0`], {
          verifyResponses: "if-present",
        });
        expect([(await call(get)).status, meddler.nonces.length]).toEqual([401, 2]);
        await expect(ringed([UNKNOWN])(get)).rejects.toThrow(/signature-mismatch/);
      });

      it("serves many calls at once", async () => {
        const call = ringed([UNKNOWN, DEMO_KEY]);
        const replies = await Promise.all(Array.from({ length: 10 }, async () => call(get)));
        expect(replies.map(({ status }) => status)).toEqual(Array(10).fill(200));
      });

      it("asks a function for them, and again when the server does not know them", async () => {
        let asked = 0;
        const call = ringed(async () => (asked++ === 0 ? [UNKNOWN] : [DEMO_KEY]));
        expect([(await call(get)).status, meddler.nonces.length]).toEqual([200, 2]);
        expect([(await call(post)).status, meddler.nonces.length]).toEqual([200, 3]);
      });

      it("holds no flood while it asks for them", async () => {
        meddler.mode = "flood-401";
        meddler.floodBytes = FLOOD_BYTES;
        let asked = 0;
        let sentBytes = 0;
        const call = ringed(
          async () => {
            if (asked++ === 0) return [UNKNOWN];
            await new Promise((resolve) => setTimeout(resolve, 1000));
            ({ sentBytes } = meddler);
            meddler.mode = "honest";
            return [DEMO_KEY];
          },
          { verifyResponses: "if-present" },
        );
        expect((await call(get)).status).toBe(200);
        expect(sentBytes).toBeLessThan(READ_BYTES);
        await meddler.flooded;
        // Nobody reads the rest either; got does before it repeats, as it reads all that is not signed.
        if (driver.name !== "got") expect(meddler.sentBytes).toBeLessThan(READ_BYTES);
      });

      it("fails with what the function fails with", async () => {
        const call = ringed(() => Promise.reject(new Error("the vault is closed")), { retries: 0 });
        await expect(call(get)).rejects.toThrow(/the vault is closed/);
        expect(meddler.nonces).toEqual([]);
      });
    });

    it.each([
      ["that is not one", "if-present", "flood-malformed", /signature-malformed/],
      ["that is not one", "require", "flood-malformed", /signature-malformed/],
      ["of somebody else's", "require", "flood-forged", /signature-mismatch/],
      ["that is not there", "require", "flood-unsigned", /signature-missing/],
      [
        "of the server's, and more than was signed",
        "if-present",
        "flood-signed",
        /content-too-large/,
      ],
      ["of the server's, and more than was signed", "require", "flood-signed", /content-too-large/],
    ] as const)(
      "reads no further in a flood of content behind a signature %s: %s",
      async (_what, verifyResponses, mode, fault) => {
        meddler.mode = mode;
        meddler.floodBytes = FLOOD_BYTES;
        const { call } = client({ verifyResponses, maxAnswerBytes: 100_000, retries: 0 });
        await expect(call({ method: "GET", url: `${url}/items` })).rejects.toThrow(fault);
        await meddler.flooded;
        expect(meddler.sentBytes).toBeLessThan(READ_BYTES);
      },
    );

    it("hands on an answer as long as it may be, and none that says it is longer", async () => {
      const { call } = client({ maxAnswerBytes: 10_000, retries: 0 });
      const headers = { "content-type": "application/x-echo" };
      const echo = (length: number) =>
        call({
          method: "POST",
          url: `${url}/echo`,
          headers,
          body: { kind: "bytes", bytes: Buffer.alloc(length, "a") },
        });
      expect((await echo(10_000)).text).toBe("a".repeat(10_000));
      await expect(echo(10_001)).rejects.toThrow(/content-too-large: .* maxAnswerBytes/);
    });

    it("says which answer it refuses, what it begins with, and that something before the server made it", async () => {
      meddler.mode = "proxy";
      const refused = client({ retries: 0 }).call({
        method: "GET",
        url: `${url}/items?token=hush`,
        headers: { "x-tenant": "seven-of-nine" },
      });
      const { message } = (await refused.catch((reason: unknown) => reason)) as Error;
      expect(message).toContain("signature-missing: unsigned: this answer was not made by the");
      expect(message).toContain(`(502 from ${url}/items, request id proxy-7), which begins: `);
      expect(message).toContain(
        "<h1>Bad gateway</h1>\\n\\u001b[2Jno host for /items?… X-Tenant: …",
      );
      expect(message).not.toMatch(/hush|seven|0123|[^ -~…]/);
      expect(message.length).toBeLessThan(500);
    });

    it.each([
      ["says nothing of content that is compressed", "proxy-gzip"],
      ["waits no longer than shortly for content that does not come", "proxy-hang"],
    ] as const)("%s", async (_what, mode) => {
      meddler.mode = mode;
      const refused = client({ retries: 0 }).call({ method: "GET", url: `${url}/items` });
      const { message } = (await refused.catch((reason: unknown) => reason)) as Error;
      expect(message).toMatch(/\(502 from \S+, request id proxy-7\)$/);
    });

    describe("with a time for all of it", () => {
      const TIMEOUT_MS = 300;
      /** Several attempts of that time and the pauses between them would be more. */
      const LONG_MS = 1200;

      const timed = async (options: Partial<ClientOptions>, method = "GET"): Promise<string> => {
        const { call } = client({ verifyResponses: "if-present", ...options });
        const startMs = performance.now();
        const outcome = await call({ method, url: `${url}/items`, timeoutMs: TIMEOUT_MS }).then(
          ({ status }) => String(status),
          (error: Error) => error.message,
        );
        expect(performance.now() - startMs).toBeLessThan(LONG_MS);
        return outcome;
      };
      const OVER = /timeout|timed out/i;

      it.each(["hang", "drip"] as const)("ends in time where the server does: %s", async (mode) => {
        meddler.mode = mode;
        expect(await timed({})).toMatch(OVER);
        expect(meddler.nonces.length).toBe(1);
        if (mode === "drip") await meddler.flooded;
      });

      it("does not wait longer because it is asked to", async () => {
        meddler.failures = 3;
        meddler.retryAfter = ["3"];
        expect(await timed({})).toMatch(/timeout|timed out|^503$/i);
        expect(meddler.nonces.length).toBe(1);
      });

      it("counts the repeat after a clock that was wrong", async () => {
        meddler.mode = "slow";
        expect(await timed({ clock: { nowMs: () => Date.now() - 600_000 } }, "POST")).toMatch(OVER);
      });

      it("does not wait longer for a key", async () => {
        expect(await timed({ apiKey: undefined, keys: () => new Promise(() => {}) })).toMatch(OVER);
        expect(meddler.nonces).toEqual([]);
      });
    });

    it("tells a key that the server does not know from an answer that was changed", async () => {
      const apiKey = "lk1_HR4fICEiIyQlJicoKSorLC0uLzAxMjM0NTY3ODk6Ozw";
      const asked = client({ apiKey, retries: 0 }).call({ method: "GET", url: `${url}/items` });
      await expect(asked).rejects.toThrow(/does not know its signature .*\(401 from /);
    });

    it("refuses the answer to another request", async () => {
      const { call } = client({ retries: 0 });
      meddler.mode = "swap";
      expect((await call({ method: "GET", url: `${url}/items` })).status).toBe(200);
      await expect(call({ method: "GET", url: `${url}/items` })).rejects.toThrow(
        /signature-mismatch/,
      );
    });

    it("hands on an answer without a signature where none is required", async () => {
      const { call } = client({ verifyResponses: "if-present" });
      meddler.mode = "strip";
      expect((await call({ method: "GET", url: `${url}/items` })).status).toBe(200);
      meddler.mode = "body";
      await expect(call({ method: "GET", url: `${url}/items` })).rejects.toThrow(
        /content-mismatch/,
      );
    });
  });
}
