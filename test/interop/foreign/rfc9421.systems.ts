import { createHash } from "node:crypto";
import { symlinkSync } from "node:fs";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { All, Body, Controller, type INestApplication } from "@nestjs/common";
import {
  contentOf,
  MemoryKeyStore,
  MemoryNonceStore,
  Origins,
  readApps,
  receive,
  ResponseRefusal,
  ResponseSigner,
  Signer,
  Verifier,
  type SignedRequest,
} from "@lacre/core";
import { rfc9421 } from "@lacre/schemes/rfc9421";
import { HmacPrincipal, HmacProtected } from "@lacre/nestjs";
import {
  parseDictionary,
  parseItem,
  parseList,
  serialiseDictionary,
  serialiseList,
  serialiseMember,
} from "../../../libs/core/src/http/structured-fields.js";
import { freePort, Workshop } from "../../docs/workshop.js";
import { PLATFORMS, startApp, type RunningApp } from "../../support/app.js";
import { send } from "../../support/wire.js";
import { forEachCase, type Random } from "../random.js";
import { foreign, needForeign, versionOf } from "./foreign.js";

/** Of http-message-signatures, what these tests use. */
interface Httpbis {
  createSigner(key: Buffer, alg: string, id: string): object;
  createVerifier(key: Buffer, alg: string): (data: Buffer, mac: Buffer) => Promise<boolean>;
  httpbis: {
    signMessage<T extends Message>(config: object, message: T, request?: Message): Promise<T>;
    verifyMessage(config: object, message: Message, request?: Message): Promise<boolean | null>;
  };
}
interface Message {
  method?: string;
  url?: string;
  status?: number;
  headers: Record<string, string | string[]>;
}
/** Of structured-headers. */
interface StructuredHeaders {
  parseDictionary(text: string): Map<string, unknown>;
  parseList(text: string): unknown[];
  parseItem(text: string): unknown;
  serializeDictionary(value: unknown): string;
  serializeList(value: unknown): string;
  serializeItem(value: unknown): string;
}

const KEY_TEXT =
  "uzvJfB4u3N0Jy4T7NZ75MDVcr8zSTInedJtkgcu46YW4XByzNJjxBdtjUkdJPBtbmHhIDi6pcl8jsasjlTMtDQ==";
const KEY = Buffer.from(KEY_TEXT, "base64");
const APP = {
  appId: "demo",
  apiKey: KEY_TEXT,
  encoding: "base64",
  schemes: ["rfc9421"],
} as const;
const CONTENT = '{"n":1,"s":"é"}';
const TARGET = ["@method", "@authority", "@path", "@query"];

let theirs: Httpbis;
let structured: StructuredHeaders;
beforeAll(async () => {
  needForeign();
  theirs = await foreign<Httpbis>("http-message-signatures");
  structured = await foreign<StructuredHeaders>("structured-headers");
}, 300_000);

const digestField = (content: string): string =>
  `sha-256=:${createHash("sha256").update(content).digest("base64")}:`;

const keyLookup = async ({ keyid }: { keyid?: string }): Promise<object | null> =>
  keyid === "demo"
    ? { id: keyid, algs: ["hmac-sha256"], verify: theirs.createVerifier(KEY, "hmac-sha256") }
    : null;

const sign = async (message: Message, fields: string[], more: object = {}): Promise<Message> =>
  theirs.httpbis.signMessage(
    { key: theirs.createSigner(KEY, "hmac-sha256", "demo"), fields, ...more },
    message,
  );

const flat = (headers: Message["headers"]): [string, string][] =>
  Object.entries(headers).map(([name, value]) => [name, String(value)]);

@Controller("orders")
@HmacProtected({ schemes: ["rfc9421"] })
class OrdersController {
  @All()
  orders(@HmacPrincipal("appId") appId: string, @Body() body: unknown): unknown {
    return { appId, body: body ?? null };
  }
}

