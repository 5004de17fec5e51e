import { afterAll, beforeAll, describe, expect, it, jest } from "@jest/globals";
import { All, Body, Controller } from "@nestjs/common";
import { acquia2 } from "@lacre/schemes/acquia2";
import { generateApiKey, HmacPrincipal, HmacProtected } from "@lacre/nestjs";
import { PLATFORMS, startApp, type RunningApp } from "../../support/app.js";
import { startBare, type BareServer } from "../../support/bare-server.js";
import { foreign, needForeign, versionOf } from "./foreign.js";

/** What we use of http-hmac-javascript, Acquia's client for browsers. */
interface AcquiaHttpHmac {
  sign(request: {
    request: PromiseRequest;
    method: string;
    path: string;
    signed_headers?: Record<string, string>;
    content_type?: string;
    body?: string;
  }): void;
  hasValidResponse(request: PromiseRequest): boolean;
}
type AcquiaConstructor = new (config: {
  realm: string;
  public_key: string;
  secret_key: string;
}) => AcquiaHttpHmac;

/** What it signs: it asks for no more than this. */
interface PromiseRequest {
  promise: true;
  setRequestHeader(name: string, value: string): void;
  getResponseHeader(name: string): string | null;
  responseText?: string;
}

const REALM = "Pipet service";
const ID = "efdde334-fe7b-11e4-a322-1697f925ec7b";
const KEY = Buffer.from(generateApiKey().slice(4), "base64url").toString("base64");
const scheme = acquia2({ realm: REALM });
const apps = [{ appId: ID, apiKey: KEY, encoding: "base64", schemes: ["acquia2"] }] as const;

interface Sent {
  readonly method: string;
  readonly target: string;
  readonly body?: string;
  readonly type?: string;
  readonly headers?: Record<string, string>;
  /** Headers after signing. */
  readonly change?: Record<string, string>;
  readonly times?: number;
}

let client: AcquiaHttpHmac;
beforeAll(async () => {
  needForeign();
  jest.spyOn(console, "log").mockImplementation(() => undefined); // it prints what it signs
  const Client = (await foreign<{ default: AcquiaConstructor }>("http-hmac-javascript")).default;
  client = new Client({ realm: REALM, public_key: ID, secret_key: KEY });
});
afterAll(() => void jest.restoreAllMocks());

async function send(
  url: string,
  { method, target, body, type = "application/json", headers = {}, change = {}, times = 1 }: Sent,
): Promise<{ status: number; text: string; isValid: boolean }> {
  const set: Record<string, string> = {};
  let response: Response | undefined;
  const request: PromiseRequest = {
    promise: true,
    setRequestHeader: (name, value) => void (set[name] = value),
    getResponseHeader: (name) => response?.headers.get(name) ?? null,
  };
  client.sign({
    request,
    method,
    path: url + target,
    signed_headers: headers,
    content_type: type,
    body: body ?? "",
  });
  const own: Record<string, string> = body === undefined ? {} : { "Content-Type": type };
  for (let i = 0; i < times; i++)
    response = await fetch(url + target, {
      method,
      headers: { ...own, ...headers, ...set, ...change },
      ...(body !== undefined && { body }),
    });
  const text = (await response?.text()) ?? "";
  request.responseText = text;
  const isSigned = response?.headers.has("x-server-authorization-hmac-sha256") === true;
  return {
    status: response?.status ?? 0,
    text,
    isValid: isSigned && client.hasValidResponse(request),
  };
}

@Controller()
class OrdersController {
  @All(["/", "orders"])
  @HmacProtected({ schemes: ["acquia2"] })
  orders(@HmacPrincipal("appId") appId: string, @Body() body: unknown) {
    return { appId, body: body ?? null };
  }
}

describe.each(PLATFORMS)(
  `http-hmac-javascript ${versionOf("http-hmac-javascript")}: %s`,
  (platform) => {
    let server: RunningApp;
    beforeAll(async () => {
      server = await startApp(platform, {
        controllers: [OrdersController],
        hmac: { schemes: [scheme], apps, signResponses: true },
      });
    });
    afterAll(() => server.close());

    it.each<Sent>([
      { method: "GET", target: "/orders?limit=10&x=%C3%A9" },
      { method: "GET", target: "/" },
      { method: "DELETE", target: "/orders", headers: { "X-Tenant": "7", "x-a": "b c" } },
      { method: "PUT", target: "/orders", body: '{"n":"é"}' },
      {
        method: "POST",
        target: "/orders?a=1+2",
        body: "a=1",
        type: "application/x-www-form-urlencoded",
      },
      { method: "POST", target: "/orders", body: "x", type: "text/plain;charset=utf-8" },
    ])("takes %j", async (request) => {
      expect(await send(server.url, request)).toMatchObject({ status: 200, isValid: true });
    });

    it.each<[Sent, string]>([
      [{ method: "GET", target: "/orders", times: 2 }, "nonce-seen"],
      [
        {
          method: "GET",
          target: "/orders",
          headers: { "X-Tenant": "7" },
          change: { "X-Tenant": "8" },
        },
        "signature-mismatch",
      ],
      [
        { method: "PUT", target: "/orders", body: "{}", change: { "Content-Type": "text/plain" } },
        "signature-mismatch",
      ],
      [
        { method: "GET", target: "/orders", change: { "X-Authenticated-Id": ID } },
        "header-forbidden",
      ],
      [
        { method: "GET", target: "/orders", change: { "X-Authorization-Timestamp": "1432075982" } },
        "timestamp-absurd",
      ],
    ])("refuses %j: %s", async (request, code) => {
      expect((await send(server.url, request)).status).toBe(401);
      expect(server.lastCode()).toBe(code);
    });
  },
);

describe("its check of our answers", () => {
  let server: BareServer;
  beforeAll(async () => {
    const answer = (content: Buffer) => ({ type: "text/plain", bytes: content });
    server = await startBare({ schemes: [scheme], apps, answer });
  });
  afterAll(() => server.close());

  it("believes what the server signed", async () => {
    const body = '{"é":"\u{1f511}"}';
    expect(await send(server.url, { method: "POST", target: "/orders", body })).toEqual({
      status: 200,
      text: body,
      isValid: true,
    });
    expect(await send(server.url, { method: "GET", target: "/" })).toMatchObject({ isValid: true });
  });

  it("believes a refusal that knows its key, and no other", async () => {
    const again: Sent = { method: "GET", target: "/", times: 2 };
    expect(await send(server.url, again)).toMatchObject({ status: 401, isValid: true });
    const forged: Sent = {
      method: "GET",
      target: "/",
      headers: { "X-Tenant": "7" },
      change: { "X-Tenant": "8" },
    };
    expect(await send(server.url, forged)).toMatchObject({ status: 401, isValid: false });
  });
});
