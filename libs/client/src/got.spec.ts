import { createReadStream } from "node:fs";
import { mkdtemp, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { gunzipSync, gzipSync } from "node:zlib";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import NpmFormData from "form-data";
import got, { type Got, type OptionsInit } from "got";
import { ConfigurationError, Refusal, ResponseRefusal } from "@lacre/core";
import { DEMO_KEY, TestClock } from "../../../test/support/app.js";
import { SigningServer, type Manner } from "../../../test/support/signing-server.js";
import { signGot } from "./got.js";
import type { ClientOptions } from "./options.js";

const APP = { appId: "demo", apiKey: DEMO_KEY };

describe("signGot", () => {
  let server: SigningServer;
  let folder: string;

  const api = (options: Partial<ClientOptions> = {}): Got =>
    signGot(got, { ...APP, verifyResponses: "require", ...options }).extend({
      retry: { backoffLimit: 1, noise: 0 },
    });
  const call = async (
    target: string,
    init: OptionsInit = {},
    options: Partial<ClientOptions> = {},
  ): Promise<[number, string]> => {
    const response = await api(options)(server.url + target, {
      throwHttpErrors: false,
      ...init,
      isStream: false,
      responseType: "text",
      resolveBodyOnly: false,
    });
    return [response.statusCode, response.body];
  };

  beforeAll(async () => {
    server = await SigningServer.start();
    folder = await mkdtemp(join(tmpdir(), "lacre-got-"));
  });
  beforeEach(() => {
    server.reset();
    server.reply = ({ target }) => ({ status: 200, body: target });
  });
  afterAll(async () => {
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
    const npmForm = (): NpmFormData => {
      const data = new NpmFormData();
      data.append("a", "é");
      return data;
    };
    const BINARY = Uint8Array.from({ length: 256 }, (_, i) => i);

    it.each<[string, string, OptionsInit & { body?: unknown }]>([
      ["GET", "/orders", {}],
      ["HEAD", "/orders", { method: "HEAD" }],
      ["an awkward target", "/a//b/%2F?x=%20&y=a+b&x=&z", {}],
      ["a path with ~ encoded", "/%7euser", {}],
      ["a query apart", "/orders", { searchParams: { a: "b c", d: "é" } }],
      ["JSON", "/orders", { method: "POST", json: { n: 1, e: "é" } }],
      ["a form", "/orders", { method: "POST", form: { a: "b c", d: "é" } }],
      ["multipart", "/orders", { method: "POST", body: form() }],
      ["multipart of form-data", "/orders", { method: "POST", body: npmForm() }],
      ["a string", "/orders", { method: "POST", body: "é" }],
      ["bytes", "/orders", { method: "PUT", body: Buffer.from(BINARY) }],
      ["a part of a typed array", "/orders", { method: "PUT", body: BINARY.subarray(3, 9) }],
      ["words of two bytes", "/orders", { method: "PUT", body: new Uint16Array([1, 258]) }],
      ["no bytes", "/orders", { method: "POST", body: "" }],
      ["an empty stream", "/orders", { method: "POST", body: Readable.from([]) }],
      ["PATCH in lower case", "/orders", { method: "patch", body: "x" }],
      ["DELETE with content", "/orders/1", { method: "DELETE", body: "why" }],
      ["headers", "/orders", { headers: { "X-A": "1  2", via: ["1.1 a", "1.1 b"] } }],
      ["a host of the caller's", "/orders", { headers: { host: "api.example.test" } }],
      [
        "a stream that declares its length",
        "/orders",
        { method: "PUT", body: Readable.from(["ab", "c"]), headers: { "content-length": "3" } },
      ],
    ])("%s", async (_name, target, init) => {
      const [status] = await call(target, init as OptionsInit);
      expect([status, server.last?.code]).toEqual([200, undefined]);
      expect(server.received).toHaveLength(1);
    });

    it("forms and JSON with the Content-Type that belongs to them", async () => {
      await call("/", { method: "POST", body: form() as never });
      expect(server.last?.headers["content-type"]).toMatch(/^multipart\/form-data; boundary=/);
      expect(server.last?.body.toString()).toContain("hello");
      await call("/", { method: "POST", json: { e: "é" } });
      expect(server.last?.headers["content-type"]).toBe("application/json");
      expect(server.last?.body.toString()).toBe('{"e":"é"}');
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
    ])("the target that got makes of %s", async (written, sent) => {
      await call(written);
      expect([server.last?.target, server.last?.code]).toEqual([sent, undefined]);
    });
  });

  // What they take of memory: test/e2e/clients/memory.systems.ts.
  describe("files", () => {
    const MEGABYTE = 1024 * 1024;

    it("are sent whole, however large", async () => {
      const path = join(folder, "large");
      await writeFile(path, "beginning");
      await truncate(path, 96 * MEGABYTE);
      const [status] = await call("/", { method: "PUT", body: createReadStream(path) });
      expect([status, server.last?.byteLength]).toEqual([200, 96 * MEGABYTE]);
    });

    it("are sent in part where the stream reads a part, and again after 503", async () => {
      const path = join(folder, "part");
      await writeFile(path, "0123456789");
      server.outages = 2;
      const body = createReadStream(path, { start: 2, end: 5 });
      expect(await call("/", { method: "PUT", body }, { verifyResponses: "if-present" })).toEqual([
        200,
        "/",
      ]);
      expect(server.received.map(({ body: sent }) => sent.toString())).toEqual(
        Array(3).fill("2345"),
      );
    });

    it("that are not there are said to be so", async () => {
      const body = createReadStream(join(folder, "none"));
      await expect(call("/", { method: "PUT", body })).rejects.toThrow("ENOENT");
    });
  });

  describe("refuses before it sends", () => {
    const once = (): Readable => Readable.from(["a"]);

    it.each<[string, OptionsInit, new (...args: never[]) => Error, string]>([
      ["a header outside ASCII", { headers: { "x-name": "é" } }, Refusal, "header-malformed"],
      ["a header twice", { headers: { "x-a": ["1", "2"] } }, Refusal, "header-repeated"],
      ["TRACE", { method: "TRACE" as never }, Refusal, "method-refused"],
      ["a stream", { method: "POST", body: once() }, ConfigurationError, "read twice"],
      [
        "a stream shorter than it says",
        { method: "POST", body: once(), headers: { "content-length": "2" } },
        ConfigurationError,
        "must be as long as",
      ],
    ])("%s", async (_name, init, kind, message) => {
      const error = await call("/", init).catch((reason: unknown) => reason);
      expect(error).toBeInstanceOf(kind);
      expect((error as Error).message).toContain(message);
      expect(server.received).toEqual([]);
    });

    it("streams whose answers must be checked, or whose content comes later", async () => {
      const read = (stream: AsyncIterable<unknown>): Promise<unknown> =>
        (async () => {
          let text = "";
          for await (const chunk of stream) text += String(chunk);
          return text;
        })().catch((error: unknown) => error);
      expect(await read(api().stream(server.url))).toMatchObject({ option: "verifyResponses" });
      const loose = api({ verifyResponses: "if-present" });
      expect(await read(loose.stream.post(server.url))).toMatchObject({ option: "body" });
      expect(server.received).toEqual([]);
      expect(await read(loose.stream.post(`${server.url}/s`, { body: "x" }))).toBe("/s");
    });
  });

  describe("answers", () => {
    it.each<[Manner, string]>([
      ["body", "content-mismatch"],
      ["status", "signature-mismatch"],
      ["header", "header-unsigned"],
    ])("that were changed are refused: %s", async (manner, fault) => {
      server.manner = manner;
      for (const verifyResponses of ["require", "if-present"] as const) {
        const error = await call("/", {}, { verifyResponses }).catch((reason: unknown) => reason);
        expect(error).toBeInstanceOf(ResponseRefusal);
        expect((error as ResponseRefusal).fault).toBe(fault);
      }
      expect(server.received).toHaveLength(2);
    });

    it("to another request are refused", async () => {
      await call("/one");
      server.manner = "other";
      await expect(call("/two", {}, { verifyResponses: "if-present" })).rejects.toMatchObject({
        fault: "signature-mismatch",
      });
    });

    it("that ended too soon are refused", async () => {
      server.manner = "cut";
      await expect(call("/", { method: "POST" })).rejects.toThrow("aborted");
    });

    it("without a signature are refused or handed on, as told", async () => {
      server.manner = "unsigned";
      await expect(call("/")).rejects.toMatchObject({ fault: "signature-missing" });
      expect(await call("/", {}, { verifyResponses: "if-present" })).toEqual([200, "/"]);
    });

    it("that are encoded are checked as they are sent", async () => {
      const headers = { "content-encoding": "gzip" };
      server.reply = () => ({ status: 200, headers, body: gzipSync("hello") });
      await expect(call("/")).rejects.toThrow("decompress: false");
      const { rawBody } = await api()(server.url, { decompress: false });
      expect(gunzipSync(rawBody).toString()).toBe("hello");
    });

    it("are checked whatever other hooks do", async () => {
      let asked = 0;
      const again = signGot(
        got.extend({
          hooks: {
            afterResponse: [
              (response, retry) => {
                if (asked++ > 0) return response;
                server.manner = "body";
                return retry({ headers: { "x-again": "1" } });
              },
            ],
          },
        }),
        { ...APP, verifyResponses: "require" },
      );
      await expect(again(server.url)).rejects.toThrow(ResponseRefusal);
      expect([server.received.length, server.last?.code]).toEqual([2, undefined]);
      expect(server.last?.headers["x-again"]).toBe("1");
    });

    it("are parsed as ever, and errors are got's own", async () => {
      const headers = { "content-type": "application/json" };
      server.reply = () => ({ status: 200, headers, body: '{"n":1}' });
      expect(await api().post(server.url, { json: {} }).json()).toEqual({ n: 1 });
      server.reply = () => ({ status: 404, body: "none" });
      await expect(api()(server.url)).rejects.toMatchObject({
        name: "HTTPError",
        response: { body: "none" },
      });
    });
  });

  describe("sends again", () => {
    it("after 503, signed anew, and only what may run twice", async () => {
      server.outages = 2;
      const loose = { verifyResponses: "if-present" } as const;
      expect(await call("/", {}, loose)).toEqual([200, "/"]);
      expect(new Set(server.nonces).size).toBe(3);
      server.reset();
      server.outages = 1;
      const [status] = await call("/", { method: "POST" }, loose);
      expect([status, server.received.length]).toEqual([503, 1]);
    });

    it("as often as retries says", async () => {
      server.outages = 9;
      const [status] = await call("/", {}, { verifyResponses: "if-present", retries: 1 });
      expect([status, server.received.length]).toEqual([503, 2]);
    });

    it("once, when its clock is wrong, and remembers", async () => {
      const clock = new TestClock(Date.now() - 600_000);
      const client = api({ clock });
      for (const n of [1, 2]) {
        const body = await client.post(`${server.url}/${n}`, { body: "x" }).text();
        expect(body).toBe(`/${n}`);
      }
      expect(server.received.map(({ code }) => code)).toEqual([
        "timestamp-too-old",
        undefined,
        undefined,
      ]);
    });

    it("keeps connections where the agent does", async () => {
      const { Agent } = await import("node:http");
      const agent = { http: new Agent({ keepAlive: true }) };
      for (let i = 0; i < 3; i++) await call("/", { agent });
      expect(new Set(server.received.map(({ clientPort }) => clientPort)).size).toBe(1);
      agent.http.destroy();
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
      const init = { method: "POST", body: "x", headers } as const;
      expect(await call("/moved", init, { redirects: 1 })).toEqual([200, "/orders?a=%20"]);
      expect([server.last?.method, server.last?.body.toString()]).toEqual([method, body]);
      expect(server.last?.code).toBeUndefined();
      expect(server.received).toHaveLength(2);
    });

    it("are followed no oftener than told", async () => {
      server.reply = () => ({ status: 302, headers: { location: "/moved" } });
      const [status] = await call("/moved", {}, { redirects: 3 });
      expect([status, server.received.length]).toEqual([302, 4]);
    });

    it("never lead to another origin", async () => {
      const other = await SigningServer.start();
      try {
        moved(`${other.url}/orders`, 302);
        expect(await call("/moved", {}, { redirects: 5 })).toEqual([302, "moved"]);
        const error = await call("/moved", { followRedirect: true }).catch((e: unknown) => e);
        expect(error).toBeInstanceOf(ConfigurationError);
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