describe.each(PLATFORMS)("what http-message-signatures signs, on %s", (platform) => {
  let app: RunningApp;
  beforeAll(async () => {
    app = await startApp(platform, {
      controllers: [OrdersController],
      hmac: { apps: [APP], schemes: [rfc9421()] },
    });
  });
  afterAll(() => app.close());

  const call = async (
    message: Message,
    body?: string,
  ): Promise<{ status: number; json: unknown }> => {
    const response = await fetch(message.url ?? "", {
      method: message.method ?? "GET",
      headers: flat(message.headers),
      ...(body !== undefined && { body }),
    });
    return { status: response.status, json: await response.json() };
  };
  /** Byte by byte, where fetch would not send it. */
  const sendAs = async (message: Message, content: { body: Buffer; chunked?: boolean }) => {
    const { host, pathname, search } = new URL(message.url ?? "");
    return send(app.port, {
      method: message.method ?? "",
      target: pathname + search,
      headers: [["Host", host], ...flat(message.headers)],
      ...content,
    });
  };
  const post = async (over: object = {}, fields = [...TARGET, "content-digest", "content-type"]) =>
    sign(
      {
        method: "POST",
        url: `${app.url}/orders?tag=a%20b&x=%2F`,
        headers: { "Content-Type": "application/json", "Content-Digest": digestField(CONTENT) },
      },
      fields,
      over,
    );

  it(`is taken (${versionOf("http-message-signatures")})`, async () => {
    const get = await sign({ method: "GET", url: `${app.url}/orders`, headers: {} }, TARGET);
    expect(await call(get)).toEqual({ status: 200, json: { appId: "demo", body: null } });
    expect(await call(await post(), CONTENT)).toEqual({
      status: 200,
      json: { appId: "demo", body: { n: 1, s: "é" } },
    });
  });

  it("is taken in chunks", async () => {
    const body = Buffer.from(CONTENT);
    const once = { params: ["created", "nonce", "keyid"], paramValues: { nonce: "in-chunks" } };
    expect(await sendAs(await post(once), { body, chunked: true })).toMatchObject({ status: 200 });
  });

  it("is taken with every kind of component", async () => {
    const message = await sign(
      {
        method: "PUT",
        url: `${app.url}/orders?tag=a%20b`,
        headers: {
          "Content-Type": "application/json",
          "Content-Digest": digestField(CONTENT),
          "X-Text": "  a,  b ",
        },
      },
      [
        "@method",
        "@target-uri",
        "@scheme",
        "@authority",
        '@query-param;name="tag"',
        '"content-digest";sf',
        '"content-digest";key="sha-256"',
        "content-type",
        '"x-text";bs',
        "x-text",
      ],
      {
        paramValues: { nonce: "b3k2pp5k7z-50gnwp.yemd", tag: "orders" },
        params: ["created", "expires", "nonce", "alg", "keyid", "tag"],
      },
    );
    expect(await call(message, CONTENT)).toMatchObject({ status: 200 });
  });

  it.each<[string, () => Promise<{ status: number }>, string]>([
    [
      "again",
      async () => {
        const message = await post();
        await call(message, CONTENT);
        return call(message, CONTENT);
      },
      "nonce-seen",
    ],
    ["with other content", async () => call(await post(), `${CONTENT} `), "content-mismatch"],
    [
      "for another query",
      async () => {
        const message = await post();
        return call({ ...message, url: `${app.url}/orders?tag=a%20b&x=/` }, CONTENT);
      },
      "signature-mismatch",
    ],
    [
      "with content added, in chunks",
      async () => {
        const get = await sign({ method: "GET", url: `${app.url}/orders`, headers: {} }, TARGET);
        return sendAs(get, { body: Buffer.from("x"), chunked: true });
      },
      "content-undigested",
    ],
    [
      "with its content left out",
      async () => sendAs(await post(), { body: Buffer.alloc(0) }),
      "content-mismatch",
    ],
    ["with nothing covered", async () => call(await post({}, []), CONTENT), "header-unsigned"],
    ["without the digest", async () => call(await post({}, TARGET), CONTENT), "header-unsigned"],
    [
      "too early",
      async () =>
        call(await post({ paramValues: { created: new Date(Date.now() + 60_000) } }), CONTENT),
      "timestamp-too-new",
    ],
    [
      "too late",
      async () =>
        call(
          await post({
            paramValues: {
              expires: new Date(Date.now() - 2000),
              created: new Date(Date.now() - 4000),
            },
          }),
          CONTENT,
        ),
      "timestamp-too-old",
    ],
    [
      "by somebody else",
      async () =>
        call(await post({ key: theirs.createSigner(KEY, "hmac-sha256", "nobody") }), CONTENT),
      "app-unknown",
    ],
    [
      "with another key",
      async () =>
        call(
          await post({ key: theirs.createSigner(KEY.subarray(1), "hmac-sha256", "demo") }),
          CONTENT,
        ),
      "signature-mismatch",
    ],
  ])("is refused %s", async (_what, attempt, code) => {
    expect((await attempt()).status).toBe(401);
    expect(app.lastCode()).toBe(code);
  });
});

