import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type RequestListener, type Server } from "node:http";
import { createServer as createNetServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import { Body, Controller, Get, Post } from "@nestjs/common";
import { HmacProtected } from "@lacre/nestjs";
import { PLATFORMS, startApp, type RunningApp } from "../support/app.js";
import { render, signed } from "../support/wire.js";
import { lacre } from "./lacre.js";

const folder = mkdtempSync(join(tmpdir(), "lacre-replay-"));
afterAll(() => rmSync(folder, { recursive: true }));

let files = 0;
function file(content: string | Buffer): string {
  const path = join(folder, String(files++));
  writeFileSync(path, content);
  return path;
}

let ran = 0;
beforeEach(() => void (ran = 0));

@Controller("items")
@HmacProtected()
class ItemsController {
  @Get()
  list() {
    ran += 1;
    return [];
  }

  @Post()
  create(@Body() body: object) {
    ran += 1;
    return body;
  }
}

/** A server that lets every request in, or whatever its listener does. */
async function listening(listener: RequestListener): Promise<{ port: number; server: Server }> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { port: (server.address() as AddressInfo).port, server };
}

describe.each(PLATFORMS)("lacre replay against a server on %s", (platform) => {
  let app: RunningApp;
  beforeAll(async () => {
    app = await startApp(platform, { controllers: [ItemsController] });
  });
  afterAll(() => app.close());

  it.each([
    ["GET", undefined, false],
    ["HEAD", undefined, false],
    ["POST", '{"n":1}', false],
    ["POST", '{"n":1}', true],
  ])("%s %s, chunked: %s: it runs once", async (method, text, chunked) => {
    const body = text === undefined ? undefined : Buffer.from(text);
    const request = signed(app.port, {
      method,
      target: "/items",
      ...(body !== undefined && { headers: [["Content-Type", "application/json"]], body }),
    });
    const path = file(render({ ...request, chunked }));
    const { code, out, err } = await lacre(["replay", path, "--to", app.url, "--times", "4"]);
    expect(err).toBe("");
    expect(out).toMatch(/^1 {2}20[01]\n2 {2}401\n3 {2}401\n4 {2}401\nProtected: /);
    expect({ code, ran }).toEqual({ code: 0, ran: 1 });
  });

  it("says when nothing was let in, which proves nothing", async () => {
    const clock = { nowMs: () => Date.now() - 3_600_000 };
    const path = file(render(signed(app.port, { method: "GET", target: "/items" }, { clock })));
    const { code, out } = await lacre(["replay", path, "--to", app.url]);
    expect(out).toMatch(/^1 {2}401\n2 {2}401\nRefused every time\..* proves nothing/);
    expect({ code, ran }).toEqual({ code: 0, ran: 0 });
  });

  it("sends a request of a HAR file", async () => {
    const { method, target, headers } = signed(app.port, { method: "GET", target: "/items" });
    const entry = {
      request: {
        method,
        url: `${app.url}${target}`,
        headers: headers.map(([name, value]) => ({ name, value })),
      },
    };
    const path = file(JSON.stringify({ log: { entries: [entry] } }));
    const { code, out } = await lacre(["replay", path, "--har", "--json"]);
    expect(JSON.parse(out)).toEqual({ answers: [200, 401], letIn: 1, good: true });
    expect({ code, ran }).toEqual({ code: 0, ran: 1 });
  });
});

