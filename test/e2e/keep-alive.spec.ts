import { Agent, request as ask, type IncomingMessage } from "node:http";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import {
  BadRequestException,
  Controller,
  Get,
  Injectable,
  Post,
  UseGuards,
  type CanActivate,
} from "@nestjs/common";
import { HmacProtected } from "@lacre/nestjs";
import { PLATFORMS, startApp, type RunningApp, takeAnything } from "../support/app.js";
import { signed, type WireRequest } from "../support/wire.js";

/*
 * A connection goes on after a request whose content nobody has read, whoever refused it.
 */

@Injectable()
class NobodyGuard implements CanActivate {
  canActivate(): boolean {
    return false;
  }
}

@Controller("stream")
@HmacProtected({ body: "stream" })
class StreamController {
  @Post("unread")
  unread() {
    return "ran";
  }
  @Post("throws")
  throws() {
    throw new BadRequestException();
  }
  @Post("scoped")
  @HmacProtected({ scopes: ["admin"] })
  scoped() {}
  @Post("small")
  @HmacProtected({ maxBodyBytes: 1000 })
  small() {}
  @Post("guarded")
  @UseGuards(NobodyGuard)
  guarded() {}
}
@Controller()
class OtherController {
  @Post("small")
  @HmacProtected({ maxBodyBytes: 1000 })
  small() {}
  @Post("buffered")
  @HmacProtected({ scopes: ["admin"] })
  buffered() {}
  @Get("open")
  open() {
    return "open";
  }
}

describe.each(PLATFORMS)("%s", (platform) => {
  let server: RunningApp;
  beforeAll(async () => {
    server = await startApp(platform, {
      controllers: [StreamController, OtherController],
      main: takeAnything,
    });
  });
  afterAll(() => server.close());

  const body = Buffer.alloc(600_000, "x");
  const headers = [["Content-Type", "application/octet-stream"]] as const;
  const made = (target: string): WireRequest =>
    signed(server.port, { method: "POST", target, headers, body });

  function send(agent: Agent, { method, target, headers, body }: WireRequest, chunked: boolean) {
    return new Promise<{ status: number | undefined; isReused: boolean }>((resolve, reject) => {
      const outgoing = ask(
        { agent, port: server.port, method, path: target },
        (answer: IncomingMessage) =>
          void answer
            .resume()
            .on("end", () =>
              resolve({ status: answer.statusCode, isReused: outgoing.reusedSocket }),
            ),
      );
      outgoing.on("error", reject);
      for (const [name, value] of headers) outgoing.setHeader(name, value);
      if (body !== undefined && !chunked) outgoing.setHeader("Content-Length", body.byteLength);
      outgoing.end(body);
    });
  }

  it.each([
    ["/stream/unread", 201],
    ["/stream/throws", 400],
    ["/stream/scoped", 403],
    ["/stream/small", 413],
    ["/stream/guarded", 403],
    ["/small", 413],
    ["/buffered", 403],
  ])("a connection goes on after %s has answered %s", async (target, status) => {
    for (const chunked of [false, true]) {
      const agent = new Agent({ keepAlive: true, maxSockets: 1 });
      try {
        const wire = made(target);
        const answers = [await send(agent, wire, chunked)];
        // A copy is refused, and so is one that was forged.
        answers.push(await send(agent, wire, chunked));
        answers.push(
          await send(agent, { ...made(target), body: Buffer.alloc(600_000, "y") }, chunked),
        );
        expect(answers[0]?.status).toBe(status);
        for (const each of answers.slice(1)) expect(each.status).toBeGreaterThanOrEqual(400);
        const open = { method: "GET", target: "/open", headers: [] };
        const last = await send(agent, open, true);
        expect([chunked, last.status, last.isReused]).toEqual([chunked, 200, true]);
      } finally {
        agent.destroy();
      }
    }
  });
});