/** A server on the loopback interface, and what it answers. */
async function serve(
  handle: (request: IncomingMessage, content: Buffer, response: ServerResponse) => Promise<void>,
): Promise<{ url: string; server: Server }> {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      handle(request, Buffer.concat(chunks), response).catch((error: unknown) => {
        response.statusCode = 500;
        response.end(String(error));
      });
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

const messageOf = (request: IncomingMessage): Message => ({
  method: request.method ?? "",
  url: `http://${request.headers.host}${request.url}`,
  headers: request.headers as Record<string, string>,
});

describe("what we sign, to a server that verifies with http-message-signatures", () => {
  const signer = new Signer({
    appId: "demo",
    apiKey: KEY_TEXT,
    encoding: "base64",
    scheme: rfc9421({ tag: "orders" }),
  });
  let url: string;
  let server: Server;
  /** What the server covers of its answer. */
  let covered: string[];

  beforeAll(async () => {
    ({ url, server } = await serve(async (request, content, response) => {
      const message = messageOf(request);
      const verified = await theirs.httpbis
        .verifyMessage(
          {
            keyLookup,
            requiredFields: TARGET,
            requiredParams: ["created", "nonce", "tag"],
            maxAge: 300,
          },
          message,
        )
        .catch(() => false);
      const digest = request.headers["content-digest"];
      const whole =
        digest === undefined ? content.length === 0 : digest === digestField(content.toString());
      const body = JSON.stringify({ verified, whole });
      const answer = await theirs.httpbis.signMessage(
        {
          key: theirs.createSigner(KEY, "hmac-sha256", "demo"),
          fields: covered,
          name: "reply",
          paramValues: { tag: "orders" },
          params: ["created", "keyid", "tag"],
        },
        {
          status: 200,
          headers: { "Content-Type": "application/json", "Content-Digest": digestField(body) },
        } as Message,
        message,
      );
      response.writeHead(200, flat(answer.headers).flat());
      response.end(body);
    }));
  });
  afterAll(() => new Promise((resolve) => server.close(resolve)));

  const BOUND = [
    "@status",
    "content-digest",
    "content-type",
    '"signature";req;key="sig"',
    '"@method";req',
    '"@path";req',
  ];

  async function exchange(
    request: { method: string; headers?: [string, string][]; content?: Buffer },
    spoil: (headers: Headers) => void = () => undefined,
  ): Promise<{ body: unknown; signed: SignedRequest; answer: Parameters<Signer["check"]>[1] }> {
    const target = `${url}/orders?tag=a%20b`;
    const signed = signer.sign({ ...request, url: target });
    const headers = new Headers([
      ...(request.headers ?? []),
      ...signed.headers.map((line): [string, string] => [...line]),
    ]);
    spoil(headers);
    const response = await fetch(target, {
      method: request.method,
      headers,
      ...(request.content !== undefined && { body: new Uint8Array(request.content) }),
    });
    const content = Buffer.from(await response.arrayBuffer());
    return {
      body: JSON.parse(content.toString()) as unknown,
      signed,
      answer: {
        method: request.method,
        status: response.status,
        headers: response.headers,
        content,
      },
    };
  }
  const POST = {
    method: "POST",
    headers: [["Content-Type", "application/json"]] as [string, string][],
    content: Buffer.from(CONTENT),
  };

  it("is taken, and its signed answer is believed", async () => {
    covered = BOUND;
    for (const request of [{ method: "GET" }, POST]) {
      const { body, signed, answer } = await exchange(request);
      expect(body).toEqual({ verified: true, whole: true });
      await expect(signer.check(signed, answer)).resolves.toMatchObject({
        signedHeaders: ["content-digest", "content-type"],
      });
    }
  });

  it("is refused once a byte of it is changed, and the answer to that is not to what we signed", async () => {
    covered = BOUND;
    const { body } = await exchange(POST, (headers) => headers.set("Content-Type", "text/plain"));
    expect(body).toEqual({ verified: false, whole: true });
    const [one, other] = [await exchange(POST), await exchange(POST)];
    await expect(signer.check(one.signed, one.answer)).resolves.toBeDefined();
    await expect(signer.check(one.signed, other.answer)).rejects.toMatchObject({
      fault: "signature-mismatch",
    });
  });

  it("believes no answer that is not bound to its request", async () => {
    covered = ["@status", "content-digest", "content-type"];
    const { signed, answer } = await exchange(POST);
    const fault = await signer.check(signed, answer).catch((error: unknown) => error);
    expect(fault).toBeInstanceOf(ResponseRefusal);
    expect(fault).toMatchObject({ fault: "header-unsigned" });
  });
});

describe("docs/schemes/rfc9421.md", () => {
  it("has a caller that its server takes", async () => {
    process.env.PARTNER_KEY = KEY_TEXT;
    const port = await freePort();
    const workshop = new Workshop("docs/schemes/rfc9421.md", {
      "3000": String(port),
      // There is nothing that a test could replay.
      "HmacModule.forRoot({": "HmacModule.forRoot({ bootFence: false,",
    });
    const modules = join(import.meta.dirname, "node_modules");
    symlinkSync(modules, join(workshop.folder, "node_modules"));
    const { app } = (await workshop.run("server.ts")) as { app: INestApplication };
    try {
      const ran = await workshop.run("with-http-message-signatures.js");
      const response = ran["response"] as Response;
      expect([response.status, await response.json()]).toEqual([
        200,
        { appId: "partner", body: { n: 1 } },
      ]);
    } finally {
      await app.close();
      workshop.close();
      delete process.env.PARTNER_KEY;
    }
  });
});

describe("how we sign answers", () => {
  it("is verified by http-message-signatures", async () => {
    const scheme = rfc9421();
    const verifier = new Verifier({
      schemes: [scheme],
      keys: new MemoryKeyStore(readApps([APP], [scheme])),
      nonces: new MemoryNonceStore({ fence: false }),
      window: { maxAgeSeconds: 300, futureSkewSeconds: 5, clockSpreadSeconds: 25 },
    });
    const responses = new ResponseSigner([scheme]);
    const { url, server } = await serve(async (request, content, response) => {
      const head = receive(
        { method: request.method ?? "", target: request.url ?? "", rawHeaders: request.rawHeaders },
        { origins: Origins.of("*"), pathPrefix: "" },
      );
      const route = { schemes: ["rfc9421"], signedHeaders: [], scopes: [], stream: false };
      const authentic = await verifier.begin(head, contentOf(content)).authenticate(route);
      const body = Buffer.from("{}");
      const headers: [string, string][] = [["Content-Type", "application/json"]];
      const added = responses.sign(authentic, { status: 201, headers, content: body });
      response.writeHead(201, [...headers, ...added].flat());
      response.end(body);
    });
    try {
      const request = await sign({ method: "GET", url: `${url}/orders?a=1`, headers: {} }, TARGET, {
        name: "mine",
      });
      const response = await fetch(request.url ?? "", { headers: flat(request.headers) });
      const answer = { status: response.status, headers: Object.fromEntries(response.headers) };
      expect(answer.status).toBe(201);
      const needs = { keyLookup, requiredFields: ["@status", "content-digest", "signature"] };
      expect(await theirs.httpbis.verifyMessage(needs, answer, request)).toBe(true);
      const another = await sign({ method: "GET", url: `${url}/orders?a=1`, headers: {} }, TARGET, {
        name: "mine",
        paramValues: { nonce: "another" },
        params: ["created", "nonce", "keyid"],
      });
      expect(await theirs.httpbis.verifyMessage(needs, answer, another)).toBe(false);
      expect(await theirs.httpbis.verifyMessage(needs, { ...answer, status: 200 }, request)).toBe(
        false,
      );
    } finally {
      await new Promise((resolve) => server.close(resolve));
    }
  });
});

describe("structured fields", () => {
  const bareItem = (random: Random): string =>
    random.pick([
      () => String(random.below(2_000_000) - 1_000_000),
      // No whole ones: structured-headers 2.1.0 writes 1.0 as 1.
      () => `${random.below(1000)}.${random.below(100)}${1 + random.below(9)}`,
      () => random.pick(["?0", "?1"]),
      () => `:${Buffer.from(String(random.below(1e9))).toString("base64")}:`,
      // No dates: structured-headers 2.1.0 takes nothing behind one but a blank.
      () => random.pick(["a", "*b/c", "A-b:c", "x.y"]),
      () => JSON.stringify(random.pick(["", "a b", 'q"q', "back\\slash", "~!,;=()"])),
    ])();
  const parameters = (random: Random): string =>
    Array.from({ length: random.below(3) }, (_, i) =>
      random.pick([`;p${i}`, `; p${i}=${bareItem(random)}`]),
    ).join("");
  const member = (random: Random): string =>
    random.below(3) === 0
      ? `( ${Array.from({ length: random.below(4) }, () => bareItem(random) + parameters(random)).join("  ")} )${parameters(random)}`
      : bareItem(random) + parameters(random);

  it(`are written as structured-headers writes them (${versionOf("structured-headers")})`, async () => {
    await forEachCase(500, async (random) => {
      const members = Array.from({ length: 1 + random.below(4) }, () => member(random));
      const list = members.join(" ,\t");
      const ourList = parseList(list, "as-sent");
      expect(ourList && serialiseList(ourList)).toBe(
        structured.serializeList(structured.parseList(list)),
      );
      const dictionary = members.map((text, i) => `k${i % 3}=${text}`).join(",");
      const ours = parseDictionary(dictionary, "as-sent");
      expect(ours && serialiseDictionary(ours)).toBe(
        structured.serializeDictionary(structured.parseDictionary(dictionary)),
      );
      const item = bareItem(random) + parameters(random);
      const ourItem = parseItem(item, "as-sent");
      expect(ourItem && serialiseMember(ourItem)).toBe(
        structured.serializeItem(structured.parseItem(item)),
      );
    });
  });

  it("are refused as structured-headers refuses them, once a character is changed", async () => {
    let refused = 0;
    await forEachCase(2000, async (random) => {
      const text = `a=${member(random)}, b=${member(random)}`;
      const at = random.below(text.length);
      const changed =
        text.slice(0, at) + random.pick([...' \t"\\,;=():?*.-aZ0_~']) + text.slice(at + 1);
      if (/[.]0*(?![0-9])/.test(changed)) return; // a whole decimal, as above
      let expected: string | undefined;
      try {
        expected = structured.serializeDictionary(structured.parseDictionary(changed));
      } catch {
        refused++;
      }
      const ours = parseDictionary(changed, "as-sent");
      expect([changed, ours && serialiseDictionary(ours)]).toEqual([changed, expected]);
    });
    expect(refused).toBeGreaterThan(200);
  });
});
