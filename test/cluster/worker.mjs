// One server process of the race and fault runs: a signed route that counts how often its handler ran for each id, and
// a health check. Started with its settings as JSON in argv[2]; speaks with its parent by IPC.
import "reflect-metadata";
import { Controller, Get, Inject, Module, Param } from "@nestjs/common";
import { NestFactory } from "@nestjs/core";
import { FastifyAdapter } from "@nestjs/platform-fastify";
import { HealthCheckService, TerminusModule } from "@nestjs/terminus";
import { HmacModule, HmacProtected } from "@lacre/nestjs";
import { HmacHealthIndicator } from "@lacre/nestjs/terminus";
import { openNonces } from "./stores.mjs";

const settings = JSON.parse(process.argv[2]);
const { clockOffsetMs, maxAge, clockSpread = 25, keys = "configured" } = settings;
const clock = clockOffsetMs && { nowMs: () => Date.now() + clockOffsetMs };
/** Runs by id: whatever is above one is what this is all about. */
const runs = new Map();

class RunController {
  run(id) {
    runs.set(id, (runs.get(id) ?? 0) + 1);
    if (settings.reports) process.send({ ran: id });
    return "ran";
  }
}
route(RunController, "run", ":id");
Param("id")(RunController.prototype, "run", 0);
Controller("run")(RunController);
HmacProtected()(RunController);

class HealthController {
  constructor(health, hmac) {
    this.health = health;
    this.hmac = hmac;
  }
  check() {
    return this.health.check([() => this.hmac.isHealthy("hmac")]);
  }
}
route(HealthController, "check");
Inject(HealthCheckService)(HealthController, undefined, 0);
Inject(HmacHealthIndicator)(HealthController, undefined, 1);
Controller("health")(HealthController);

/** A source that fails when the parent says so, and has one record that nobody can read. */
let isSourceDown = false;
const source = {
  async find(appId) {
    if (isSourceDown) throw new Error("the source is away");
    if (appId === "race") return { appId, apiKey: settings.apiKey };
    return appId === "unreadable" ? { appId, apiKey: "lk1_short" } : undefined;
  },
};

class AppModule {}
Module({
  imports: [
    TerminusModule.forRoot({ logger: false }),
    HmacModule.forRoot({
      apps: keys === "source" ? source : { race: settings.apiKey },
      origins: "*",
      clockSpread,
      ...(maxAge && { maxAge }),
      ...(clock && { clock }),
      ...(settings.store === "memory"
        ? { bootFence: false }
        : { nonces: await openNonces(settings, clock) }),
    }),
  ],
  providers: [HmacHealthIndicator],
  controllers: [RunController, HealthController],
})(AppModule);

const logger = settings.logs ? ["log", "warn", "error"] : ["error"];
const app = await NestFactory.create(AppModule, new FastifyAdapter(), { logger });
await app.listen(settings.port ?? 0, "127.0.0.1");
process.on("message", (message) => {
  if (message === "count")
    process.send({ handlers: [...runs.values()].reduce((a, b) => a + b, 0) });
  if (message.isSourceDown !== undefined) isSourceDown = message.isSourceDown;
});
process.on("disconnect", () => process.exit(0));
process.send({ port: app.getHttpServer().address().port });

function route(controller, method, path) {
  const { prototype } = controller;
  Get(path)(prototype, method, Object.getOwnPropertyDescriptor(prototype, method));
}
