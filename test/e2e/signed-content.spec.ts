import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import { All, Controller, Req } from "@nestjs/common";
import type { Scheme } from "@lacre/core";
import { HmacProtected } from "@lacre/nestjs";
import { sharedKey } from "@lacre/schemes/shared-key";
import { timestampBody } from "@lacre/schemes/timestamp-body";
import { PLATFORMS, startApp, type RunningApp, takeAnything } from "../support/app.js";
import { send, signed, type WireRequest } from "../support/wire.js";

/*
 * Schemes whose MAC is over the content itself, and one that covers none: what the tap keeps must be what came over
 * the wire, and what the handler finds must be that too.
 */
const content = timestampBody({ appId: "demo", acknowledgeWeakness: true });
const none = sharedKey({ acknowledgeWeakness: true });
const KEYS: Record<string, string> = {
  [content.name]: "a key for the content, of 32 bytes",
  [none.name]: "a key for no content, of 32 bytes!",
};

let runs: { body: unknown; raw: Buffer }[] = [];

type AnyRequest = AsyncIterable<Buffer> & { raw?: AsyncIterable<Buffer>; body?: unknown };
const take = async (request: AnyRequest): Promise<string> => {
  const parts: Buffer[] = [];
  for await (const part of request.raw ?? request) parts.push(part);
  runs.push({ body: request.body, raw: Buffer.concat(parts) });
  return "ran";
};

@Controller()
class EchoController {
  @All("content")
  @HmacProtected({ schemes: [content.name] })
  content(@Req() request: AnyRequest) {
    return take(request);
  }

  @All("none")
  @HmacProtected({ schemes: [none.name] })
  none(@Req() request: AnyRequest) {
    return take(request);
  }

  @All("lacre")
  @HmacProtected()
  lacre(@Req() request: AnyRequest) {
    return take(request);
  }
}

const form = "application/x-www-form-urlencoded";
const multipart = '--b\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n--b--\r\n';
const KINDS: [name: string, type: [string, string][], body: Buffer, parsed: unknown][] = [
  ["JSON", [["Content-Type", "application/json"]], Buffer.from('{"a": 1.0}'), { a: 1 }],
  ["form", [["Content-Type", form]], Buffer.from("a=1&b=+%20"), { a: "1", b: "  " }],
  [
    "multipart",
    [["Content-Type", "multipart/form-data; boundary=b"]],
    Buffer.from(multipart),
    undefined,
  ],
  [
    "bytes",
    [["Content-Type", "application/octet-stream"]],
    Buffer.from([0, 255, 128, 10, 13]),
    undefined,
  ],
  ["no content type", [], Buffer.from("a"), undefined],
  [
    "300 kB",
    [["Content-Type", "application/octet-stream"]],
    Buffer.alloc(300_000, 0xe9),
    undefined,
  ],
];

