/* signFetch in a real browser, which has no Node, sets headers of its own, and asks before it calls another origin. */
import type { IncomingMessage, Server } from "node:http";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import { All, Controller, Req, type INestApplication } from "@nestjs/common";
import type { Browser, Page } from "playwright-core";
import { HmacPrincipal, HmacProtected } from "@lacre/nestjs";
import {
  DEMO_KEY,
  PLATFORMS,
  startApp,
  takeAnything,
  type Platform,
  type RunningApp,
} from "../support/app.js";
import { bundleForBrowsers } from "../support/browser-bundle.js";
import { startChromium } from "../support/chromium.js";
import { pageWith, servePages, type PageServer } from "../support/page-server.js";

type Incoming = AsyncIterable<Buffer> & { raw?: IncomingMessage; url: string; body?: unknown };

/** Tells what arrived, as far as the caller can know it. */
@Controller()
@HmacProtected()
class EchoController {
  @All(["echo", "echo/*"])
  async echo(@Req() request: Incoming, @HmacPrincipal("appId") appId: string) {
    const parts: Buffer[] = [];
    for await (const part of request.raw ?? request) parts.push(part as Buffer);
    const { url = "", method, headers } = request.raw ?? (request as unknown as IncomingMessage);
    return {
      appId,
      method,
      target: url,
      type: headers["content-type"]?.split(";")[0],
      body: request.body ?? null,
      raw: Buffer.concat(parts).toString("latin1"),
    };
  }
}

const KEYS = {
  sha256: DEMO_KEY,
  sha384: "lk1_ICEiIyQlJicoKSorLC0uLzAxMjM0NTY3ODk6Ozw9Pj8",
  sha512: "lk1_QEFCQ0RFRkdISUpLTE1OT1BRUlNUVVZXWFlaW1xdXl8",
} as const;
const WRONG_KEY = "lk1_YGFiY2RlZmdoaWprbG1ub3BxcnN0dXZ3eHl6e3x9fn8";

const FORM = `(() => {
  const form = new FormData();
  form.set("note", "b c é");
  form.set("file", new File(["hello"], "a.txt", { type: "text/plain" }));
  return form;
})()`;

/** What the page runs, and what of it the handler must see. */
const CALLS: readonly {
  name: string;
  target?: string;
  init: string;
  seen: object;
}[] = [
  { name: "GET", init: "{}", seen: { method: "GET", target: "/echo", body: null, raw: "" } },
  {
    name: "an awkward target",
    target: "/echo/a//b/%2F%7e/'x'|y;=,!*()/café?x=%20&y=a+b&x=&z&q='é'&{}^`",
    init: "{}",
    seen: {
      // WHATWG URL: non-ASCII in path and query is UTF-8, the query's ' is escaped. Chromium also escapes a path's |.
      target: expect.stringMatching(
        /^\/echo\/a\/\/b\/%2F%7e\/'x'(?:\||%7C)y;=,!\*\(\)\/caf%C3%A9\?x=%20&y=a\+b&x=&z&q=%27%C3%A9%27&/,
      ),
    },
  },
  {
    name: "JSON",
    init: `{ method: "POST", body: JSON.stringify({ item: "té" }), headers: { "Content-Type": "application/json" } }`,
    seen: { method: "POST", type: "application/json", body: { item: "té" } },
  },
  {
    name: "a form",
    init: `{ method: "POST", body: new URLSearchParams({ a: "b c", d: "é&=" }) }`,
    seen: { type: "application/x-www-form-urlencoded", body: { a: "b c", d: "é&=" } },
  },
  {
    name: "multipart",
    init: `{ method: "POST", body: ${FORM} }`,
    seen: {
      type: "multipart/form-data",
      raw: expect.stringMatching(/name="note"\r\n\r\nb c Ã©\r\n[^]*filename="a\.txt"[^]*hello\r\n/),
    },
  },
  {
    name: "a blob",
    init: `{ method: "PUT", body: new Blob([new Uint8Array([0, 255, 10])], { type: "application/octet-stream" }) }`,
    seen: { method: "PUT", type: "application/octet-stream", raw: "\u0000\u00ff\n" },
  },
  {
    name: "headers of its own",
    init: `{ method: "DELETE", headers: { "X-Tenant": "7", "Idempotency-Key": "k" } }`,
    seen: { method: "DELETE" },
  },
];

let browser: Browser;
let script: string;
beforeAll(async () => {
  browser = await startChromium();
  const { code } = await bundleForBrowsers('export * from "@lacre/client";', {
    conditions: ["@lacre/source"],
  });
  script = code;
});
afterAll(() => browser?.close());

const HTML = pageWith("/bundle.js");

interface Reply {
  type(type: string): Reply;
  send(text: string): unknown;
}

