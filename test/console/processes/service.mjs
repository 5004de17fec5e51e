// A service that reads its keys from the console and tells it its verdicts: one signed route. Started with its settings
// as JSON in argv[2]; speaks with its parent by IPC.
import "reflect-metadata";
import { Controller, Get, Module } from "@nestjs/common";
import { NestFactory } from "@nestjs/core";
import { HmacModule, HmacProtected } from "@lacre/nestjs";
import { ConsoleKeyStore, ConsoleVerdicts } from "@lacre/stores/console";

const { store, verdicts: told } = JSON.parse(process.argv[2]);
const verdicts = told && new ConsoleVerdicts(told);

class OrdersController {
  list() {
    return [];
  }
}
Get()(
  OrdersController.prototype,
  "list",
  Object.getOwnPropertyDescriptor(OrdersController.prototype, "list"),
);
Controller("orders")(OrdersController);
HmacProtected()(OrdersController);

class AppModule {}
Module({
  imports: [
    HmacModule.forRoot({
      apps: new ConsoleKeyStore(store),
      origins: "*",
      bootFence: false, // of this test's own: no request was there before
      ...(verdicts && { observer: verdicts }),
    }),
  ],
  controllers: [OrdersController],
  providers: verdicts ? [{ provide: ConsoleVerdicts, useValue: verdicts }] : [],
})(AppModule);

const app = await NestFactory.create(AppModule, { logger: ["error"] });
app.enableShutdownHooks();
await app.listen(0, "127.0.0.1");
process.send({ port: app.getHttpServer().address().port });

/** Verdicts as requests would make them, so many a second: a tenth is refused. */
process.on("message", ({ perSecond, seconds }) => {
  const facts = { method: "GET", route: "/orders", requestId: "r", durationMs: 1 };
  let made = 0;
  let spentMs = 0;
  const startMs = performance.now();
  const timer = setInterval(() => {
    const due = Math.min(perSecond * seconds, ((performance.now() - startMs) / 1000) * perSecond);
    const beganMs = performance.now();
    for (; made < due; made++)
      verdicts.observe(made % 10 === 0 ? refused(made, facts) : accepted(made, facts));
    spentMs += performance.now() - beganMs;
    if (made < perSecond * seconds) return;
    clearInterval(timer);
    process.send({ made, microsecondsEach: (spentMs * 1000) / made });
  }, 10);
});

const accepted = (i, facts) => ({
  ...facts,
  outcome: "accepted",
  address: `10.0.0.${i % 50}`,
  canonicalSha256: "0".repeat(64),
  principal: {
    appId: `app-${i % 20}`,
    keyId: `app-${i % 20}-key`,
    scheme: "lacre1",
    timestamp: Math.floor(Date.now() / 1000),
  },
});
const refused = (i, facts) => ({
  ...facts,
  outcome: "refused",
  address: "10.9.9.9",
  code: "signature-mismatch",
  status: 401,
  message: "signature-mismatch",
  proven: false,
  appId: `stranger-${i}`,
  scheme: "lacre1",
  requestId: `r${i}`,
});