describe.each(PLATFORMS)("%s", (platform) => {
  let server: RunningApp;
  beforeAll(async () => {
    server = await startApp(platform, {
      controllers: [EchoController],
      main: takeAnything,
      hmac: {
        schemes: ["lacre1", content, none],
        apps: [content, none].map(({ name }, i) => ({
          appId: i === 0 ? "demo" : "demo-2",
          apiKey: KEYS[name] as string,
          encoding: "text",
          schemes: [name],
        })),
      },
    });
  });
  afterAll(() => server.close());
  beforeEach(() => void (runs = []));

  const requestBy = (
    scheme: Scheme,
    target: string,
    headers: [string, string][] = [],
    body?: Buffer,
    method = "POST",
  ): WireRequest =>
    signed(
      server.port,
      { method, target, headers, ...(body !== undefined && { body }) },
      {
        appId: scheme === content ? "demo" : "demo-2",
        apiKey: KEYS[scheme.name] as string,
        scheme,
      },
    );
  const outcome = async (request: WireRequest) => [
    (await send(server.port, request)).status,
    server.lastCode(),
    runs.length,
  ];

  describe.each(KINDS)("%s", (name, headers, body, parsed) => {
    it.each([false, true])("whole or not at all (chunked: %s)", async (chunked) => {
      // Content of its own, so that no two requests of one second are the same.
      const mine = parsed === undefined ? Buffer.concat([body, Buffer.from(`${chunked}`)]) : body;
      const type: [string, string][] = parsed === undefined ? headers : [...headers, ["X-N", "1"]];
      const request = { ...requestBy(content, "/content", type, mine), chunked };
      const changed = Buffer.from(mine);
      const middle = changed.length >> 1;
      changed[middle] = (changed[middle] as number) ^ 1;
      const { body: _, ...without } = request;
      for (const spoilt of [
        { ...request, body: changed },
        { ...request, body: mine.subarray(0, -1) },
        { ...request, body: Buffer.concat([mine, Buffer.from("\n")]) },
        { ...without, chunked: false },
      ])
        expect(await outcome(spoilt)).toEqual([401, "signature-mismatch", 0]);
      if (parsed !== undefined && chunked) return; // the same content was used up a moment ago
      expect((await send(server.port, request)).body).toBe("ran");
      const [run] = runs;
      if (parsed !== undefined) expect(run?.body).toEqual(parsed);
      else expect([name, run?.raw.equals(mine)]).toEqual([name, true]);
      expect(await outcome(request)).toEqual([401, "nonce-seen", 1]);
    });
  });

  it("reads gzip as it came over the wire", async () => {
    const headers: [string, string][] = [
      ["Content-Type", "application/json"],
      ["Content-Encoding", "gzip"],
    ];
    const packed = gzipSync('{"a":2}');
    const request = requestBy(content, "/content", headers, packed);
    expect(await outcome({ ...request, body: gzipSync('{"a":3}') })).toEqual([
      401,
      "signature-mismatch",
      0,
    ]);
    const { status } = await send(server.port, request);
    // Fastify takes no gzip by itself.
    expect([status, runs[0]?.body]).toEqual(
      platform === "express" ? [200, { a: 2 }] : [400, undefined],
    );
  });

  it("of eight copies at once one runs", async () => {
    const type: [string, string][] = [["Content-Type", "text/plain"]];
    const request = requestBy(content, "/content", type, Buffer.from("eight"));
    const answers = await Promise.all(Array.from({ length: 8 }, () => send(server.port, request)));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(runs).toHaveLength(1);
  });

  it("more than may be kept is 413, and nothing runs", async () => {
    const type: [string, string][] = [["Content-Type", "application/octet-stream"]];
    const body = Buffer.alloc(1_200_000, 7);
    for (const chunked of [false, true])
      expect(
        (await outcome({ ...requestBy(content, "/content", type, body), chunked })).slice(0, 2),
      ).toEqual([413, "content-too-large"]);
    expect(runs).toEqual([]);
  });

  it.each(["GET", "POST", "DELETE"])(
    "%s whose signature covers no content has none, however it is sent",
    async (method) => {
      const request = requestBy(none, "/none", [], undefined, method);
      for (const chunked of [false, true])
        expect(await outcome({ ...request, body: Buffer.from("{}"), chunked })).toEqual([
          401,
          "content-undigested",
          0,
        ]);
      expect((await send(server.port, request)).body).toBe("ran");
    },
  );

  it("opens only the routes that name it, and none by the credentials of another", async () => {
    expect(await outcome(requestBy(content, "/lacre", [], Buffer.from("x")))).toEqual([
      401,
      "scheme-refused",
      0,
    ]);
    const both = requestBy(content, "/content", [], Buffer.from("y"));
    const second = requestBy(none, "/content", [], undefined).headers.slice(1);
    const wrong = { ...both, headers: [...both.headers, ...second], body: Buffer.from("z") };
    expect(await outcome(wrong)).toEqual([401, "signature-mismatch", 0]);
    expect((await send(server.port, { ...wrong, ...both, headers: wrong.headers })).status).toBe(
      200,
    );
  });
});