/** The page at the origin of the API itself. */
function servePageOf(app: INestApplication): void {
  const http = app.getHttpAdapter();
  http.get("/page", (_: unknown, reply: Reply) => reply.type("text/html").send(HTML));
  http.get("/bundle.js", (_: unknown, reply: Reply) => reply.type("text/javascript").send(script));
}

interface Answer {
  readonly status: number;
  readonly body: string;
}

/** Calls with signFetch from a page; the answer, or what was thrown. */
const callFrom = (
  page: Page,
  url: string,
  init: string,
  options: object,
): Promise<Answer | string> =>
  page.evaluate(`(async () => {
    try {
      const response = await bundle.signFetch(fetch, ${JSON.stringify(options)})(${JSON.stringify(url)}, ${init});
      return { status: response.status, body: await response.text() };
    } catch (error) {
      return String(error);
    }
  })()`);

describe.each(PLATFORMS)("%s", (platform: Platform) => {
  let friend: PageServer;
  let stranger: PageServer;
  let api: RunningApp;
  let arrived: string[] = [];
  const options = { appId: "sha256", apiKey: KEYS.sha256 };

  beforeAll(async () => {
    friend = await servePages({ "/": HTML, "/bundle.js": script });
    stranger = await servePages({ "/": HTML, "/bundle.js": script });
    api = await startApp(platform, {
      controllers: [EchoController],
      hmac: {
        apps: Object.entries(KEYS).map(([algorithm, apiKey]) => ({
          appId: algorithm,
          apiKey,
          algorithm: algorithm as keyof typeof KEYS,
        })),
        globalGuard: true,
      },
      main: (app) => {
        takeAnything(app);
        app.enableCors({
          origin: friend.origin,
          maxAge: -1, // a preflight before every request
          methods: ["GET", "PUT", "POST", "DELETE"],
          exposedHeaders: ["WWW-Authenticate", "Lacre-Signature", "Content-Digest", "Lacre-Clock"],
        });
        servePageOf(app);
      },
    });
    (api.app.getHttpServer() as Server).prependListener("request", ({ method }) =>
      arrived.push(method ?? ""),
    );
  });
  afterAll(async () => {
    await api?.close();
    for (const pages of [friend, stranger]) pages?.close();
  });
  beforeEach(() => {
    arrived = [];
    api.verdicts.length = 0;
  });

  describe.each(["same", "another"])("from %s origin", (origin) => {
    let page: Page;
    beforeAll(async () => {
      page = await browser.newPage();
      await page.goto(origin === "same" ? `${api.url}/page` : friend.origin);
    });
    afterAll(() => page.close());

    it("refuses a wrong key, and the page sees 401", async () => {
      const answer = await callFrom(page, `${api.url}/echo`, "{}", {
        ...options,
        apiKey: WRONG_KEY,
      });
      expect(answer).toEqual({ status: 401, body: '{"statusCode":401,"message":"Unauthorized"}' });
      expect(api.lastCode()).toBe("signature-mismatch");
    });

    it("refuses what is not signed, and the page sees 401", async () => {
      const status = await page.evaluate(`fetch("${api.url}/echo").then(({ status }) => status)`);
      expect([status, api.lastCode()]).toEqual([401, "credentials-missing"]);
    });

    it.each(CALLS)("takes $name", async ({ target = "/echo", init, seen }) => {
      const answer = (await callFrom(page, api.url + target, init, options)) as Answer;
      expect([answer, api.lastCode()]).toMatchObject([{ body: expect.any(String) }, undefined]);
      expect(JSON.parse(answer.body)).toMatchObject({ appId: "sha256", ...seen });
      expect(api.verdicts).toMatchObject([{ outcome: "accepted" }]);
      const method = (seen as { method?: string }).method ?? arrived.at(-1);
      expect(arrived).toEqual(origin === "same" ? [method] : ["OPTIONS", method]);
    });

    it.each(Object.entries(KEYS))("signs with %s", async (algorithm, apiKey) => {
      const signer = { appId: algorithm, apiKey, algorithm };
      const init = `{ method: "POST", body: "x" }`;
      const answer = (await callFrom(page, `${api.url}/echo`, init, signer)) as Answer;
      expect(JSON.parse(answer.body)).toMatchObject({ appId: algorithm });
      expect(api.verdicts).toMatchObject([{ outcome: "accepted" }]);
    });
  });

  it("never gets a request from a page that CORS does not name", async () => {
    const page = await browser.newPage();
    await page.goto(stranger.origin);
    const answer = await callFrom(
      page,
      `${api.url}/echo`,
      `{ method: "POST", body: "x" }`,
      options,
    );
    expect(answer).toBe("TypeError: Failed to fetch");
    expect(new Set(arrived)).toEqual(new Set(["OPTIONS"]));
    expect(api.verdicts).toEqual([]);
    await page.close();
  });
});
