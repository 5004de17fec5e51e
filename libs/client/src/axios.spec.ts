import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  createReadStream,
  mkdtempSync,
  openSync,
  promises,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { Agent, createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { brotliCompressSync, gzipSync } from "node:zlib";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import { All, Controller, Req } from "@nestjs/common";
import axios, { AxiosError, CanceledError, type AxiosInstance, type AxiosResponse } from "axios";
import FormOfNode from "form-data";
import {
  contentOf,
  lacre1,
  MemoryKeyStore,
  MemoryNonceStore,
  Origins,
  readApps,
  receive,
  Refusal,
  ResponseSigner,
  Verifier,
  type Authentic,
  type Verification,
} from "@lacre/core";
import { HmacProtected } from "@lacre/nestjs";
import { DEMO_KEY, startApp, TestClock, type RunningApp } from "../../../test/support/app.js";
import { isOutOfWindow } from "../../../test/support/signing-server.js";
import { signAxios } from "./axios.js";
import type { ClientOptions } from "./options.js";

const DEMO = { appId: "demo", apiKey: DEMO_KEY };
const sha256 = (bytes: Uint8Array | string): string =>
  createHash("sha256").update(bytes).digest("hex");

/** What came over the wire, as the server tells it. */
interface Received {
  readonly method: string;
  readonly target: string;
  readonly type?: string;
  readonly length: number;
  readonly sha256: string;
}

@Controller()
@HmacProtected({ body: "stream" })
class EchoController {
  @All("*rest")
  async echo(@Req() request: IncomingMessage & { raw?: IncomingMessage }): Promise<Received> {
    const { method = "", url = "", headers } = request.raw ?? request;
    const hash = createHash("sha256");
    let length = 0;
    for await (const part of (request.raw ?? request) as AsyncIterable<Buffer>) {
      hash.update(part);
      length += part.byteLength;
    }
    return {
      method,
      target: url,
      type: headers["content-type"],
      length,
      sha256: hash.digest("hex"),
    };
  }
}

const client = (baseURL: string, options: Partial<ClientOptions> = {}): AxiosInstance =>
  signAxios(axios.create({ baseURL }), { ...DEMO, ...options });

const folder = mkdtempSync(join(tmpdir(), "lacre-axios-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe.each(["http", "fetch"])("signAxios over the %s adapter", (adapter) => {
  let server: RunningApp;
  let call: AxiosInstance;

  beforeAll(async () => {
    server = await startApp("express", {
      controllers: [EchoController],
      create: { bodyParser: false },
    });
    call = client(server.url);
    call.defaults.adapter = adapter;
  });
  afterAll(() => server.close());

  const echo = async (sent: Promise<AxiosResponse>): Promise<Received> =>
    (
      await sent.catch((error: AxiosError) => {
        throw new Error(`${error.message} ${server.lastCode()}`, { cause: error });
      })
    ).data as Received;

  it("is turned away without a signature", async () => {
    const bare = axios.create({ baseURL: server.url, adapter, validateStatus: null });
    expect((await bare.get("/orders")).status).toBe(401);
  });

  it.each<[string, string, string]>([
    ["a plain one", "/orders", "/orders"],
    ["blanks, doubled and empty parts", "/a//b/%2F?x=%20&y=a+b&x=&z", "/a//b/%2F?x=%20&y=a+b&x=&z"],
    ["a question mark and no query", "/orders?", "/orders"],
    ["letters outside US-ASCII", "/caf\u{e9}?q=\u{fc}", "/caf%C3%A9?q=%C3%BC"],
    ["an escape that need not be", "/%7euser", "/%7euser"],
    ["dots", "/a/../b/./c", "/b/c"],
    ["a fragment", "/orders?a=1#there", "/orders?a=1"],
    ["an apostrophe and brackets", "/orders?a='b'&c[]=1", "/orders?a=%27b%27&c[]=1"],
  ])("signs the target that is sent: %s", async (_name, url, target) => {
    expect(await echo(call.get(url))).toMatchObject({ method: "GET", target });
  });

  it.each<[string, object, string]>([
    ["arrays", { params: { id: [1, 2] } }, "/orders?id%5B%5D=1&id%5B%5D=2"],
    [
      "special letters",
      { params: { q: "a b&c=d/\u{e9}+'", at: "10:00", none: null, off: false } },
      "/orders?q=a+b%26c%3Dd%2F%C3%A9%2B%27&at=10:00&off=false",
    ],
    [
      "URLSearchParams",
      {
        params: new URLSearchParams([
          ["a", "1"],
          ["a", " "],
        ]),
      },
      "/orders?a=1&a=+",
    ],
    [
      "arrays without brackets",
      { params: { id: [1, 2] }, paramsSerializer: { indexes: null } },
      "/orders?id=1&id=2",
    ],
    [
      "a serializer of one's own",
      { params: { any: 1 }, paramsSerializer: () => "raw=~*'(x)" },
      "/orders?raw=~*%27(x)",
    ],
  ])("signs params: %s", async (_name, config, target) => {
    expect((await echo(call.get("/orders", config))).target).toBe(target);
  });

  const form = (): FormData => {
    const data = new FormData();
    data.set("a", "b c");
    data.set("file", new Blob(["hello"], { type: "text/plain" }), "a.txt");
    return data;
  };
  const formOfNode = (): FormOfNode => {
    const data = new FormOfNode();
    data.append("a", "b c");
    data.append("file", Readable.from([Buffer.from("hello")]), { filename: "a.txt" });
    return data;
  };
  const binary = Uint8Array.from({ length: 256 }, (_, i) => i);
  const JSON_TYPE = "application/json";
  const FORM_TYPE = "application/x-www-form-urlencoded";

  it.each<[string, unknown, string | undefined, string | Uint8Array]>([
    ["JSON", { n: 1, e: "\u{e9}" }, JSON_TYPE, '{"n":1,"e":"\u{e9}"}'],
    ["a string", "plain", FORM_TYPE, "plain"],
    ["a form", new URLSearchParams({ a: "b c" }), `${FORM_TYPE};charset=utf-8`, "a=b+c"],
    ["a Buffer", Buffer.from(binary), FORM_TYPE, binary],
    ["an ArrayBuffer", binary.buffer, FORM_TYPE, binary],
    ["a Blob", new Blob([binary], { type: "image/png" }), "image/png", binary],
    ["a Blob of no type", new Blob([binary]), "application/octet-stream", binary],
    ["an empty string", "", FORM_TYPE, ""],
    ["nothing", undefined, FORM_TYPE, ""],
  ])("signs content and its type: %s", async (_name, data, type, bytes) => {
    expect(await echo(call.post("/orders", data))).toEqual({
      method: "POST",
      target: "/orders",
      type,
      length: Buffer.from(bytes as string).byteLength,
      sha256: sha256(bytes),
    });
  });

  it.each([
    ["FormData", form],
    ["the package form-data", formOfNode],
  ])("signs a multipart form: %s", async (_name, make) => {
    const { type, length } = await echo(call.post("/orders", make()));
    expect(type).toMatch(/^multipart\/form-data; boundary=\S+$/);
    // Two parts with their heads: more than their values, and less than another form.
    expect(length).toBeGreaterThan(150);
    expect(length).toBeLessThan(600);
  });

  it("sends a form of the package form-data once more when its config is sent again", async () => {
    const first = await call.post("/orders", formOfNode());
    const again = await call.request(first.config);
    expect((again.data as Received).sha256).toBe((first.data as Received).sha256);
  });

  it("sends what a file holds that says it is empty", async () => {
    const received = await echo(call.post("/orders", createReadStream("/proc/version")));
    expect(received.sha256).toBe(sha256(readFileSync("/proc/version")));
    expect(received.length).toBeGreaterThan(0);
  });

  it("sends what comes out of a pipe", async () => {
    const path = join(folder, `pipe-${adapter}`);
    execFileSync("mkfifo", [path]);
    const written = promises.writeFile(path, "piped");
    const received = await echo(call.post("/orders", createReadStream(path)));
    await written;
    expect(received.sha256).toBe(sha256("piped"));
  });

  it("sends an empty file as no content", async () => {
    const path = join(folder, "empty");
    writeFileSync(path, "");
    expect((await echo(call.post("/orders", createReadStream(path)))).length).toBe(0);
  });

  it("counts for itself", async () => {
    const headers = { "Content-Length": "3" };
    expect((await echo(call.post("/orders", { n: 1 }, { headers }))).length).toBe(7);
  });

  it("signs an object as a multipart form where that is asked for", async () => {
    const { type } = await echo(call.postForm("/orders", { a: 1, b: [1, 2] }));
    expect(type).toMatch(/^multipart\/form-data; boundary=/);
  });

  it("signs what transformRequest makes, compressed content too", async () => {
    const json = Buffer.from('{"changed":true}');
    const changed = call.post(
      "/orders",
      { n: 1 },
      {
        transformRequest: (_data: unknown, headers) => {
          headers.set("Content-Type", "application/json");
          headers.set("Content-Encoding", "gzip");
          return gzipSync(json);
        },
      },
    );
    expect(await echo(changed)).toMatchObject({ type: JSON_TYPE, sha256: sha256(gzipSync(json)) });
  });

  it("signs and sends the part of a file that its stream would read", async () => {
    const path = join(folder, `part-${adapter}`);
    writeFileSync(path, binary);
    const headers = { "Content-Type": "application/octet-stream" };
    const put = (stream: Readable) => echo(call.put("/files/1", stream, { headers }));
    expect(await put(createReadStream(path))).toMatchObject({
      length: 256,
      sha256: sha256(binary),
    });
    expect(await put(createReadStream(path, { start: 3, end: 9 }))).toMatchObject({
      length: 7,
      sha256: sha256(binary.slice(3, 10)),
    });
    const gone = put(createReadStream(join(folder, "not-there")));
    await expect(gone).rejects.toThrow("ENOENT");
  });

  it("refuses streams that can be read once, before it sends", async () => {
    server.verdicts.length = 0;
    const path = join(folder, `once-${adapter}`);
    writeFileSync(path, "1234");
    const begun = createReadStream(path, { highWaterMark: 1 });
    await begun[Symbol.asyncIterator]().next();
    const once = [
      Readable.from(["a"]),
      new Blob(["a"]).stream(),
      begun,
      createReadStream("", { fd: openSync(path, "r") }),
    ];
    for (const data of once) {
      await expect(call.post("/orders", data)).rejects.toMatchObject({
        name: "ConfigurationError",
        message: expect.stringContaining("must be content that can be read twice"),
      });
    }
    expect(server.verdicts).toEqual([]);
  });

  it("refuses what no server would take, and a second credential, before it sends", async () => {
    server.verdicts.length = 0;
    const refused: [object, string][] = [
      [{ headers: { "x-name": "\u{e9}" } }, "header-malformed: x-name"],
      [{ headers: { "x-name": "\u{20ac}" } }, "header-malformed: x-name"],
      [{ auth: { username: "a", password: "b" } }, "auth: must be absent"],
      [{ headers: { authorization: "Bearer x" } }, "headers.Authorization: must be absent"],
      [{ baseURL: server.url.replace("//", "//user:pass@") }, "auth: must be absent"],
    ];
    for (const [config, message] of refused)
      await expect(call.get("/orders", config)).rejects.toThrow(message);
    expect(server.verdicts).toEqual([]);
  });

  it("signs a header of several values as one line, and small letters as capitals", async () => {
    const headers = { "x-tag": ["a", "b"], "X-Count": 3 };
    expect(
      await echo(call.request({ url: "/a", method: "patch", data: "x", headers })),
    ).toMatchObject({ method: "PATCH", length: 1 });
    expect((await echo(call.delete("/orders/1", { data: { n: 1 } }))).length).toBe(7);
  });
});

/** Signs what it answers, and lies where it is told to. */
class Liar {
  readonly clock = new TestClock();
  readonly received: {
    target: string;
    nonce: string;
    method: string;
    port: number;
    accepts: string | undefined;
    host: string | undefined;
  }[] = [];
  /** How many requests are turned away with 503 first. */
  busy = 0;
  readonly #server: Server;
  #before: { headers: [string, string][]; content: Buffer } | undefined;

  readonly #verifier = new Verifier({
    schemes: [lacre1],
    keys: new MemoryKeyStore(readApps({ demo: DEMO_KEY }, [lacre1])),
    nonces: new MemoryNonceStore({ fence: false, clock: this.clock }),
    window: { maxAgeSeconds: 300, futureSkewSeconds: 5, clockSpreadSeconds: 25 },
    clock: this.clock,
  });
  readonly #signer = new ResponseSigner([lacre1], this.clock);

  constructor() {
    this.#server = createServer((request, response) => {
      const parts: Buffer[] = [];
      request.on("data", (part: Buffer) => parts.push(part));
      request.on("end", () => {
        void this.#answer(request, Buffer.concat(parts)).then(({ status, headers, content }) =>
          response
            .writeHead(status, [...headers, ["Content-Length", String(content.length)]].flat())
            .end(content),
        );
      });
    });
  }

  async #answer(
    request: IncomingMessage,
    body: Buffer,
  ): Promise<{ status: number; headers: [string, string][]; content: Buffer }> {
    const { method = "", url: target = "", rawHeaders, headers: given, socket } = request;
    const nonce = /Nonce=([^,]+)/.exec(given.authorization ?? "")?.[1] ?? "none";
    const accepts = given["accept-encoding"];
    const { host } = given;
    this.received.push({ target, nonce, method, port: socket.remotePort ?? 0, accepts, host });
    if (this.busy > 0) {
      this.busy--;
      return {
        status: 503,
        headers: [["Retry-After", String(given["x-pause"] ?? "0")]],
        content: Buffer.alloc(0),
      };
    }
    const bytes = contentOf(body);
    const route = { schemes: ["lacre1"], signedHeaders: [], scopes: [], stream: false };
    let verification: Verification;
    let authentic: Authentic;
    try {
      const front = { origins: Origins.of("*"), pathPrefix: "" };
      verification = this.#verifier.begin(receive({ method, target, rawHeaders }, front), bytes);
      authentic = await verification.authenticate(route);
    } catch (error) {
      return { status: 401, headers: [], content: Buffer.from((error as Refusal).message) };
    }
    let { status, headers, content } = this.#plain(target);
    try {
      await verification.admit(route);
    } catch (error) {
      status = (error as Refusal).status;
      const { code } = error as Refusal;
      headers = [["WWW-Authenticate", "LACRE1-HMAC-SHA256"]];
      if (isOutOfWindow(code)) headers.push(["Lacre-Clock", "out-of-window"]);
      content = Buffer.from(code);
    }
    const signed = this.#signer.sign(authentic, { status, headers, content });
    const sent = {
      headers: [...headers, ...signed.map(([n, v]): [string, string] => [n, v])],
      content,
    };
    const earlier = this.#before;
    this.#before = sent;
    switch (target) {
      case "/tampered":
        return { status, ...sent, content: Buffer.from(content.toString().replace("1", "2")) };
      case "/retyped":
        return { status, ...sent, headers: [["Content-Type", "text/html"], ...sent.headers] };
      case "/status":
        return { status: 201, ...sent };
      case "/swapped":
        return { status, ...(earlier ?? sent) };
      case "/unsigned":
      case "/unsigned-gzip":
        return { status, headers, content };
      default:
        return { status, ...sent };
    }
  }

  #plain(target: string): { status: number; headers: [string, string][]; content: Buffer } {
    const json: [string, string] = ["Content-Type", "application/json"];
    const content = Buffer.from('\u{feff}{"n":1}');
    const moved = (status: number, location: string) => ({
      status,
      headers: [["Location", location]] as [string, string][],
      content: Buffer.alloc(0),
    });
    switch (target) {
      case "/moved":
        return moved(302, "/orders");
      case "/kept":
        return moved(307, "/orders");
      case "/away":
        return moved(302, this.url.replace("127.0.0.1", "localhost"));
      case "/gone":
        return { status: 404, headers: [json], content };
      case "/none":
        return { status: 204, headers: [], content: Buffer.alloc(0) };
      case "/gzip":
      case "/unsigned-gzip":
        return {
          status: 200,
          headers: [json, ["Content-Encoding", "gzip"]],
          content: gzipSync(content),
        };
      case "/br":
        return {
          status: 200,
          headers: [json, ["Content-Encoding", "br"]],
          content: brotliCompressSync(content),
        };
      default:
        return { status: 200, headers: [json], content };
    }
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async listen(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

describe.each(["http", "fetch"])("answers over the %s adapter", (adapter) => {
  const liar = new Liar();
  beforeAll(() => liar.listen());
  afterAll(() => liar.close());
  beforeEach(() => {
    liar.received.length = 0;
    liar.busy = 0;
    liar.clock.ms = Date.now(); // on a busy machine the clock that stands would soon be a wrong one
  });

  const make = (options: Partial<ClientOptions> = {}): AxiosInstance => {
    const instance = client(liar.url, { verifyResponses: "require", ...options });
    instance.defaults.adapter = adapter;
    return instance;
  };
  const targets = (): string[] => liar.received.map(({ target }) => target);
  const nonces = (): number => new Set(liar.received.map(({ nonce }) => nonce)).size;

  it.each([
    ["/tampered", "content-mismatch"],
    ["/retyped", adapter === "http" ? "header-repeated" : "signature-mismatch"],
    ["/status", "signature-mismatch"],
    ["/swapped", "signature-mismatch"],
    ["/unsigned", "signature-missing"],
  ])("believes no %s", async (target, fault) => {
    const call = make();
    expect((await call.get("/orders")).data).toEqual({ n: 1 });
    for (const responseType of ["json", "stream"] as const)
      await expect(call.get(target, { responseType })).rejects.toMatchObject({
        name: "ResponseRefusal",
        fault,
      });
  });

  it("hands an unsigned answer on where that was asked for, and still no changed one", async () => {
    const call = make({ verifyResponses: "if-present" });
    expect((await call.get("/unsigned")).data).toEqual({ n: 1 });
    for (const responseType of ["json", "stream"] as const)
      await expect(call.get("/tampered", { responseType })).rejects.toThrow("content-mismatch");
  });

  const readAll = async (data: unknown): Promise<string> => {
    const parts: Uint8Array[] = [];
    for await (const part of data as AsyncIterable<Uint8Array>) parts.push(part);
    return Buffer.concat(parts).toString();
  };

  it.each<[ClientOptions["verifyResponses"], string]>([
    ["require", "/orders"],
    ["if-present", "/orders"],
    ["if-present", "/unsigned"],
  ])("gives what axios gives: %s, %s", async (verifyResponses, target) => {
    const call = make({ verifyResponses });
    const as = async (responseType?: "json" | "text" | "arraybuffer" | "blob" | "stream") =>
      (await call.get(target, { responseType })).data as unknown;
    expect(await as()).toEqual({ n: 1 });
    expect(await as("json")).toEqual({ n: 1 });
    expect(await as("text")).toBe('{"n":1}');
    const blob = (await as("blob")) as Blob;
    expect([blob.type, await blob.text()]).toEqual(["application/json", '{"n":1}']);
    expect(await readAll(await as("stream"))).toBe('\u{feff}{"n":1}');
    const bytes = await as("arraybuffer");
    expect(Buffer.isBuffer(bytes)).toBe(adapter === "http");
    expect(Buffer.from(bytes as ArrayBuffer).toString()).toBe('\u{feff}{"n":1}');
    if (adapter === "http")
      expect((await call.get(target, { responseEncoding: "latin1" })).data).toContain("\u{ef}");
  });

  it("asks for content as it is, unless told otherwise", async () => {
    const call = make();
    await call.get("/orders");
    await call.get("/orders", { headers: { "Accept-Encoding": "br" } });
    expect(liar.received.map(({ accepts }) => accepts)).toEqual(["identity", "br"]);
  });

  it("signs the host that the adapter sends, where another is given", async () => {
    const { data } = await make().get("/orders", { headers: { Host: "api.example.test" } });
    expect(data).toBeDefined();
    const sent = adapter === "http" ? "api.example.test" : new URL(liar.url).host;
    expect(liar.received.map(({ host }) => host)).toEqual([sent]);
  });

  it("settles as validateStatus says, with the answer in the error", async () => {
    const call = make();
    await expect(call.get("/gone")).rejects.toMatchObject({
      name: "AxiosError",
      code: "ERR_BAD_REQUEST",
      message: "Request failed with status code 404",
      response: { status: 404, data: { n: 1 } },
    });
    expect((await call.get("/gone", { validateStatus: () => true })).status).toBe(404);
    expect((await call.get("/none")).data).toBe("");
    expect((await call.head("/orders")).status).toBe(200);
  });

  it("sets its clock by a signed refusal, and only then repeats a POST", async () => {
    const clock = new TestClock(liar.clock.ms - 600_000);
    const call = make({ clock });
    expect((await call.post("/orders", { n: 1 })).data).toEqual({ n: 1 });
    expect([targets(), nonces()]).toEqual([["/orders", "/orders"], 2]);
    await call.post("/orders", { n: 1 });
    expect(liar.received.length).toBe(3);
  });

  it("repeats what may run twice after 503, signed anew", async () => {
    const call = make();
    liar.busy = 2;
    expect((await call.get("/orders")).status).toBe(200);
    expect([liar.received.length, nonces()]).toEqual([3, 3]);

    liar.received.length = 0;
    liar.busy = 1;
    const unsigned = make({ verifyResponses: "if-present" });
    await expect(unsigned.post("/orders", { n: 1 })).rejects.toThrow("status code 503");
    expect(liar.received.length).toBe(1);

    liar.received.length = 0;
    liar.busy = 1;
    const form = new FormOfNode();
    form.append("a", "b");
    const headers = { "Idempotency-Key": "1" };
    for (const data of [{ n: 1 }, form, new Blob(["x"])]) {
      liar.busy = 1;
      expect((await call.post("/orders", data, { headers })).status).toBe(200);
    }
    expect([liar.received.length, nonces()]).toEqual([6, 6]);
  });

  it("follows no redirect unless told to, and none to another origin", async () => {
    await expect(make().get("/moved")).rejects.toThrow("status code 302");
    await expect(make().get("/moved", { maxRedirects: 5 })).rejects.toThrow("status code 302");
    expect(targets()).toEqual(["/moved", "/moved"]);
    liar.received.length = 0;

    const call = make({ redirects: 2 });
    expect((await call.post("/moved", { n: 1 })).data).toEqual({ n: 1 });
    expect((await call.post("/kept", { n: 1 })).data).toEqual({ n: 1 });
    expect(liar.received.map(({ method, target }) => `${method} ${target}`)).toEqual([
      "POST /moved",
      "GET /orders",
      "POST /kept",
      "POST /orders",
    ]);
    expect(nonces()).toBe(4);
    await expect(call.get("/away")).rejects.toThrow("status code 302");
    expect(liar.received.length).toBe(5);
  });

  it("leaves no signature behind, and signs a config that is sent again anew", async () => {
    const call = make();
    const first = await call.post("/orders", { n: 1 });
    expect(JSON.stringify(first.config)).not.toMatch(/authorization|LACRE1/i);
    expect((await call.request(first.config)).status).toBe(200);
    const failed = (await call
      .post("/gone", { n: 1 })
      .catch((error: unknown) => error)) as AxiosError;
    expect(JSON.stringify(failed)).not.toMatch(/LACRE1/);
    await expect(call.request(failed.config ?? {})).rejects.toThrow("status code 404");
    const closed = await make({ retries: 0 })
      .get("http://127.0.0.1:1/")
      .catch((error: unknown) => error as AxiosError);
    expect(JSON.stringify(closed)).toContain("127.0.0.1");
    expect(JSON.stringify(closed)).not.toMatch(/LACRE1/);
    expect(nonces()).toBe(4);

    // Another key signs with its own.
    const other = make({ apiKey: `lk1_${"B".repeat(42)}A` });
    await expect(other.request(first.config)).rejects.toThrow("signature-missing");
    expect(liar.received.length).toBe(5);
  });

  it("runs beside interceptors that came before and after it", async () => {
    const instance = axios.create({ baseURL: liar.url, adapter });
    const order: string[] = [];
    const interceptor = (name: string) => {
      instance.interceptors.request.use((config) => {
        order.push(name);
        config.params = { ...(config.params as object), [name]: order.length };
        config.headers.set(`x-${name}`, name);
        return config;
      });
      instance.interceptors.response.use((response) => {
        order.push(`${name}, answered`);
        return response;
      });
    };
    interceptor("before");
    signAxios(instance, { ...DEMO, verifyResponses: "require" });
    interceptor("after");
    expect((await instance.get("/orders")).data).toEqual({ n: 1 });
    expect(targets()).toEqual(["/orders?after=1&before=2"]);
    expect(order).toEqual(["after", "before", "before, answered", "after, answered"]);
  });

  it("gives up when the caller does", async () => {
    const call = make();
    const controller = new AbortController();
    controller.abort();
    await expect(call.get("/orders", { signal: controller.signal })).rejects.toBeInstanceOf(
      CanceledError,
    );
    const source = axios.CancelToken.source();
    const waiting = call.get("/orders", { cancelToken: source.token });
    source.cancel("enough");
    await expect(waiting).rejects.toMatchObject({ code: "ERR_CANCELED", message: "enough" });
    expect((await call.get("/later")).status).toBe(200);
    expect(targets()).toEqual(["/later"]);
    liar.received.length = 0;

    liar.busy = 1; // and does not wait to repeat
    const impatient = new AbortController();
    const repeated = call.get("/orders", {
      signal: impatient.signal,
      headers: { "x-pause": "20" },
    });
    setTimeout(() => impatient.abort(), 50);
    await expect(repeated).rejects.toBeInstanceOf(CanceledError);
    expect(targets()).toEqual(["/orders"]);
  });

  it("ends when time is up", async () => {
    const silent = createServer(() => {}).listen(0, "127.0.0.1");
    await new Promise((resolve) => silent.once("listening", resolve));
    const url = `http://127.0.0.1:${(silent.address() as AddressInfo).port}`;
    try {
      const late = make({ retries: 0 }).get(url, { timeout: 50 });
      await expect(late).rejects.toThrow("timeout of 50ms exceeded");
    } finally {
      silent.closeAllConnections();
      silent.close();
    }
  });

  it("does not repeat what will fail again", async () => {
    const call = make({ verifyResponses: "if-present" });
    await expect(call.get("/orders", { maxContentLength: 3 })).rejects.toThrow("maxContentLength");
    expect(liar.received.length).toBe(1);
  });
});

describe("over the http adapter alone", () => {
  const liar = new Liar();
  beforeAll(() => liar.listen());
  afterAll(() => liar.close());
  beforeEach(() => {
    liar.received.length = 0;
    liar.clock.ms = Date.now();
  });

  it("checks compressed answers before it decompresses them", async () => {
    const call = client(liar.url, { verifyResponses: "require" });
    for (const target of ["/gzip", "/br"]) {
      const answer = await call.get(target);
      expect([answer.data, answer.headers["content-encoding"]]).toEqual([{ n: 1 }, undefined]);
    }
    const raw = await call.get("/gzip", { decompress: false, responseType: "arraybuffer" });
    expect(raw.data).toEqual(gzipSync('\u{feff}{"n":1}'));
    const bomb = call.get("/gzip", { maxContentLength: 5 });
    await expect(bomb).rejects.toThrow("maxContentLength size of 5 exceeded");
    const lenient = client(liar.url);
    const { data } = await lenient.get("/unsigned-gzip", { responseType: "stream" });
    expect(await new Response(Readable.toWeb(data as Readable) as ReadableStream).text()).toBe(
      '{"n":1}',
    );
  });

  it("says why it cannot check what fetch has decoded", async () => {
    const call = client(liar.url, { verifyResponses: "require" });
    await expect(call.get("/gzip", { adapter: "fetch" })).rejects.toThrow("was decoded (gzip)");
  });

  it("keeps a connection alive", async () => {
    const httpAgent = new Agent({ keepAlive: true, maxSockets: 1 });
    const call = client(liar.url, { verifyResponses: "require" });
    await call.post("/orders", { n: 1 }, { httpAgent });
    await call.get("/orders", { httpAgent });
    expect(new Set(liar.received.map(({ port }) => port)).size).toBe(1);
    httpAgent.destroy();
  });

  it("signs the host that goes into a socket", async () => {
    const path = join(folder, "socket");
    const seen: (string | undefined)[] = [];
    const server = createServer((request, response) => {
      seen.push(request.headers.host);
      response.end();
    }).listen(path);
    await new Promise((resolve) => server.once("listening", resolve));
    const call = client("https://api.example.com");
    await call.get("http://api.example.com/", { socketPath: path });
    server.closeAllConnections();
    server.close();
    expect(seen).toEqual(["api.example.com"]);
  });

  it("sends through the adapter that an instance or a request names", async () => {
    const seen: string[] = [];
    const call = client("https://api.example.com");
    const adapter = (config: { headers: { get(name: string): unknown }; url?: string }) => {
      seen.push(`${config.url} ${String(config.headers.get("Authorization")).slice(0, 18)}`);
      return Promise.resolve({ status: 200, data: { mocked: true }, headers: {}, config } as never);
    };
    call.defaults.adapter = adapter;
    expect((await call.get("/a")).data).toEqual({ mocked: true });
    await call.get("/b", { adapter });
    expect(seen).toEqual([
      "https://api.example.com/a LACRE1-HMAC-SHA256",
      "https://api.example.com/b LACRE1-HMAC-SHA256",
    ]);
  });

  it("signs for the instance that it was given, and for no copy of it", async () => {
    const instance = client(liar.url);
    await instance.get("/signed");
    await expect(instance.create().get("/copy")).rejects.toThrow("status code 401");
    await expect(axios.get(`${liar.url}/global`)).rejects.toThrow("status code 401");
    expect(liar.received.map(({ nonce }) => nonce).slice(1)).toEqual(["none", "none"]);
  });

  it("refuses a wrong instance when it is installed", () => {
    const instance = signAxios(axios.create(), DEMO);
    expect(() => signAxios(instance, DEMO)).toThrow("must be an instance that does not sign yet");
    const auth = { username: "a", password: "b" };
    expect(() => signAxios(axios.create({ auth }), DEMO)).toThrow("auth: must be absent");
    expect(() => signAxios(axios.create(), { ...DEMO, apiKey: "short" })).toThrow("apiKey");
    expect(() => signAxios(axios.create(), { ...DEMO, retries: -1 })).toThrow("retries");
  });
});
