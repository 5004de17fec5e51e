import type { Server } from "node:http";
import type { NestExpressApplication } from "@nestjs/platform-express";

/** How long requests that are under way have once the console is told to stop. */
const GRACE_MS = 5_000;

/** Ends what would keep a console that stops: streams that never end by themselves, and requests that take too long. */
export function endConnections(app: NestExpressApplication): void {
  const server = app.getHttpServer() as Server;
  const close = server.close.bind(server);
  server.close = (done) => {
    setTimeout(() => server.closeAllConnections(), GRACE_MS).unref();
    return close(done);
  };
}
