// One server process of the race and fault runs: a signed route that counts how often its handler ran for each id.
// Started with its settings as JSON in argv[2]; speaks with its parent by IPC.
import "reflect-metadata";
import { Controller, Get, Module, Param } from "@nestjs/common";
import { NestFactory } from "@nestjs/core";
import { FastifyAdapter } from "@nestjs/platform-fastify";
import { HmacModule, HmacProtected } from "@lacre/nestjs";
import { openNonces } from "./stores.mjs";

const settings = JSON.parse(process.argv[2]);
const clock = { nowMs: () => Date.now() + (settings.clockOffsetMs ?? 0) };
/** Runs by id: whatever is above one is what this is all about. */
const runs = new Map();

class RunController {
  run(id) {
    runs.set(id, (runs.get(id) ?? 0) + 1);
    if (settings.reports) process.send({ ran: id });
    return "ran";
  }
}
Get(":id")(
  RunController.prototype,
  "run",
  Object.getOwnPropertyDescriptor(RunController.prototype, "run"),
);
Param("id")(RunController.prototype, "run", 0);
Controller("run")(RunController);
HmacProtected()(RunController);

class AppModule {}
Module({
  imports: [
    HmacModule.forRoot({
      apps: { race: settings.apiKey },
      origins: "*",
      clock,
      clockSpread: settings.clockSpread ?? 25,
      ...(settings.store === "memory"
        ? { bootFence: false }
        : { nonces: await openNonces(settings, clock) }),
    }),
  ],
  controllers: [RunController],
})(AppModule);

const app = await NestFactory.create(AppModule, new FastifyAdapter(), { logger: ["error"] });
await app.listen(settings.port ?? 0, "127.0.0.1");
process.on("message", (message) => {
  if (message === "count")
    process.send({ handlers: [...runs.values()].reduce((a, b) => a + b, 0) });
});
process.on("disconnect", () => process.exit(0));
process.send({ port: app.getHttpServer().address().port });
