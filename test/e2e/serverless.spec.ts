import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { Body, Controller, Get, type INestApplication, Post, Query, Req } from "@nestjs/common";
import { configure } from "@codegenie/serverless-express";
import awsLambdaFastify from "@fastify/aws-lambda";
import { HmacProtected, HmacSignedResponse } from "@lacre/nestjs";
import { signFetch } from "@lacre/client";
import { awsSigV4 } from "@lacre/schemes/aws-sigv4";
import {
  AWS_KEY,
  DEMO_KEY,
  PLATFORMS,
  startApp,
  takeAnything,
  type Platform,
  type RunningApp,
} from "../support/app.js";
import {
  AWS_EVENTS,
  type AwsAnswer,
  type AwsEvent,
  type AwsSource,
} from "../support/aws-events.js";
import { signed, type WireRequest } from "../support/wire.js";

/*
 * Behind the adapters of AWS Lambda, as their own pages set them up. What can be done about queries that an adapter
 * writes anew is in docs/recipes/serverless.md, and tested with it.
 */
const scheme = awsSigV4({ region: "eu-central-1", service: "orders" });
let runs: unknown[] = [];

@Controller("orders")
@HmacProtected()
class OrdersController {
  @HmacProtected({ schemes: ["lacre1", "aws-sigv4"] })
  @Get()
  list(@Query() query: object) {
    runs.push(query);
  }

  @Post()
  add(@Body() body: unknown) {
    runs.push(body);
  }

  @HmacProtected({ body: "stream" })
  @Post("uploads")
  async upload(@Req() request: AsyncIterable<Buffer> & { raw?: AsyncIterable<Buffer> }) {
    const parts: Buffer[] = [];
    for await (const part of request.raw ?? request) parts.push(part);
    runs.push(Buffer.concat(parts).toString("latin1"));
  }

  @HmacSignedResponse()
  @Get("signed")
  signed() {
    return { answer: "é" };
  }
}

const BOUND_KEY = "lk1_ICEiIyQlJicoKSorLC0uLzAxMjM0NTY3ODk6Ozw9Pj8";
const ELSEWHERE_KEY = "lk1_QEFCQ0RFRkdISUpLTE1OT1BRUlNUVVZXWFlaW1xdXl8";

type Handler = (event: AwsEvent, context: object) => Promise<AwsAnswer>;

/** The adapter as it is, over an app. */
function handlerOf(app: INestApplication, platform: Platform, source: AwsSource): Handler {
  const instance: unknown = app.getHttpAdapter().getInstance();
  return platform === "express"
    ? (configure({ app: instance as never }) as unknown as Handler)
    : (awsLambdaFastify(instance as never, {
        // Otherwise it does not see those headers at all.
        albMultiValueHeaders: source.endsWith("multi-value"),
      }) as unknown as Handler);
}

const cases = PLATFORMS.flatMap((platform) =>
  (Object.keys(AWS_EVENTS) as AwsSource[]).map((source) => [platform, source] as const),
);

