import { createReadStream } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import { Body, Controller, Get, HttpCode, Post, Query } from "@nestjs/common";
import request, { type Test } from "supertest";
import { ConfigurationError, Refusal, ResponseRefusal } from "@lacre/core";
import { HmacProtected } from "@lacre/nestjs";
import {
  DEMO_KEY,
  PLATFORMS,
  startApp,
  TestClock,
  type RunningApp,
} from "../../../test/support/app.js";
import { SigningServer, type Manner } from "../../../test/support/signing-server.js";
import type { ClientOptions } from "./options.js";
import { signSupertest } from "./supertest.js";

const APP = { appId: "demo", apiKey: DEMO_KEY };
type Agent = ReturnType<typeof request.agent>;

@Controller("orders")
@HmacProtected()
class OrdersController {
  @Get()
  list(@Query() query: unknown): unknown {
    return query;
  }

  @Post()
  @HttpCode(201)
  create(@Body() order: unknown): unknown {
    return order;
  }
}

describe.each(PLATFORMS)("supertest against an application on %s", (platform) => {
  let running: RunningApp;

  beforeAll(async () => {
    running = await startApp(platform, { controllers: [OrdersController] });
  });
  afterAll(() => running.close());

  it("is let in where it is signed, and only there", async () => {
    const server = running.app.getHttpServer();
    await request(server).post("/orders").send({ n: 1 }).expect(401);
    await signSupertest(request.agent(server), APP)
      .post("/orders")
      .send({ n: 1 })
      .expect(201)
      .expect({ n: 1 });
    await signSupertest(request.agent(server), APP)
      .get("/orders?a=b%20c")
      .expect(200)
      .expect({ a: "b c" });
    await signSupertest(request(server).get("/orders").query({ x: "é" }), APP).expect({ x: "é" });
    const stranger = { appId: "demo", apiKey: DEMO_KEY.replace("AAEC", "AAED") };
    await signSupertest(request.agent(server), stranger).get("/orders").expect(401);
    expect(running.lastCode()).toBe("signature-mismatch");
  });
});

