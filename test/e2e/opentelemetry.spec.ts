import { readFileSync } from "node:fs";
import { AsyncLocalStorage } from "node:async_hooks";
import type { Server } from "node:http";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import { Controller, Get, Post } from "@nestjs/common";
import {
  context,
  metrics,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  trace,
  type Context,
  type ContextManager,
} from "@opentelemetry/api";
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
  type DataPoint,
  type Histogram,
} from "@opentelemetry/sdk-metrics";
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  SimpleSpanProcessor,
  type ReadableSpan,
} from "@opentelemetry/sdk-trace-base";
import { HmacProtected, joinObservers, type NonceStore, type Verdict } from "@lacre/nestjs";
import { openTelemetryObserver } from "@lacre/nestjs/opentelemetry";
import { DEMO_KEY, PLATFORMS, startApp, type RunningApp } from "../support/app.js";
import { send, signed, type WireRequest } from "../support/wire.js";

/*
 * What OpenTelemetry is told, by its own SDK: spans where they belong, labels that strangers cannot multiply, no secret.
 */

@Controller("orders")
@HmacProtected()
class OrdersController {
  @Get(":id")
  one() {
    return "ran";
  }

  @Post(":id")
  two() {
    return "ran";
  }
}

/** What the SDK for Node brings along: the active context follows the request through whatever it waits for. */
class Contexts implements ContextManager {
  readonly #storage = new AsyncLocalStorage<Context>();
  active = (): Context => this.#storage.getStore() ?? ROOT_CONTEXT;
  with: ContextManager["with"] = (active, run, self, ...args) =>
    this.#storage.run(active, () => run.apply(self as never, args));
  bind: ContextManager["bind"] = (_active, target) => target;
  enable = () => this;
  disable = () => this;
}

const spanExporter = new InMemorySpanExporter();
let metricExporter: InMemoryMetricExporter;
const tracerProvider = new BasicTracerProvider({
  spanProcessors: [new SimpleSpanProcessor(spanExporter)],
});
let reader: PeriodicExportingMetricReader;
let meterProvider: MeterProvider;

let failure: Error | undefined;
const nonces: NonceStore = {
  // Late, so that a context that does not follow is lost.
  claim: async (): Promise<"fresh"> => {
    await new Promise(setImmediate);
    if (failure !== undefined) throw failure;
    return "fresh";
  },
};

/** As the instrumentation of node:http does: each request runs below the span of its own. */
function instrument(server: Server): void {
  const tracer = tracerProvider.getTracer("http");
  const emit = server.emit.bind(server) as (name: string, ...args: unknown[]) => boolean;
  (server as { emit: typeof emit }).emit = (name, ...args) => {
    if (name !== "request") return emit(name, ...args);
    const span = tracer.startSpan("GET", { kind: SpanKind.SERVER });
    (args[1] as Server).on("finish", () => span.end());
    return context.with(trace.setSpan(context.active(), span), () => emit(name, ...args));
  };
}

beforeAll(() => void context.setGlobalContextManager(new Contexts()));
afterAll(() => {
  context.disable();
  trace.disable();
  metrics.disable();
});

