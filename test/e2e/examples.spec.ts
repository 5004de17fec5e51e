import { once } from "node:events";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, it, jest } from "@jest/globals";
import { DEMO_KEY } from "../support/app.js";
import { send, signed, type WireRequest, type WireResponse } from "../support/wire.js";

/*
 * The plain servers of examples/: what is right gets in with all its bytes, and nothing else does.
 */

const FORM = "a=1&b=%C3%A9";
const BOUNDARY = "lacre-boundary";
const MULTIPART = [
  `--${BOUNDARY}`,
  'Content-Disposition: form-data; name="file"; filename="a.txt"',
  "Content-Type: text/plain",
  "",
  "a file",
  `--${BOUNDARY}--`,
  "",
].join("\r\n");
const STREAM = "0123456789".repeat(20_000);

interface Case {
  readonly target: string;
  readonly type: string;
  readonly content: string;
  /** What a server that has parsed it says of it. */
  readonly parsed: string;
}
const CASES: Record<string, Case> = {
  JSON: {
    target: "/orders",
    type: "application/json",
    content: '{"item":"é"}',
    parsed: '"item":"é"',
  },
  "a form": {
    target: "/orders",
    type: "application/x-www-form-urlencoded",
    content: FORM,
    parsed: '"b":"é"',
  },
  multipart: {
    target: "/orders",
    type: `multipart/form-data; boundary=${BOUNDARY}`,
    content: MULTIPART,
    parsed: '"file":',
  },
  "a stream": {
    target: "/uploads",
    type: "application/octet-stream",
    content: STREAM,
    parsed: `"bytes":${STREAM.length}`,
  },
};

let aheadMs = 0;
const now = Date.now.bind(Date);
jest.spyOn(Date, "now").mockImplementation(() => now() + aheadMs);
jest.spyOn(console, "warn").mockReturnValue(undefined); // the logs of the servers

describe.each(["node-http", "express", "fastify"])("examples/%s", (name) => {
  let server: Server;
  let port: number;
  beforeAll(async () => {
    process.env.DEMO_KEY = DEMO_KEY;
    process.env.PORT = "0";
    ({ server } = (await import(`../../examples/${name}/main.js`)) as { server: Server });
    if (!server.listening) await once(server, "listening");
    ({ port } = server.address() as AddressInfo);
    aheadMs += 60_000; // its memory of nonces is long enough by now
  });
  afterAll(() => void server.close());

  const make = ({ target, type, content }: Case, spoilt?: string): WireRequest => {
    const headers: [string, string][] = [["Content-Type", type]];
    const request = signed(port, { method: "POST", target, headers, body: Buffer.from(content) });
    return spoilt === undefined ? request : { ...request, body: Buffer.from(spoilt) };
  };
  const ofBody = ({ body }: WireResponse): string =>
    name === "node-http" ? unescaped(body) : body;
  const unescaped = (text: string): string => text.replaceAll('\\"', '"');

  describe.each(Object.keys(CASES))("%s", (kind) => {
    const each = CASES[kind] as Case;

    it.each([false, true])("gets in with all its bytes (chunked: %s)", async (chunked) => {
      const answer = await send(port, { ...make(each), chunked });
      expect([answer.status, answer.body]).toEqual([200, expect.stringContaining('"by":"demo"')]);
      const expected =
        name === "node-http" && kind !== "a stream" ? decodedAs(kind, each) : each.parsed;
      expect(Buffer.from(ofBody(answer), "latin1").toString()).toContain(expected);
    });

    it("is refused when it is changed", async () => {
      const changed = each.content.replace(/.(?=.{8})/s, "#");
      expect(changed).not.toBe(each.content);
      const answer = await send(port, make(each, changed));
      expect(answer.body).not.toContain("demo");
      // A streamed answer may be broken in place of a refusal, where its reader failed.
      expect(kind === "a stream" ? [0, 401, 500] : [401]).toContain(answer.status);
    });

    it("is refused the second time", async () => {
      const request = make(each);
      expect((await send(port, request)).status).toBe(200);
      expect(await send(port, request)).toMatchObject(UNAUTHORIZED);
    });

    it("is refused without a signature", async () => {
      const request = make(each);
      const headers = request.headers.filter(([field]) => field !== "authorization");
      expect(headers).toHaveLength(request.headers.length - 1);
      const answer = await send(port, { ...request, headers });
      expect(answer).toMatchObject(UNAUTHORIZED);
      expect(answer.headers.get("www-authenticate")).toContain("LACRE1-HMAC-SHA256");
      expect(answer.headers.get("cache-control")).toBe("no-store, no-transform");
    });
  });
});

const UNAUTHORIZED = { status: 401, body: '{"statusCode":401,"message":"Unauthorized"}' };

/** The plain server hands the content back as it came. */
const decodedAs = (kind: string, { content }: Case): string =>
  kind === "multipart" ? "a file" : content;