describe("signSupertest", () => {
  let server: SigningServer;
  let folder: string;

  const agent = (options: Partial<ClientOptions> = {}): Agent =>
    signSupertest(request.agent(server.url), { ...APP, verifyResponses: "require", ...options });

  beforeAll(async () => {
    server = await SigningServer.start();
    folder = await mkdtemp(join(tmpdir(), "lacre-supertest-"));
    await writeFile(join(folder, "file"), "from a file");
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
    const BINARY = Buffer.from(Array.from({ length: 256 }, (_, i) => i));

    it.each<[string, (agent: Agent) => Test, string]>([
      ["GET", (a) => a.get("/orders"), ""],
      ["HEAD", (a) => a.head("/orders"), ""],
      ["an awkward target", (a) => a.get("/a//b/%2F?x=%20&y=a+b&x=&z"), ""],
      ["a path with ~ encoded", (a) => a.get("/%7euser"), ""],
      ["a query apart", (a) => a.get("/orders?a=1").query({ b: "c d" }).query("e=f"), ""],
      ["JSON", (a) => a.post("/orders").send({ n: 1, e: "é" }), '{"n":1,"e":"é"}'],
      [
        "JSON in two parts",
        (a) => a.post("/orders").send({ n: 1 }).send({ m: 2 }),
        '{"n":1,"m":2}',
      ],
      ["a form", (a) => a.post("/orders").type("form").send({ a: "b c" }), "a=b%20c"],
      ["a string", (a) => a.post("/orders").type("text/plain").send("é"), "é"],
      ["bytes", (a) => a.put("/orders").type("bin").send(BINARY), BINARY.toString()],
      ["no content", (a) => a.post("/orders"), ""],
      ["PATCH", (a) => a.patch("/orders").send({}), "{}"],
      ["DELETE with content", (a) => a.delete("/orders/1").send({ why: 1 }), '{"why":1}'],
      ["headers", (a) => a.get("/orders").set("X-A", "1  2").set({ "x-b": "3" }), ""],
      ["null as a header", (a) => a.get("/orders").set({ "x-null": null } as never), ""],
      ["a host of the caller's", (a) => a.get("/orders").set("host", "api.example.test"), ""],
    ])("%s", async (_name, ask, body) => {
      await ask(agent()).expect(200);
      expect([server.last?.code, server.last?.body.toString()]).toEqual([undefined, body]);
      expect(server.received).toHaveLength(1);
    });

    it("multipart: fields, bytes and files", async () => {
      await agent()
        .post("/upload")
        .field("a", "é")
        .attach("b", Buffer.from("from memory"), "b.txt")
        .attach("c", join(folder, "file"))
        .attach("d", createReadStream(join(folder, "file")))
        .expect(200);
      expect(server.last?.code).toBeUndefined();
      const body = server.last?.body.toString() ?? "";
      expect(body.match(/é|from memory|from a file/g)).toEqual([
        "é",
        "from memory",
        "from a file",
        "from a file",
      ]);
    });

    it("what is piped into it", async () => {
      const piped = agent().post("/upload").type("text/plain");
      const ended = new Promise<void>((resolve) => {
        piped.once("response", () => resolve());
      });
      createReadStream(join(folder, "file")).pipe(piped as never);
      await ended;
      expect([server.last?.code, server.last?.body.toString()]).toEqual([undefined, "from a file"]);
    });

    it("content that is compressed already", async () => {
      const compressed = gzipSync("hello");
      await agent()
        .post("/")
        .set("content-encoding", "gzip")
        .type("text/plain")
        .serialize(() => compressed as never)
        .send({})
        .expect(200);
      expect(gunzipSync(server.last?.body as Buffer).toString()).toBe("hello");
    });

    it.each([
      ["/a/../b", "/a/../b"],
      ["/orders?", "/orders"],
      ["/é?q=ü", "/%C3%A9?q=%C3%BC"],
    ])("the target that superagent makes of %s", async (written, sent) => {
      await agent().get(written).expect(200);
      expect(server.last?.target).toBe(sent);
    });
  });

  it("refuses what no server would take, before it sends", async () => {
    await expect(agent().get("/").set("x-name", "é")).rejects.toThrow(Refusal);
    await expect(
      agent()
        .get("/")
        .set("content-language", ["a", "b"] as never),
    ).rejects.toThrow("header-repeated");
    expect(server.received).toEqual([]);
    expect(() => agent({ appId: "a b" })).toThrow(ConfigurationError);
  });

  it("refuses HTTP/2", async () => {
    const asked = signSupertest(request(server.url, { http2: true }).get("/"), APP);
    await expect(asked).rejects.toThrow("http2: must be off.");
  });

  describe("answers", () => {
    it.each<[Manner, string]>([
      ["body", "content-mismatch"],
      ["status", "signature-mismatch"],
      ["header", "header-unsigned"],
    ])("that were changed are refused: %s", async (manner, fault) => {
      server.manner = manner;
      for (const verifyResponses of ["require", "if-present"] as const) {
        const error = await agent({ verifyResponses })
          .get("/")
          .then(
            () => undefined,
            (reason: unknown) => reason,
          );
        expect(error).toBeInstanceOf(ResponseRefusal);
        expect((error as ResponseRefusal).fault).toBe(fault);
      }
    });

    it("to another request are refused", async () => {
      await agent().get("/one");
      server.manner = "other";
      await expect(agent().get("/two")).rejects.toMatchObject({ fault: "signature-mismatch" });
    });

    it("that ended too soon are refused", async () => {
      server.manner = "cut";
      await expect(agent().get("/")).rejects.toThrow("aborted");
    });

    it("without a signature are refused or handed on, as told", async () => {
      server.manner = "unsigned";
      await expect(agent().get("/")).rejects.toMatchObject({ fault: "signature-missing" });
      await agent({ verifyResponses: "if-present" }).get("/").expect(200, "/");
    });

    it("are read as ever: JSON, what is compressed, and without content", async () => {
      const headers = { "content-type": "application/json", "content-encoding": "gzip" };
      server.reply = () => ({ status: 201, headers, body: gzipSync('{"n":1}') });
      await agent().post("/").expect(201).expect("content-encoding", "gzip").expect({ n: 1 });
      server.reply = () => ({ status: 204 });
      await agent().delete("/").expect(204);
    });
  });

  it("says what an answer begins with that the server has not made", async () => {
    server.manner = "unsigned";
    server.reply = () => ({ status: 404, body: "Cannot GET\n/orders?token=hush" });
    const refused = agent().get("/orders?token=hush");
    await expect(refused).rejects.toThrow(
      `(404 from ${server.url}/orders), which begins: Cannot GET\\n/orders?…`,
    );
  });

  describe("timeout()", () => {
    it.each<Manner>(["hang", "drip"])("is the time for all of an answer: %s", async (manner) => {
      server.manner = manner;
      await expect(agent().get("/").timeout(300)).rejects.toThrow(/timeout of 300ms/i);
    });

    it("is the time for a key too", async () => {
      const keys = (): Promise<never> => new Promise(() => {});
      const asked = signSupertest(request(server.url).get("/"), { appId: "demo", keys });
      await expect(asked.timeout(300)).rejects.toThrow(/timeout of 300ms/i);
      expect(server.received).toEqual([]);
    });
  });

  describe("what a test sees is what the server answered", () => {
    it("a clock that is wrong stays wrong", async () => {
      const clock = new TestClock(Date.now() - 600_000);
      const late = agent({ clock });
      await late.get("/").expect(401, "timestamp-too-old");
      await late.get("/").expect(401, "timestamp-too-old");
      clock.advance(600);
      await late.get("/").expect(200);
    });

    it("a key that is not known is not changed before the next request, and its refusal is none of the server's", async () => {
      const keys = ["lk1_HR4fICEiIyQlJicoKSorLC0uLzAxMjM0NTY3ODk6Ozw", DEMO_KEY];
      for (const verifyResponses of ["require", "if-present"] as const) {
        const ringed = signSupertest(request.agent(server.url), {
          appId: "demo",
          keys,
          verifyResponses,
        });
        if (verifyResponses === "require")
          await expect(ringed.get("/")).rejects.toMatchObject({ fault: "signature-mismatch" });
        else await ringed.get("/").expect(401);
        await ringed.get("/").expect(200);
      }
      expect(server.received).toHaveLength(4);
    });

    it("503 is not asked for again, but by superagent's own retry, signed anew", async () => {
      const loose = agent({ verifyResponses: "if-present" });
      server.outages = 1;
      await loose.get("/").expect(503);
      expect(server.received).toHaveLength(1);
      server.reset();
      server.outages = 2;
      await loose.post("/").send({ n: 1 }).retry(2).expect(200);
      expect(new Set(server.nonces).size).toBe(3);
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
      moved("/orders", 302);
      await agent().get("/moved").expect(302, "moved");
    });

    it.each<[number, string, string]>([
      [302, "GET", ""],
      [303, "GET", ""],
      [307, "POST", '{"n":1}'],
    ])("are followed when asked: %d", async (status, method, body) => {
      moved("/orders?a=%20", status);
      await agent({ redirects: 1 }).post("/moved").send({ n: 1 }).expect(200, "/orders?a=%20");
      expect([server.last?.code, server.last?.method]).toEqual([undefined, method]);
      expect(server.last?.body.toString()).toBe(body);
    });

    it("never lead to another origin", async () => {
      const other = await SigningServer.start();
      try {
        moved(`${other.url}/orders`, 302);
        await expect(agent().get("/moved").redirects(2)).rejects.toThrow("another origin");
        expect(other.received).toEqual([]);
      } finally {
        await other.close();
      }
    });

    it("are believed only if they are signed", async () => {
      moved("/orders", 302);
      server.manner = "unsigned";
      await expect(agent({ redirects: 1 }).get("/moved")).rejects.toThrow(ResponseRefusal);
      expect(server.received).toHaveLength(1);
    });
  });
});