describe.each(PLATFORMS)("on %s", (platform) => {
  let server: RunningApp;
  const verdicts: Verdict[] = [];
  beforeAll(async () => {
    trace.disable();
    metrics.disable();
    server = await startApp(platform, {
      controllers: [OrdersController],
      hmac: {
        nonces,
        observer: joinObservers(openTelemetryObserver(), {
          observe: (verdict) => void verdicts.push(verdict),
        }),
      },
    });
    // After the application, as it may be: nothing is lost by that.
    metricExporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
    reader = new PeriodicExportingMetricReader({
      exporter: metricExporter,
      exportIntervalMillis: 2 ** 30,
    });
    meterProvider = new MeterProvider({ readers: [reader] });
    metrics.setGlobalMeterProvider(meterProvider);
    trace.setGlobalTracerProvider(tracerProvider);
    instrument(server.app.getHttpServer() as Server);
  });
  afterAll(async () => {
    await server.close();
    await meterProvider.shutdown();
  });
  beforeEach(() => {
    failure = undefined;
    spanExporter.reset();
    verdicts.length = 0;
  });

  const make = (appId = "demo", apiKey = DEMO_KEY): WireRequest =>
    signed(server.port, { method: "GET", target: "/orders/7" }, { appId, apiKey });
  const spansOf = (name: string): ReadableSpan[] =>
    spanExporter.getFinishedSpans().filter((span) => span.name === name);
  const msOf = ([seconds, nanos]: readonly [number, number]): number => seconds * 1e3 + nanos / 1e6;

  async function measured(): Promise<Map<string, readonly DataPoint<unknown>[]>> {
    metricExporter.reset();
    await reader.forceFlush();
    const [all] = metricExporter.getMetrics();
    return new Map(
      all?.scopeMetrics.flatMap(({ metrics: list }) =>
        list.map(({ descriptor, dataPoints }) => [
          `${descriptor.name} ${descriptor.unit}`,
          dataPoints as readonly DataPoint<unknown>[],
        ]),
      ),
    );
  }

  it("a request is a span below that of the server, and its claim is one below that", async () => {
    expect((await send(server.port, make())).status).toBe(200);
    const [http] = spansOf("GET");
    const [verify, ...more] = spansOf("verify request");
    const [claim] = spansOf("claim nonce");
    expect(more).toEqual([]);
    expect(verify?.parentSpanContext?.spanId).toBe(http?.spanContext().spanId);
    expect(claim?.parentSpanContext?.spanId).toBe(verify?.spanContext().spanId);
    expect(new Set([http, verify, claim].map((span) => span?.spanContext().traceId)).size).toBe(1);
    expect(verify?.attributes).toEqual({
      "lacre.outcome": "accepted",
      "lacre.scheme": "lacre1",
      "lacre.app.id": "demo",
      "lacre.key.id": expect.stringMatching(/^[0-9a-f]{8}$/),
      "lacre.request.id": verdicts[0]?.requestId,
      "http.request.method": "GET",
      "http.route": "/orders/:id",
      "http.request.body.size": 0,
    });
    expect(claim?.attributes).toEqual({ "lacre.claim.outcome": "fresh" });
    const [whole, part] = [verify, claim].map(
      (span) => [msOf(span?.startTime ?? [0, 0]), msOf(span?.endTime ?? [0, 0])] as const,
    );
    expect(whole?.[1]).toBeGreaterThan(whole?.[0] ?? 0);
    expect(part?.[0]).toBeGreaterThanOrEqual(whole?.[0] ?? 0);
    expect(part?.[1]).toBeLessThanOrEqual((whole?.[1] ?? 0) + 0.001); // rounded to nanoseconds
    expect(msOf(verify?.duration ?? [0, 0])).toBeCloseTo(verdicts[0]?.durationMs ?? 0, 2);
  });

  it("a caller's fault is no error of the server, and an outage is one", async () => {
    expect((await send(server.port, make("nobody"))).status).toBe(401);
    failure = new Error("redis://:hunter2@db is down");
    expect((await send(server.port, make())).status).toBe(503);
    const [refused, failed] = spansOf("verify request");
    expect(refused?.status).toEqual({ code: SpanStatusCode.UNSET });
    expect(refused?.attributes).toMatchObject({
      "lacre.outcome": "refused",
      "error.type": "app-unknown",
      "http.response.status_code": 401,
    });
    expect(refused?.attributes).not.toHaveProperty(["lacre.app.id"]);
    expect(failed?.status).toEqual({ code: SpanStatusCode.ERROR, message: "nonces-unavailable" });
    expect(failed?.attributes).toMatchObject({ "lacre.app.id": "demo" });
    expect(spansOf("claim nonce")[0]?.status.code).toBe(SpanStatusCode.ERROR);
    failure = undefined;
    await send(server.port, make()); // ends the doubt
  });

  it("strangers multiply no label, and add no app", async () => {
    await send(server.port, make());
    await send(server.port, make("nobody0"));
    const before = (await measured()).get("lacre.requests {request}")?.length;
    for (let i = 1; i < 50; i++) {
      const wrong = make(`nobody${i}`);
      await send(server.port, {
        ...wrong,
        target: `/orders/${i}`,
        headers: [...wrong.headers, ["X-Request-Id", `made-up-${i}`]],
      });
    }
    const all = await measured();
    expect([...all.keys()].toSorted()).toEqual([
      "lacre.nonce.claim.duration s",
      "lacre.requests {request}",
      "lacre.verify.duration s",
    ]);
    expect(all.get("lacre.requests {request}")).toHaveLength(before ?? 0);
    const said = JSON.stringify(
      [...all].map(([, points]) => points.map((each) => each.attributes)),
    );
    expect(said).not.toMatch(/nobody|made-up|orders/);
    expect(JSON.stringify(spansOf("verify request").map((span) => span.attributes))).not.toContain(
      "nobody",
    );
  });

  it("counts and measures by outcome, code, scheme and app", async () => {
    const sumOf = (points: readonly DataPoint<unknown>[] = [], labels: object): number =>
      points
        .filter(({ attributes }) =>
          Object.entries(labels).every(([name, value]) => attributes[name] === value),
        )
        .reduce((sum, { value }) => sum + ((value as Histogram).count ?? (value as number)), 0);
    const wanted = [
      { "lacre.outcome": "accepted", "lacre.scheme": "lacre1", "lacre.app.id": "demo" },
      { "lacre.outcome": "refused", "error.type": "app-unknown", "lacre.scheme": "lacre1" },
    ];
    const countsOf = async (name: string): Promise<number[]> => {
      const points = (await measured()).get(name);
      return wanted.map((labels) => sumOf(points, labels));
    };
    const names = ["lacre.requests {request}", "lacre.verify.duration s"];
    const [accepted = 0, refused = 0] = await countsOf(names[0] as string);
    for (let i = 0; i < 3; i++) await send(server.port, make());
    for (let i = 0; i < 2; i++) await send(server.port, make("nobody"));
    for (const name of names) expect(await countsOf(name)).toEqual([accepted + 3, refused + 2]);
    // In seconds: a sum in milliseconds would be more than all of this test took.
    const claims = (await measured()).get("lacre.nonce.claim.duration s") ?? [];
    const fresh = claims.find(({ attributes }) => attributes["lacre.claim.outcome"] === "fresh");
    const { sum, buckets } = (fresh as DataPoint<Histogram>).value;
    expect(sum).toBeLessThan(performance.now() / 1000);
    expect(buckets.boundaries[0]).toBe(0.0001);
  });

  it("the dashboard draws all of it, by the names that it has in Prometheus", async () => {
    await send(server.port, make());
    await send(server.port, make("nobody"));
    const UNITS: Record<string, string> = { s: "_seconds", "{request}": "_total" };
    const series = new Map<string, Set<string>>();
    const inPrometheus = (name: string): string => name.replaceAll(".", "_");
    for (const [key, points] of await measured()) {
      const [name = "", unit = ""] = key.split(" ");
      const labels = points.flatMap(({ attributes }) => Object.keys(attributes).map(inPrometheus));
      series.set(`${inPrometheus(name)}${UNITS[unit]}`, new Set(labels));
    }
    const dashboard = readFileSync(
      new URL("../../docs/grafana/lacre.json", import.meta.url),
      "utf8",
    );
    const { panels } = JSON.parse(dashboard) as { panels: { targets: { expr: string }[] }[] };
    const drawn = new Set<string>();
    for (const { expr } of panels.flatMap(({ targets }) => targets)) {
      const named = [...expr.matchAll(/\b(lacre_\w+?)(?:_bucket|_sum|_count)?(?=[{[])/g)];
      const labels = [...expr.matchAll(/\b((?:lacre|error|http)_\w+)\b(?![\w]*[{[])/g)];
      for (const [, name = ""] of named) {
        drawn.add(name);
        for (const [, label = ""] of labels)
          expect([expr, label, series.get(name)?.has(label)]).toEqual([expr, label, true]);
      }
    }
    expect([...drawn].toSorted()).toEqual([...series.keys()].toSorted());
  });

  it("no attribute holds a secret", async () => {
    const good = make();
    const credentials = good.headers.find(([name]) => name === "authorization")?.[1] ?? "";
    await send(server.port, good);
    await send(server.port, make("demo", "lk1_QEFCQ0RFRkdISUpLTE1OT1BRUlNUVVZXWFlaW1xdXl8"));
    const [, nonce = ""] = /Nonce=([\w-]+)/.exec(credentials) ?? [];
    const [, mac = ""] = /([0-9a-f]{64})$/.exec(credentials) ?? [];
    expect(Math.min(nonce.length, mac.length)).toBeGreaterThan(15);
    const points = [...(await measured())].map(([, list]) => list.map((each) => each.attributes));
    const said = JSON.stringify([
      points,
      spanExporter
        .getFinishedSpans()
        .map(({ name, attributes, status }) => [name, attributes, status]),
    ]);
    for (const secret of [nonce, mac, DEMO_KEY, DEMO_KEY.slice(4)])
      expect(said).not.toContain(secret);
  });
});

describe("openTelemetryObserver", () => {
  it("leaves apps out of metrics where there are too many", async () => {
    const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
    const own = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 2 ** 30 });
    const provider = new MeterProvider({ readers: [own] });
    const observer = openTelemetryObserver({ meterProvider: provider, countsApps: false });
    observer.observe({
      outcome: "accepted",
      principal: { appId: "demo", keyId: "k", scheme: "lacre1" },
      method: "GET",
      requestId: "1",
      durationMs: 1,
    } as Verdict);
    await own.forceFlush();
    expect(JSON.stringify(exporter.getMetrics())).toContain('"lacre.scheme":"lacre1"');
    expect(JSON.stringify(exporter.getMetrics())).not.toContain("lacre.app.id");
    await provider.shutdown();
  });

  it("does nothing where no SDK is there", () => {
    trace.disable();
    metrics.disable();
    const observer = openTelemetryObserver();
    observer.observe({
      outcome: "refused",
      code: "nonce-seen",
      status: 401,
      message: "nonce-seen",
      proven: false,
      method: "GET",
      requestId: "1",
      durationMs: 1,
    });
    observer.observeClaim?.({ outcome: "fresh", durationMs: 1 });
  });

  it.each([{ tracerProvider: {} }, { countsApps: "yes" }, { unknown: 1 }])(
    "refuses %j at the start",
    (options) => {
      expect(() => openTelemetryObserver(options as never)).toThrow(
        expect.objectContaining({ name: "ConfigurationError" }) as unknown as Error,
      );
    },
  );
});
