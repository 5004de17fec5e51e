// One server of `npm run bench:body`: a route that reads its content as it arrives and one whose content is buffered,
// guarded, or open and then with a bare hash over the same bytes.
import "reflect-metadata";
import { createHash, hash } from "node:crypto";
import { Body, Controller, Module, Post, Req } from "@nestjs/common";
import { NestFactory } from "@nestjs/core";
import { FastifyAdapter } from "@nestjs/platform-fastify";
import { HmacModule, HmacProtected } from "@lacre/nestjs";
import { answerUsage } from "./answer-usage.mjs";
import { HOST } from "./http-requests.mjs";

const { platform, isGuarded, apiKey } = JSON.parse(process.argv[2]);
const BUFFERED_TYPE = "application/x-bytes";
const LIMIT = 1_048_576;

class BodiesController {
  stream(request) {
    const stream = request.raw ?? request;
    const hashed = isGuarded ? undefined : createHash("sha256");
    let bytes = 0;
    return new Promise((resolve, reject) => {
      stream.on("data", (chunk) => {
        bytes += chunk.length;
        hashed?.update(chunk);
      });
      stream.on("end", () => resolve({ bytes, digest: hashed?.digest("hex") }));
      stream.on("error", reject);
    });
  }
  buffer(body) {
    return { bytes: body.length, digest: isGuarded ? undefined : hash("sha256", body) };
  }
}
const { prototype } = BodiesController;
const method = (name) => [prototype, name, Object.getOwnPropertyDescriptor(prototype, name)];
Post("stream")(...method("stream"));
Req()(prototype, "stream", 0);
Post("buffer")(...method("buffer"));
Body()(prototype, "buffer", 0);
Controller("bodies")(BodiesController);
if (isGuarded) {
  HmacProtected({ body: "stream" })(...method("stream"));
  HmacProtected()(...method("buffer"));
}

const lacre = () =>
  HmacModule.forRoot({ apps: { orders: apiKey }, origins: [`http://${HOST}`], bootFence: false });
class AppModule {}
Module({ imports: isGuarded ? [lacre()] : [], controllers: [BodiesController] })(AppModule);

const settings = { logger: ["error"] };
const app = await (platform === "fastify"
  ? NestFactory.create(AppModule, new FastifyAdapter({ bodyLimit: LIMIT }), settings)
  : NestFactory.create(AppModule, settings));
if (platform === "fastify") {
  app.useBodyParser(BUFFERED_TYPE, {}, (_request, body, done) => done(null, body));
  const leaveAlone = (_request, _payload, done) => done(null);
  app.getHttpAdapter().getInstance().addContentTypeParser("application/octet-stream", leaveAlone);
} else app.useBodyParser("raw", { type: BUFFERED_TYPE, limit: LIMIT });
await app.listen(0, "127.0.0.1");
answerUsage(app.getHttpServer().address().port);