describe("lacre replay against a server that forgets", () => {
  const received: string[] = [];
  let port: number;
  let server: Server;
  beforeAll(async () => {
    ({ port, server } = await listening((incoming, answer) => {
      received.push(`${incoming.method} ${incoming.url} ${incoming.rawHeaders.join("|")}`);
      answer.writeHead(302, { Location: "/elsewhere" }).end("x".repeat(10));
    }));
  });
  afterAll(() => void server.close());
  beforeEach(() => void (received.length = 0));

  it("says that it is not protected, and follows no redirect", async () => {
    const request = `GET /a/../b?x=%2f HTTP/1.1\r\nhOsT: 127.0.0.1:${port}\r\nX-A: b\r\n\r\n`;
    const { code, out } = await lacre([
      "replay",
      file(request),
      "--to",
      `http://127.0.0.1:${port}`,
      "--times=3",
    ]);
    expect(code).toBe(1);
    expect(out).toMatch(/^1 {2}302\n2 {2}302\n3 {2}302\nNot protected: .* 3 times/);
    expect(received).toEqual(
      Array(3).fill(`GET /a/../b?x=%2f hOsT|127.0.0.1:${port}|X-A|b`), // as recorded
    );
  });

  it("sends one request, whatever follows it in the file", async () => {
    const first = `POST / HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nContent-Length: 2\r\n\r\nab`;
    const path = file(`\r\n${first}\r\nGET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n`);
    await lacre(["replay", path, "--to", `http://127.0.0.1:${port}`, "--times", "1"]);
    expect(received).toEqual([expect.stringContaining("POST / ")]);
  });

  it("sends a recording for another host to this machine", async () => {
    const path = file("GET / HTTP/1.1\r\nHost: api.example.test\r\n\r\n");
    const { out } = await lacre(["replay", path, "--to", `http://localhost:${port}`]);
    expect(out).toContain("Not protected");
  });

  it("notes a recording that an editor wrote", async () => {
    const path = file(`GET / HTTP/1.1\nHost: 127.0.0.1:${port}\n\n`);
    const { err } = await lacre(["replay", path, "--to", `http://127.0.0.1:${port}`]);
    expect(err).toMatch(/^lacre: note: .* LF alone/);
  });
});

describe("lacre replay without an answer", () => {
  it.each([
    ["nobody listens", undefined, "ECONNREFUSED"],
    ["the server hangs up", "", "closed without|hang up|reset"],
    ["the server speaks something else", "SSH-2.0-x\r\n", "Parse Error"],
  ])("%s: exit code 1", async (_name, greeting, message) => {
    const server = createNetServer(
      (socket) => void socket.on("error", () => {}).end(greeting ?? ""),
    );
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    if (greeting === undefined) await new Promise((resolve) => server.close(resolve));
    const path = file(`GET / HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n\r\n`);
    const { code, out } = await lacre(["replay", path, "--to", `http://127.0.0.1:${port}`]);
    server.close();
    expect(out).toMatch(new RegExp(`^1 {2}no answer: .*(?:${message})`));
    expect(out).toContain("Not judged");
    expect(code).toBe(1);
  });
});

describe("lacre replay, used wrongly", () => {
  const GET = "GET / HTTP/1.1\r\nHost: api.example.test\r\n\r\n";
  const POST = "POST / HTTP/1.1\r\nHost: api.example.test\r\n";
  it.each([
    [GET, [], "Give --to https://api.example.test"],
    [GET, ["--to", "https://evil.example"], "The recording is for api.example.test"],
    [GET, ["--to", "https://api.example.test:8443"], "The recording is for api.example.test"],
    [GET, ["--to", "https://api.example.test/v1"], "--to has a path"],
    [GET, ["--to", "api.example.test"], "no http or https URL"],
    [GET, ["--to", "https://api.example.test", "--times", "0"], "--times is no number"],
    [GET, ["--to", "https://api.example.test", "--times", "100"], "--times is no number"],
    [GET, ["--har"], "is no JSON"],
    ["{}", ["--har"], "No request of the HAR file"],
    ["{}", [], "no request line"],
    [GET.replace("Host: a", "Host: b\r\nHost: a"), ["--to", "http://b"], "exactly one Host"],
    [GET.replace("\r\n\r\n", "\r\n"), ["--to", "https://api.example.test"], "no empty line"],
    [`${POST}Content-Length: 4\r\n\r\nabc`, [], "ends before its content"],
    [`${POST}\r\nabc`, [], "neither Content-Length"],
  ])("%j %j", async (content, args, message) => {
    const { code, out, err } = await lacre(["replay", file(content), ...args]);
    expect({ code, out }).toEqual({ code: 2, out: "" });
    expect(err).toContain(message);
    expect(err.trim().split("\n")).toHaveLength(1);
  });
});
