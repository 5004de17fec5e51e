import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { createServer, request as httpRequest } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import { Body, Controller, Get, Header, HttpCode, Post, Res } from "@nestjs/common";
import { HmacProtected } from "@lacre/nestjs";
import type { Io } from "../../apps/cli/src/io.js";
import { AWS_KEY, DEMO_KEY, startApp, type RunningApp } from "../support/app.js";
import { need } from "../support/run.js";
import { lacre, type Outcome } from "./lacre.js";

const PACKED = gzipSync("packed");

@Controller()
@HmacProtected()
class AnswersController {
  @Get("tea")
  tea() {
    return "tea é";
  }
  @Post("tea")
  @HttpCode(201)
  make(@Body() body: unknown) {
    return body;
  }
  @Get("none")
  @HttpCode(204)
  none() {}
  @Get("teapot")
  @HttpCode(418)
  teapot() {
    return "short and stout";
  }
  @Get("packed")
  @Header("Content-Encoding", "gzip")
  packed(@Res() response: { end(content: Uint8Array): void }) {
    response.end(PACKED);
  }
}

/** Somebody between the caller and the server. */
type Meddler = (answer: { status: number; headers: string[]; content: Buffer }) => void;
let meddle: Meddler;
const proxy = createServer((incoming, outgoing) => {
  const { method, url: path } = incoming;
  const headers = incoming.rawHeaders;
  const forward = httpRequest({ port: app.port, method, path, headers }, (answer) => {
    const chunks: Buffer[] = [];
    answer.on("data", (chunk: Buffer) => chunks.push(chunk));
    answer.on("end", () => {
      const made = {
        status: answer.statusCode ?? 0,
        headers: [...answer.rawHeaders],
        content: Buffer.concat(chunks),
      };
      meddle(made);
      outgoing.writeHead(made.status, made.headers);
      outgoing.end(made.content);
    });
  });
  incoming.pipe(forward);
});

let app: RunningApp;
let folder: string;
let origin: string;
beforeAll(async () => {
  need("curl", "apt-get install curl");
  folder = mkdtempSync(join(tmpdir(), "lacre-answers-"));
  app = await startApp("express", {
    controllers: [AnswersController],
    hmac: { signResponses: true },
  });
  proxy.listen(0, "127.0.0.1");
  await once(proxy, "listening");
  origin = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
});
afterAll(async () => {
  proxy.closeAllConnections();
  proxy.close();
  await app.close();
  rmSync(folder, { recursive: true });
});
beforeEach(() => void (meddle = () => undefined));

const runReally: Io["run"] = (program, words, { env, input }) =>
  new Promise((resolve, reject) => {
    const child = spawn(program, words, { env, stdio: ["pipe", "ignore", "ignore"] });
    child.stdin.on("error", () => undefined);
    child.stdin.end(input);
    child.on("error", reject);
    child.on("close", (code) => resolve(code ?? -1));
  });

const verified = (...args: string[]): Promise<Outcome> =>
  lacre(["curl", "--verify-response", ...args.map((word) => word.replace(/^O\b/, origin))], {
    env: { PATH: process.env["PATH"], LACRE_APP_ID: "demo", LACRE_API_KEY: DEMO_KEY },
    run: runReally,
  });

