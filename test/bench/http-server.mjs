// One server of `npm run bench:http`: the same two routes, under the guard that the settings name.
import "reflect-metadata";
import {
  Body,
  Controller,
  Get,
  Module,
  Param,
  Post,
  UnauthorizedException,
  UseGuards,
} from "@nestjs/common";
import { NestFactory } from "@nestjs/core";
import { AuthGuard } from "@nestjs/passport";
import { FastifyAdapter } from "@nestjs/platform-fastify";
import { HmacModule, HmacProtected } from "@lacre/nestjs";
import { PostgresNonceStore } from "@lacre/stores/postgres";
import { RedisNonceStore } from "@lacre/stores/redis";
import hawk from "hawk";
import { answerUsage } from "./answer-usage.mjs";
import { HOST } from "./http-requests.mjs";

const { platform, subject, apiKey, url, nonceLifeSeconds } = JSON.parse(process.argv[2]);

/** What many write: the MAC, the content, the time, and no memory of nonces. */
class HawkGuard {
  async canActivate(context) {
    const request = context.switchToHttp().getRequest();
    const payload = request.rawBody && { payload: request.rawBody };
    try {
      await hawk.server.authenticate(request.raw ?? request, find, {
        timestampSkewSec: 300,
        ...payload,
      });
      return true;
    } catch {
      throw new UnauthorizedException();
    }
  }
}
const credentials = { id: "orders", key: apiKey, algorithm: "sha256", user: "orders" };
const find = async (id) => (id === credentials.id ? credentials : null);

/** What a subject puts on the controller, and into the module. */
const SUBJECTS = {
  none: { protect: () => {} },
  lacre: { protect: HmacProtected(), hasModule: true },
  passport: { protect: UseGuards(AuthGuard("hmac")), hasModule: true },
  hawk: { protect: UseGuards(HawkGuard), rawBody: true },
  redis: {
    protect: HmacProtected(),
    hasModule: true,
    nonces: () => new RedisNonceStore({ url, firstStart: true }),
  },
  postgres: {
    protect: HmacProtected(),
    hasModule: true,
    nonces: () => new PostgresNonceStore({ connectionString: url, firstStart: true }),
  },
};
const { protect, hasModule = false, rawBody = false, nonces } = SUBJECTS[subject];

class OrdersController {
  find(id) {
    return { id, lines: [] };
  }
  create(order) {
    return { id: order.id, lines: order.lines.length };
  }
}
const method = (name) => [
  OrdersController.prototype,
  name,
  Object.getOwnPropertyDescriptor(OrdersController.prototype, name),
];
Get(":id")(...method("find"));
Param("id")(OrdersController.prototype, "find", 0);
Post(":id")(...method("create"));
Body()(OrdersController.prototype, "create", 0);
Controller("orders")(OrdersController);
protect(OrdersController);

const lacre = () =>
  HmacModule.forRoot({
    apps: { orders: apiKey },
    origins: [`http://${HOST}`],
    ...(nonces === undefined ? { bootFence: false } : { nonces: nonces() }),
    // Short, so that the memory of nonces is as full as it gets soon after the start.
    ...(nonceLifeSeconds && { maxAge: nonceLifeSeconds - 2, futureSkew: 1, clockSpread: 1 }),
  });
class AppModule {}
Module({ imports: hasModule ? [lacre()] : [], controllers: [OrdersController] })(AppModule);

const settings = { logger: ["error"], rawBody };
const app = await (platform === "fastify"
  ? NestFactory.create(AppModule, new FastifyAdapter(), settings)
  : NestFactory.create(AppModule, settings));
await app.listen(0, "127.0.0.1");
answerUsage(app.getHttpServer().address().port);
