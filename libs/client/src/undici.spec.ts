import { createHash } from "node:crypto";
import { createReadStream, openAsBlob } from "node:fs";
import { mkdtemp, rm, truncate, writeFile } from "node:fs/promises";
import { createServer as createHttp2Server } from "node:http2";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable, Writable } from "node:stream";
import { pipeline as pipe } from "node:stream/promises";
import { gunzipSync, gzipSync } from "node:zlib";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import {
  Agent,
  Client,
  fetch,
  FormData as UndiciFormData,
  H2CClient,
  interceptors,
  request,
  type Dispatcher,
} from "undici";
import { ConfigurationError, Refusal, ResponseRefusal } from "@lacre/core";
import { DEMO_KEY, TestClock } from "../../../test/support/app.js";
import { SigningServer, type Manner } from "../../../test/support/signing-server.js";
import type { ClientOptions } from "./options.js";
import { signUndici } from "./undici.js";

const APP = { appId: "demo", apiKey: DEMO_KEY };
/** Looser than undici's own: it takes more content than its types say. */
type RequestOptions = Omit<Dispatcher.RequestOptions, "origin" | "path" | "method" | "body"> & {
  readonly method?: string;
  readonly body?: unknown;
};

describe("signUndici", () => {
  let server: SigningServer;
  let folder: string;
  const agents: Dispatcher[] = [];

  const agentWith = (options: Partial<ClientOptions> = {}): Dispatcher => {
    const agent = signUndici(new Agent(), { ...APP, ...options });
    agents.push(agent);
    return agent;
  };
  const call = async (
    target: string,
    init: RequestOptions = {},
    options: Partial<ClientOptions> = {},
  ): Promise<[number, string]> => {
    const { statusCode, body } = await request(server.url + target, {
      dispatcher: agentWith({ verifyResponses: "require", ...options }),
      ...(init as object),
    });
    return [statusCode, await body.text()];
  };

  beforeAll(async () => {
    server = await SigningServer.start();
    folder = await mkdtemp(join(tmpdir(), "lacre-undici-"));
  });
  beforeEach(() => {
    server.reset();
    server.reply = ({ target }) => ({ status: 200, body: target });
  });
  afterAll(async () => {
    await Promise.all(agents.map((agent) => agent.destroy()));
    await server.close();
    await rm(folder, { recursive: true });
  });

  describe("signs what goes on the wire", () => {
    const form = (): FormData => {
      const data = new FormData();
      data.set("a", "b c");
      data.set("file", new Blob(["hello"], { type: "text/plain" }), "a.txt");
      return data;
    };
    const foreignForm = (): UndiciFormData => {
      const data = new UndiciFormData();
      data.set("a", "é");
      return data;
    };
    const BINARY = Uint8Array.from({ length: 256 }, (_, i) => i);
    const json = { "content-type": "application/json" };

    it.each<[string, string, RequestOptions]>([
      ["GET", "/orders", {}],
      ["HEAD", "/orders", { method: "HEAD" }],
      ["an awkward target", "/a//b/%2F?x=%20&y=a+b&x=&z", {}],
      ["a path with ~ encoded", "/%7euser", {}],
      ["a query apart", "/orders", { query: { a: "b c", d: ["é", "f"] } }],
      ["JSON", "/orders", { method: "POST", body: '{"n":1}', headers: json }],
      ["headers in a list", "/orders", { method: "POST", body: "x", headers: ["X-A", "1  2"] }],
      ["headers in pairs", "/orders", { method: "POST", body: "x", headers: new Headers(json) }],
      ["a header on two lines", "/orders", { headers: { via: ["1.1 a", "1.1 b"] } }],
      ["a host of the caller's", "/orders", { headers: { host: "api.example.test" } }],
      ["bytes", "/orders", { method: "PUT", body: BINARY }],
      ["a part of a buffer", "/orders", { method: "PUT", body: BINARY.subarray(3, 9) }],
      ["no bytes", "/orders", { method: "POST", body: "" }],
      ["PATCH in lower case", "/orders", { method: "patch", body: "x" }],
      ["DELETE with content", "/orders/1", { method: "DELETE", body: "why" }],
      ["a form", "/orders", { method: "POST", body: new URLSearchParams({ a: "b c", d: "é" }) }],
      ["multipart", "/orders", { method: "POST", body: form() }],
      ["multipart of undici's own", "/orders", { method: "POST", body: foreignForm() }],
      ["a blob", "/orders", { method: "PUT", body: new Blob([BINARY], { type: "image/x" }) }],
      ["an iterable", "/orders", { method: "PUT", body: ["a", Buffer.from("b")] }],
      [
        "a stream that declares its length",
        "/orders",
        { method: "PUT", body: Readable.from(["ab", "c"]), headers: { "content-length": "3" } },
      ],
      ["an empty stream", "/orders", { method: "POST", body: Readable.from([]) }],
    ])("%s", async (_name, target, init) => {
      const [status] = await call(target, init);
      expect([status, server.last?.code]).toEqual([200, undefined]);
      expect(server.received).toHaveLength(1);
    });

    it("sends the Content-Type of forms and blobs, and no second one", async () => {
      await call("/", { method: "POST", body: form() as never });
      expect(server.last?.headers["content-type"]).toMatch(/^multipart\/form-data; boundary=/);
      expect(server.last?.body.toString()).toContain("hello");
      const headers = { "content-type": "text/x" };
      await call("/", { method: "POST", body: new Blob(["x"], { type: "a/b" }) as never, headers });
      expect(server.last?.headers["content-type"]).toBe("text/x");
    });

    it("content that is compressed already", async () => {
      const headers = { "content-encoding": "gzip" };
      await call("/", { method: "POST", body: gzipSync("hello"), headers });
      expect(server.last?.code).toBeUndefined();
      expect(gunzipSync(server.last?.body as Buffer).toString()).toBe("hello");
    });

    it.each([
      ["/a/../b", "/b"],
      ["/orders?", "/orders"],
      ["/é?q=ü", "/%C3%A9?q=%C3%BC"],
    ])("the target that undici makes of %s", async (written, sent) => {
      await call(written);
      expect([server.last?.target, server.last?.code]).toEqual([sent, undefined]);
    });

    it.each(["/a/../b", "/orders?", "/a'b|c"])("a path as it is given: %s", async (path) => {
      const client = signUndici(new Client(server.url), APP);
      agents.push(client);
      const { statusCode } = await client.request({ origin: server.url, path, method: "GET" });
      expect([statusCode, server.last?.target]).toEqual([200, path]);
    });
  });

  // What they take of memory: test/e2e/clients/memory.systems.ts.
  describe("files", () => {
    const MEGABYTE = 1024 * 1024;

    it.each([
      ["an fs.ReadStream", (path: string) => createReadStream(path)],
      ["a blob", (path: string) => openAsBlob(path)],
    ])("sends %s whole, however large", async (_name, open) => {
      const path = join(folder, "large");
      await writeFile(path, "beginning");
      await truncate(path, 96 * MEGABYTE);
      const [status] = await call("/", { method: "PUT", body: (await open(path)) as never });
      expect([status, server.last?.byteLength]).toEqual([200, 96 * MEGABYTE]);
    });

    it("sends the part of a file that the stream would read", async () => {
      const path = join(folder, "part");
      await writeFile(path, "0123456789");
      await call("/", { method: "PUT", body: createReadStream(path, { start: 2, end: 5 }) });
      expect([server.last?.body.toString(), server.last?.code]).toEqual(["2345", undefined]);
    });

    it("sends a file again after 503", async () => {
      const path = join(folder, "again");
      await writeFile(path, "0123456789");
      server.outages = 1;
      const [status] = await call("/", { method: "PUT", body: createReadStream(path) });
      expect([status, server.received.length]).toEqual([200, 2]);
      expect(server.last?.body.toString()).toBe("0123456789");
    });

    it("says that there is no such file", async () => {
      const body = createReadStream(join(folder, "none"));
      await expect(call("/", { method: "PUT", body })).rejects.toThrow("ENOENT");
    });
  });

  describe("refuses before it sends", () => {
    const once = (): Readable => Readable.from(["a"]);

    it.each<[string, RequestOptions, new (...args: never[]) => Error, string]>([
      ["a header outside ASCII", { headers: { "x-name": "é" } }, Refusal, "header-malformed"],
      ["a header twice", { headers: { "x-a": ["1", "2"] } }, Refusal, "header-repeated"],
      ["CONNECT", { method: "CONNECT" }, Refusal, "method-refused"],
      ["a stream", { method: "POST", body: once() }, ConfigurationError, "read twice"],
      [
        "a stream shorter than it says",
        { method: "POST", body: once(), headers: { "content-length": "2" } },
        ConfigurationError,
        "must be as long as",
      ],
      [
        "a stream longer than it says",
        {
          method: "POST",
          body: Readable.from(["a", "b", "c"]),
          headers: ["content-length", "2"],
        },
        ConfigurationError,
        "must be as long as",
      ],
      [
        "what is not bytes",
        { method: "POST", body: [["a", "b"]] },
        ConfigurationError,
        "must yield bytes",
      ],
    ])("%s", async (_name, init, kind, message) => {
      // undici itself turns CONNECT away in request().
      const dispatched = new Promise<void>((resolve, reject) => {
        agentWith().dispatch(
          { origin: server.url, path: "/", method: "GET", ...(init as object) },
          {
            onRequestStart() {},
            onResponseStart() {},
            onResponseData() {},
            onResponseEnd: () => resolve(),
            onResponseError: (_controller, error) => reject(error),
          },
        );
      });
      const error = await dispatched.then(
        () => undefined,
        (reason: unknown) => reason,
      );
      expect(error).toBeInstanceOf(kind);
      expect((error as Error).message).toContain(message);
      expect(server.received).toEqual([]);
    });

    it("a request whose origin it is not told", async () => {
      const client = signUndici(new Client(server.url), APP);
      agents.push(client);
      await expect(client.request({ path: "/", method: "GET" })).rejects.toThrow("origin");
    });
  });

  describe("every way to ask", () => {
    it("fetch: all its bodies, and streams refused", async () => {
      const dispatcher = agentWith({ verifyResponses: "require" });
      for (const body of ["text", new URLSearchParams({ a: "b" }), new Uint8Array([0, 255])]) {
        const response = await fetch(`${server.url}/f?`, { method: "POST", body, dispatcher });
        expect([response.status, await response.text()]).toEqual([200, "/f?"]);
      }
      const body = Readable.toWeb(Readable.from(["a"])) as never;
      const init = { method: "POST", body, duplex: "half" as const, dispatcher };
      const error = await fetch(server.url, init).catch((reason: unknown) => reason);
      expect((error as Error).cause).toBeInstanceOf(ConfigurationError);
    });

    it("fetch decodes what has been checked encoded", async () => {
      const headers = { "content-encoding": "gzip" };
      server.reply = () => ({ status: 200, headers, body: gzipSync("hello") });
      const dispatcher = agentWith({ verifyResponses: "require" });
      expect(await (await fetch(server.url, { dispatcher })).text()).toBe("hello");
    });

    it("stream", async () => {
      let text = "";
      const dispatcher = agentWith({ verifyResponses: "require" });
      await dispatcher.stream(
        { origin: server.url, path: "/s", method: "GET", opaque: null },
        () => new Writable({ write: (chunk, _, done) => ((text += String(chunk)), done()) }),
      );
      expect(text).toBe("/s");
    });

    it("pipeline, where the length is declared", async () => {
      let text = "";
      const headers = { "content-length": "5" };
      const dispatcher = agentWith({ verifyResponses: "require" });
      await pipe(
        Readable.from(["he", "llo"]),
        dispatcher.pipeline(
          { origin: server.url, path: "/p", method: "POST", headers },
          ({ body }) => body,
        ),
        async (chunks) => {
          for await (const chunk of chunks) text += String(chunk);
        },
      );
      expect([text, server.last?.body.toString()]).toEqual(["/p", "hello"]);
    });

    it("over HTTP/2", async () => {
      const h2 = await SigningServer.start({
        create: (listener) => createHttp2Server(listener as never),
      });
      try {
        const client = signUndici(new H2CClient(h2.url), { ...APP, verifyResponses: "require" });
        agents.push(client);
        const { statusCode, body } = await client.request({
          origin: h2.url,
          path: "/h2?x=%2f",
          method: "POST",
          body: "hello",
        });
        expect([statusCode, await body.text()]).toEqual([200, "/h2?x=%2f"]);
        expect(h2.last?.body.toString()).toBe("hello");
        await client.destroy();
      } finally {
        await h2.close();
      }
    });

    it("keeps connections", async () => {
      const dispatcher = agentWith({ verifyResponses: "require" });
      for (let i = 0; i < 8; i++) {
        const { body } = await request(server.url, { dispatcher });
        await body.text();
      }
      // undici opens a second one while the first is not yet idle.
      expect(new Set(server.received.map(({ clientPort }) => clientPort)).size).toBeLessThan(3);
    });
  });

  describe("answers", () => {
    it.each<[Manner, string]>([
      ["body", "content-mismatch"],
      ["status", "signature-mismatch"],
      ["header", "header-unsigned"],
    ])("refuses one that was changed: %s", async (manner, fault) => {
      server.manner = manner;
      for (const verifyResponses of ["require", "if-present"] as const) {
        const error = await call("/", {}, { verifyResponses }).catch((reason: unknown) => reason);
        expect(error).toBeInstanceOf(ResponseRefusal);
        expect((error as ResponseRefusal).fault).toBe(fault);
      }
      expect(server.received).toHaveLength(2); // refused answers are not asked for again
    });

    it("refuses the answer to another request", async () => {
      await call("/one");
      server.manner = "other";
      await expect(call("/two", {}, { verifyResponses: "if-present" })).rejects.toMatchObject({
        fault: "signature-mismatch",
      });
    });

    it("refuses one that ended too soon", async () => {
      server.manner = "cut";
      await expect(call("/", { method: "POST" })).rejects.toThrow("other side closed");
    });

    it("refuses or hands on one without a signature, as told", async () => {
      server.manner = "unsigned";
      await expect(call("/")).rejects.toMatchObject({ fault: "signature-missing" });
      expect(await call("/", {}, { verifyResponses: "if-present" })).toEqual([200, "/"]);
    });

    it("hands on what is not signed as it comes, at the reader's pace", async () => {
      const large = Buffer.alloc(4 * 1024 * 1024, "a");
      for (const manner of ["unsigned", "signed"] as const) {
        server.manner = manner;
        server.reply = () => ({ status: 200, body: large });
        const { body } = await request(server.url, { dispatcher: agentWith(), highWaterMark: 1 });
        const hash = createHash("sha256");
        for await (const chunk of body as AsyncIterable<Buffer>) {
          hash.update(chunk);
          await new Promise(setImmediate);
        }
        expect(hash.digest("hex")).toBe(createHash("sha256").update(large).digest("hex"));
      }
    });

    it("stops when it is told to, whatever it is at", async () => {
      server.reply = () => ({ status: 503, headers: { "retry-after": "20" } });
      const abortion = new AbortController();
      const asked = call("/", { signal: abortion.signal });
      while (server.received.length === 0) await new Promise(setImmediate);
      abortion.abort(new Error("enough"));
      await expect(asked).rejects.toThrow("enough");
    });
  });

  describe("sends again", () => {
    it("after 503, signed anew, and only what may run twice", async () => {
      server.outages = 2;
      expect(await call("/")).toEqual([200, "/"]);
      expect(new Set(server.nonces).size).toBe(3);
      server.reset();
      server.outages = 1;
      const [status] = await call("/", { method: "POST" }, { verifyResponses: "if-present" });
      expect([status, server.received.length]).toEqual([503, 1]);
    });

    it("inside undici's own retry, signed anew", async () => {
      const agent = signUndici(new Agent(), { ...APP, retries: 0 }).compose(
        interceptors.retry({ minTimeout: 1 }),
      );
      agents.push(agent);
      server.outages = 2;
      const { statusCode } = await request(server.url, { dispatcher: agent });
      expect([statusCode, server.received.length]).toEqual([200, 3]);
      expect(new Set(server.nonces).size).toBe(3);
      // What cannot be signed is not tried again.
      const headers = { "x-name": "é" };
      await expect(request(server.url, { dispatcher: agent, headers })).rejects.toThrow(Refusal);
      expect(server.received).toHaveLength(3);
    });

    it("once, when its clock is wrong, and remembers", async () => {
      const clock = new TestClock(Date.now() - 600_000);
      const dispatcher = agentWith({ clock });
      for (const [i, sent] of [
        [1, 2],
        [2, 3],
      ] as const) {
        const { statusCode, body } = await request(`${server.url}/${i}`, {
          dispatcher,
          method: "POST",
          body: "x",
        });
        await body.text();
        expect([statusCode, server.received.length]).toEqual([200, sent]);
      }
      expect(server.received.map(({ code }) => code)).toEqual([
        "timestamp-too-old",
        undefined,
        undefined,
      ]);
    });

    it("never by the time of somebody else's", async () => {
      server.manner = "body";
      const clock = new TestClock(Date.now() - 600_000);
      await expect(call("/", {}, { clock })).rejects.toThrow(ResponseRefusal);
      expect(server.received).toHaveLength(1);
    });
  });

  describe("redirects", () => {
    const moved = (location: string, status: number): void => {
      server.reply = ({ target }) =>
        target === "/moved"
          ? { status, headers: { location }, body: "moved" }
          : { status: 200, body: target };
    };

    it("are not followed unasked", async () => {
      moved("/orders?a=%20", 302);
      expect(await call("/moved")).toEqual([302, "moved"]);
    });

    it.each<[number, string, string]>([
      [302, "GET", ""],
      [303, "GET", ""],
      [307, "POST", "x"],
    ])("are followed when asked: %d", async (status, method, body) => {
      moved("/orders?a=%20", status);
      const headers = { "content-type": "text/plain" };
      const init = { method: "POST", body: "x", headers };
      expect(await call("/moved", init, { redirects: 1 })).toEqual([200, "/orders?a=%20"]);
      expect([server.last?.method, server.last?.body.toString()]).toEqual([method, body]);
    });

    it("never lead to another origin", async () => {
      const other = await SigningServer.start();
      try {
        moved(`${other.url}/orders`, 302);
        expect(await call("/moved", {}, { redirects: 5 })).toEqual([302, "moved"]);
        expect(other.received).toEqual([]);
      } finally {
        await other.close();
      }
    });

    it("are believed only if they are signed", async () => {
      moved("/orders", 302);
      server.manner = "unsigned";
      await expect(call("/moved", {}, { redirects: 1 })).rejects.toThrow(ResponseRefusal);
      expect(server.received).toHaveLength(1);
    });
  });
});
