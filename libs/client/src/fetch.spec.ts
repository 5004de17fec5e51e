import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import {
  contentOf,
  lacre1,
  MemoryKeyStore,
  MemoryNonceStore,
  Origins,
  readApps,
  receive,
  Refusal,
  Verifier,
} from "@lacre/core";
import { signFetch } from "./fetch.js";

const KEY = "lk1_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";

describe("signFetch", () => {
  let server: Server;
  let url: string;
  let received: { method: string; headers: IncomingMessage["headers"]; body: Buffer }[] = [];
  const verifier = new Verifier({
    schemes: [lacre1],
    keys: new MemoryKeyStore(readApps({ demo: KEY }, [lacre1])),
    nonces: new MemoryNonceStore({ fence: false }),
    window: { maxAgeSeconds: 300, futureSkewSeconds: 5, clockSpreadSeconds: 25 },
  });

  beforeAll(async () => {
    server = createServer((request, response) => {
      const parts: Buffer[] = [];
      request.on("data", (part: Buffer) => parts.push(part));
      request.on("end", () => {
        const body = Buffer.concat(parts);
        received.push({ method: request.method ?? "", headers: request.headers, body });
        if (request.url === "/moved")
          return void response.writeHead(302, { location: "/orders" }).end();
        const { method = "", url: target = "", rawHeaders } = request;
        Promise.resolve()
          .then(() =>
            receive({ method, target, rawHeaders }, { origins: Origins.of("*"), pathPrefix: "" }),
          )
          .then((head) =>
            verifier.verify(head, contentOf(body), {
              schemes: ["lacre1"],
              signedHeaders: [],
              scopes: [],
              stream: false,
            }),
          )
          .then(
            () => response.writeHead(200).end("ok"),
            (error: unknown) =>
              response.writeHead(401).end(error instanceof Refusal ? error.code : String(error)),
          );
      });
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(() => new Promise((resolve) => server.close(resolve)));

  const form = (): FormData => {
    const data = new FormData();
    data.set("a", "b c");
    data.set("file", new Blob(["hello"], { type: "text/plain" }), "a.txt");
    return data;
  };

  it.each<[string, string, RequestInit]>([
    ["GET", "/orders", {}],
    ["an awkward target", "/a//b/%2F?x=%20&y=a+b&x=&z", {}],
    ["a string", "/orders", { method: "POST", body: "plain" }],
    [
      "JSON",
      "/orders",
      { method: "POST", body: '{"n":1}', headers: { "content-type": "application/json" } },
    ],
    ["a form", "/orders", { method: "POST", body: new URLSearchParams({ a: "b c", d: "é" }) }],
    ["multipart", "/orders", { method: "POST", body: form() }],
    ["a blob", "/orders", { method: "PUT", body: new Blob([new Uint8Array([0, 255])]) }],
    ["bytes", "/orders", { method: "POST", body: new Uint8Array([0, 255, 10]) }],
    ["an empty string", "/orders", { method: "POST", body: "" }],
    ["a method in lower case", "/orders", { method: "patch", body: "x" }],
    ["DELETE with headers", "/orders/1", { method: "DELETE", headers: [["x-tenant", "a  b"]] }],
  ])("signs what goes on the wire: %s", async (_name, target, init) => {
    const response = await signFetch(fetch, { appId: "demo", apiKey: KEY })(url + target, init);
    expect([response.status, await response.text()]).toEqual([200, "ok"]);
  });

  /** What an edge adds to a request, and what belongs to the connection that it came by. */
  const OF_THE_EDGE = {
    Host: "edge.example.test",
    Connection: "keep-alive",
    "Content-Length": "999",
    Expect: "100-continue",
    "Keep-Alive": "timeout=5",
    TE: "trailers",
    Trailer: "x",
    "Transfer-Encoding": "chunked",
    Upgrade: "h2c",
    "Accept-Encoding": "br",
  };

  it("sends on what came in, signed for the host that it goes to", async () => {
    const call = signFetch(fetch, { appId: "demo", apiKey: KEY });
    // As workers have an incoming request: with all of its headers.
    const cameIn = (): Request =>
      Object.defineProperty(
        new Request(`${url}/orders`, { method: "POST", body: "tea" }),
        "headers",
        {
          value: new Headers(OF_THE_EDGE),
        },
      );
    received = [];
    expect(await (await call(cameIn())).text()).toBe("ok");
    expect(await (await call(cameIn(), { body: "another" })).text()).toBe("ok");
    expect(received.map(({ body }) => body.toString())).toEqual(["tea", "another"]);
    expect(received.map(({ headers }) => headers["accept-encoding"])).toEqual([
      "identity",
      "identity",
    ]);
  });

  it("signs the host of the URL, whatever Host is given, since that is what fetch sends", async () => {
    const call = signFetch(fetch, { appId: "demo", apiKey: KEY });
    received = [];
    const headers = { ...OF_THE_EDGE, "X-Tenant": "7" };
    expect(await (await call(`${url}/orders`, { headers })).text()).toBe("ok");
    const sent = received[0]?.headers;
    expect(sent?.authorization).toContain("SignedHeaders=host;x-tenant,");
    expect([sent?.host, sent?.["accept-encoding"]]).toEqual([new URL(url).host, "br"]);
  });

  it("signs every attempt anew", async () => {
    const call = signFetch(fetch, { appId: "demo", apiKey: KEY });
    received = [];
    expect((await call(`${url}/orders`)).status).toBe(200);
    expect((await call(`${url}/orders`)).status).toBe(200);
    expect(new Set(received.map(({ headers }) => headers.authorization)).size).toBe(2);
  });

  it("follows no redirect", async () => {
    received = [];
    const response = await signFetch(fetch, { appId: "demo", apiKey: KEY })(`${url}/moved`);
    expect([response.status, received.length]).toEqual([302, 1]);
  });

  it("fails at a redirect where it is told to, as fetch does", async () => {
    received = [];
    const call = signFetch(fetch, { appId: "demo", apiKey: KEY, retries: 0 });
    await expect(call(`${url}/moved`, { redirect: "error" })).rejects.toThrow("fetch failed");
    await expect(call(new Request(`${url}/moved`, { redirect: "error" }))).rejects.toThrow();
    expect(received.length).toBe(2);
  });

  it("says that a large Blob was redirected, and sends it once", async () => {
    received = [];
    const body = new Blob([new Uint8Array(1_048_577)]);
    const call = signFetch(fetch, { appId: "demo", apiKey: KEY })(`${url}/moved`, {
      method: "PUT",
      body,
    });
    await expect(call).rejects.toThrow("is redirected");
    expect(received.length).toBe(1);
  });

  it("refuses what no server would take, before it sends", async () => {
    received = [];
    const call = signFetch(fetch, { appId: "demo", apiKey: KEY });
    await expect(call(`${url}/orders`, { headers: { "x-name": "é" } })).rejects.toThrow(
      "header-malformed: x-name",
    );
    expect(received).toEqual([]);
  });
});

describe("signFetch and a signal", () => {
  const call = signFetch(fetch, { appId: "demo", apiKey: KEY });
  const slow = (): { body: ReadableStream; pulled: () => number } => {
    let pulled = 0;
    const pull = async (controller: ReadableStreamDefaultController): Promise<void> => {
      pulled++;
      await new Promise((resolve) => setTimeout(resolve, 5));
      controller.enqueue(new Uint8Array(1000));
    };
    return { body: new ReadableStream({ pull }), pulled: () => pulled };
  };
  const NOBODY = "http://127.0.0.1:9/";
  const streamed = { method: "POST", duplex: "half" } as RequestInit;

  it.each(["init", "the Request"])("stops reading a Request at the signal of %s", async (where) => {
    const { body, pulled } = slow();
    const signal = AbortSignal.timeout(60);
    const request = new Request(NOBODY, {
      ...streamed,
      body,
      ...(where === "init" ? {} : { signal }),
    });
    const sent = call(request, where === "init" ? { signal } : {});
    await expect(sent).rejects.toMatchObject({ name: "TimeoutError" });
    await new Promise((resolve) => setTimeout(resolve, 30));
    const soFar = pulled();
    await new Promise((resolve) => setTimeout(resolve, 60));
    expect(pulled()).toBe(soFar);
  });

  it("does not wait for the hash of a Blob", async () => {
    const body = Object.assign(new Blob(["x"]), {
      stream: () => new ReadableStream({ pull: () => new Promise(() => {}) }),
    });
    const signal = AbortSignal.timeout(60);
    await expect(call(NOBODY, { method: "PUT", body, signal })).rejects.toMatchObject({
      name: "TimeoutError",
    });
  });
});

describe("signFetch and a mistake", () => {
  it.each<[string, string, RequestInit]>([
    ["a GET with content", "http://127.0.0.1:9/", { body: "x" }],
    ["a URL with credentials", "http://a:b@127.0.0.1:9/", {}],
    ["a URL of another kind", "ws://127.0.0.1:9/", {}],
    ["a wrong setting", "http://127.0.0.1:9/", { cache: "always" } as unknown as RequestInit],
  ])("tries once: %s", async (_name, address, init) => {
    let count = 0;
    const transmit: typeof fetch = async (...asked) => {
      count++;
      return fetch(...asked);
    };
    const sent = signFetch(transmit, { appId: "demo", apiKey: KEY })(address, init);
    await expect(sent).rejects.toHaveProperty("name", "TypeError");
    expect(count).toBe(1);
  });

  it("refuses to sign what signs already", () => {
    const options = { appId: "demo", apiKey: KEY };
    expect(() => signFetch(signFetch(fetch, options) as typeof fetch, options)).toThrow(
      "fetch: must be an instance that does not sign yet.",
    );
  });

  it("names a key that the environment does not hold", () => {
    const { LACRE_KEY_THAT_IS_NOT_THERE: apiKey } = process.env;
    expect(() => signFetch(fetch, { appId: "demo", apiKey })).toThrow("apiKey: is missing.");
  });
});

describe("signFetch where it stands", () => {
  const key = "lk1_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";
  const set = (name: string, value: unknown): (() => void) => {
    const before = Object.getOwnPropertyDescriptor(globalThis, name);
    Object.defineProperty(globalThis, name, { value, configurable: true, writable: true });
    return () => {
      if (before === undefined) Reflect.deleteProperty(globalThis, name);
      else Object.defineProperty(globalThis, name, before);
    };
  };

  it("resolves a relative URL as pages and workers do", async () => {
    const asked: string[] = [];
    const transmit = (async (url: URL) => {
      asked.push(url.href);
      return new Response("x");
    }) as unknown as typeof fetch;
    const restore = set("location", { href: "https://app.example.test/a/page?x#y" });
    try {
      await signFetch(transmit, { appId: "demo", apiKey: key })("../api?q=1");
      expect(asked).toEqual(["https://app.example.test/api?q=1"]);
    } finally {
      restore();
    }
    await expect(signFetch(transmit, { appId: "demo", apiKey: key })("/api")).rejects.toThrow();
  });

  // What a service worker is handed. Node makes no Request with these, so they are set on one.
  const handed = (settings: object, init: RequestInit = {}): Request =>
    Object.defineProperties(
      new Request("https://app.example.test/api", init),
      Object.fromEntries(Object.entries(settings).map(([name, value]) => [name, { value }])),
    );
  const sentFor = async (request: Request, options = {}) => {
    const sent: (RequestInit & { cache?: string })[] = [];
    const transmit = (async (_url: URL, init: RequestInit) => {
      sent.push(init);
      return new Response("x");
    }) as unknown as typeof fetch;
    await signFetch(transmit, { appId: "demo", apiKey: key, ...options })(request);
    return sent[0];
  };

  it("keeps the settings of a Request that it takes over", async () => {
    const settings = { cache: "no-cache", referrer: "https://app.example.test/page" };
    const kept = { ...settings, credentials: "include", integrity: "sha256-x", keepalive: true };
    expect(await sentFor(handed({ ...kept, mode: "same-origin" }))).toMatchObject({
      ...kept,
      mode: "same-origin",
    });
  });

  it.each(["navigate", "no-cors", "cors"])(
    "asks with CORS for what came as %s: a script may set headers on nothing else",
    async (mode) => {
      expect(await sentFor(handed({ mode }))).not.toHaveProperty("mode");
    },
  );

  it("takes over the content of a POST, and none where Firefox does not say that there is none", async () => {
    const post = handed({}, { method: "POST", body: "a=1" });
    expect(Buffer.from((await sentFor(post))?.body as Uint8Array).toString()).toBe("a=1");
    expect((await sentFor(handed({ body: undefined })))?.body).toBeNull();
  });

  it("says that a browser hides a redirect, where its answer must be signed", async () => {
    const hidden = Object.defineProperty(new Response(), "status", { value: 0 });
    const call = signFetch((async () => hidden) as typeof fetch, {
      appId: "demo",
      apiKey: key,
      verifyResponses: "require",
    });
    await expect(call("https://app.example.test/api")).rejects.toThrow(
      "signature-missing: unsigned: a redirect, which a browser hides from scripts: call the address that it leads to (0 from https://app.example.test/api)",
    );
  });

  const missingOf = (replaced: Readonly<Record<string, unknown>>): string => {
    const restored = Object.entries(replaced).map(([name, value]) => set(name, value));
    try {
      signFetch(fetch, { appId: "demo", apiKey: key });
      return "";
    } catch (error) {
      return String(error);
    } finally {
      for (const restore of restored) restore();
    }
  };

  it.each(["AbortSignal", "Headers", "Request", "Response", "TextEncoder", "performance"])(
    "names a missing %s",
    (name) => {
      expect(missingOf({ [name]: undefined })).toContain(
        `signFetch: needs ${name}${name === "performance" ? ".now" : ""}, which this environment does not have.`,
      );
    },
  );

  it("names all that is missing, and the cure for where it stands", () => {
    const poor = { Request: undefined, URL: class {} };
    expect(missingOf(poor)).toMatch(/needs Request, URL\.canParse, .* jest-environment-jsdom/);
    expect(missingOf({ ...poor, navigator: { product: "ReactNative" } })).toMatch(
      /needs Request, URL\.canParse, .* react-native-url-polyfill/,
    );
    expect(() => signFetch(undefined as never, { appId: "demo", apiKey: key })).toThrow(
      "signFetch: must be given a fetch.",
    );
  });
});