describe.each(cases)("on %s, behind a %s", (platform, source) => {
  let server: RunningApp;
  let handler: Handler;
  beforeAll(async () => {
    server = await startApp(platform, {
      controllers: [OrdersController],
      main: (app) => {
        takeAnything(app);
        handler = handlerOf(app, platform, source); // Fastify takes no decorator once it listens
      },
      hmac: {
        schemes: ["lacre1", scheme],
        apps: [
          { appId: "demo", apiKey: DEMO_KEY },
          { appId: "bound", apiKey: BOUND_KEY, networks: ["192.0.2.1"] },
          { appId: "elsewhere", apiKey: ELSEWHERE_KEY, networks: ["198.51.100.0/24"] },
          { appId: "aws", apiKey: AWS_KEY, encoding: "text", schemes: ["aws-sigv4"] },
        ],
      },
    });
  });
  afterAll(() => server.close());

  const requestOf = (request: Partial<Parameters<typeof signed>[1]>, signer = {}): WireRequest =>
    signed(8080, { method: "GET", target: "/orders", ...request }, signer);
  const call = async (request: WireRequest, spoil = (event: AwsEvent): AwsEvent => event) => {
    runs = [];
    return (await handler(spoil(AWS_EVENTS[source](request)), {})).statusCode;
  };

  it("takes a request once", async () => {
    const request = requestOf({ target: "/orders?a=1&b=%C3%A9" });
    expect(await call(request)).toBe(200);
    expect(runs).toEqual([{ a: "1", b: "é" }]);
    expect(await call(request)).toBe(401);
    expect(runs).toEqual([]);
    expect(server.lastCode()).toBe("nonce-seen");
  });

  it("holds apps to their networks, and knows no address where the event has none", async () => {
    const forwarded = { headers: [["X-Forwarded-For", "192.0.2.1, 198.51.100.7"]] as const };
    const bound = requestOf(forwarded, { appId: "bound", apiKey: BOUND_KEY });
    expect(await call(bound)).toBe(source.startsWith("load balancer") ? 403 : 200);
    const elsewhere = requestOf(forwarded, { appId: "elsewhere", apiKey: ELSEWHERE_KEY });
    expect(await call(elsewhere)).toBe(403);
    expect(runs).toEqual([]);
  });

  it("takes none that was changed, or that nobody signed", async () => {
    const request = requestOf({ target: "/orders?a=1", headers: [["X-Tenant", "7"]] });
    const { headers } = request;
    const name = ([given]: readonly [string, string]) => given.toLowerCase();
    const others: WireRequest[] = [
      { ...request, target: "/orders?a=2" },
      { ...request, target: "/orders" },
      { ...request, method: "POST" },
      { ...request, headers: headers.filter((line) => name(line) !== "authorization") },
      {
        ...request,
        headers: headers.map((line) => (name(line) === "x-tenant" ? [line[0], "8"] : line)),
      },
      {
        ...request,
        headers: headers.map((line) => (name(line) === "host" ? ["Host", "x"] : line)),
      },
      { ...request, headers: [...headers, ["X-Tenant", "8"]] },
      { ...request, headers: [...headers, ["Authorization", "Basic eDp5"]] },
      { ...request, body: Buffer.from("content") },
    ];
    for (const [i, other] of others.entries()) {
      expect([i, await call(other)]).toEqual([i, 401]);
      expect(runs).toEqual([]);
    }
    expect(await call(request)).toBe(200);
  });

  it.each([
    ["application/json", '{"item":"té"}', { item: "té" }],
    ["application/x-www-form-urlencoded", "item=t%C3%A9", { item: "té" }],
    // On Express nobody parses it, and what the adapter left is there.
    ["text/plain", "té", platform === "express" ? Buffer.from("té") : "té"],
  ])("sees content as it was sent: %s", async (type, text, read) => {
    const content = (body: string) => ({
      method: "POST",
      headers: [["Content-Type", type]] as [string, string][],
      body: Buffer.from(body),
    });
    const request = requestOf(content(text));
    expect(await call({ ...request, body: Buffer.from(text.replace("t", "T")) })).toBe(401);
    expect(await call({ ...request, body: Buffer.from(`${text} `) })).toBe(401);
    const { body: _, ...empty } = request;
    expect(await call(empty)).toBe(401);
    expect(runs).toEqual([]);
    expect(await call(request)).toBe(201);
    expect(runs).toEqual([read]);
  });

  it("sees binary content, also on a streamed route", async () => {
    const body = Buffer.from([0, 255, 128, 10, 13, 0]);
    const headers: [string, string][] = [["Content-Type", "application/octet-stream"]];
    const upload = () => requestOf({ method: "POST", target: "/orders/uploads", headers, body });
    expect(await call({ ...upload(), body: Buffer.from(body).fill(1, 5) })).toBe(401);
    // Not base64 where it should be: spoilt, as by a REST API that was not told of the type.
    const asText = (event: AwsEvent) => ({
      ...event,
      body: body.toString("utf8"),
      isBase64Encoded: false,
    });
    expect(await call(upload(), asText)).toBe(401);
    expect(runs).toEqual([]);
    expect(await call(upload())).toBe(201);
    expect(runs).toEqual([body.toString("latin1")]);
  });

  it("signs answers", async () => {
    const throughLambda: typeof fetch = async (input, init) => {
      const { method = "GET", headers } = init ?? {};
      const { host, pathname } = new URL(input as string);
      const lines = [["Host", host], ...new Headers(headers)] as [string, string][];
      const answer = await handler(
        AWS_EVENTS[source]({ method, target: pathname, headers: lines }),
        {},
      );
      const given = { ...answer.headers, ...answer.multiValueHeaders };
      return new Response(answer.body, {
        status: answer.statusCode,
        headers: Object.entries(given).map(([name, value]) => [name, String(value)]),
      });
    };
    const who = { appId: "demo", apiKey: DEMO_KEY, verifyResponses: "require" as const };
    const answer = await signFetch(throughLambda, who)("http://127.0.0.1:8080/orders/signed");
    expect(await answer.json()).toEqual({ answer: "é" });
  });

  it("does not mind the order of a query under aws-sigv4", async () => {
    const signer = { appId: "aws", apiKey: AWS_KEY, encoding: "text" as const, scheme };
    expect(await call(requestOf({ target: "/orders?b=1&10=x&9=y" }, signer))).toBe(200);
  });
});