describe("lacre curl --verify-response", () => {
  it.each([
    [["O/tea"], 0, "tea é"],
    [["--json", '{"n":1}', "O/tea"], 0, '{"n":1}'],
    [["O/none"], 0, ""],
    [["O/teapot"], 0, "short and stout"],
    [["--fail-with-body", "O/teapot"], 22, "short and stout"],
    [["-o", "-", "O/tea"], 0, "tea é"],
    [["O/packed"], 0, PACKED.toString()],
    [["-sS", "-X", "POST", "-H", "Expect: 100-continue", "-d", "n=1", "O/tea"], 0, '{"n":"1"}'],
  ])("%j prints what is signed", async (args, code, out) => {
    expect(await verified(...args)).toEqual({ code, out, err: "" });
  });

  it("writes to the file of -o what is signed, and nothing else", async () => {
    const path = join(folder, "out");
    expect(await verified("-o", path, "O/tea")).toEqual({ code: 0, out: "", err: "" });
    expect(readFileSync(path, "utf8")).toBe("tea é");
    meddle = (answer) => void (answer.content[0] = 0x54);
    const other = join(folder, "other");
    expect(await verified("-o", other, "O/tea")).toMatchObject({ code: 1, out: "" });
    expect(existsSync(other)).toBe(false);
  });

  const without =
    (name: RegExp): Meddler =>
    (answer) => {
      answer.headers = answer.headers.flatMap((each, i, all) =>
        i % 2 === 0 && !name.test(each) ? [each, all[i + 1] ?? ""] : [],
      );
    };
  it.each<[string, Meddler, string]>([
    ["content", (answer) => void (answer.content[0] = 0x54), "the content of the answer is not"],
    ["status", (answer) => void (answer.status = 203), "was changed on its way"],
    ["no signature", without(/^lacre-signature$/i), "the answer is not signed. Status 200"],
    [
      "an answer of its own",
      (answer) => {
        answer.status = 502;
        answer.headers = ["Content-Type", "text/html"];
        answer.content = Buffer.from("<h1>Bad gateway\u001b[2J");
      },
      'Status 502; its content begins with "<h1>Bad gateway.[2J"',
    ],
  ])("takes no answer that was changed: %s", async (_, meddler, reason) => {
    meddle = meddler;
    const { code, out, err } = await verified("O/tea");
    expect([code, out, err]).toEqual([1, "", expect.stringContaining(reason)]);
    expect(err).toMatch(/^lacre: the answer cannot be believed: [\x20-\x7e]*\n$/);
  });

  it("takes no answer to another request", async () => {
    let earlier: Parameters<Meddler>[0] | undefined;
    meddle = (answer) => void (earlier = structuredClone(answer));
    await verified("O/tea");
    meddle = (answer) =>
      void Object.assign(answer, earlier, { content: Buffer.from(earlier?.content ?? []) });
    expect(await verified("O/tea")).toMatchObject({ code: 1, out: "" });
  });

  it("leaves nothing behind, and passes on curl's code where there is no answer", async () => {
    const ours = () => readdirSync(tmpdir()).filter((name) => name.startsWith("lacre-curl-"));
    const before = ours();
    expect(await verified("http://127.0.0.1:1/")).toMatchObject({ code: 7, out: "" });
    await verified("O/tea");
    expect(ours().filter((name) => !before.includes(name))).toEqual([]);
  });

  it.each([
    [["-i", "O/tea"], "curl's -i writes the answer before its signature is checked"],
    [["-D", "x", "O/tea"], "curl's -D"],
    [["-O", "O/tea"], "curl's -O"],
    [["--compressed", "O/tea"], "curl's --compressed changes the content"],
    [["-f", "O/tea"], "Use --fail-with-body"],
    [["-o", "/none/such", "O/tea"], "The answer cannot be written"],
  ])("refuses %j", async (args, reason) => {
    const { code, out, err } = await verified(...args);
    expect([code, out, err]).toEqual([2, "", expect.stringContaining(reason)]);
  });

  it.each([
    [["--dry-run", "--verify-response", "http://a.test/"], "--dry-run gets no answer", DEMO_KEY],
    [
      [
        "--verify-response",
        "--scheme",
        "aws-sigv4",
        "--region",
        "r",
        "--service",
        "s",
        "--encoding",
        "text",
        "http://a.test/",
      ],
      "signs no answers",
      AWS_KEY,
    ],
  ])("%j asks for what cannot be", async (args, reason, key) => {
    const { code, err } = await lacre(["curl", ...args], {
      env: { LACRE_APP_ID: "demo", LACRE_API_KEY: key },
    });
    expect([code, err]).toEqual([2, expect.stringContaining(reason)]);
  });
});
