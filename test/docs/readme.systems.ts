import { spawn, type ChildProcess } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { Logger, type INestApplication } from "@nestjs/common";
import { NestFactory } from "@nestjs/core";
import { need, run } from "../support/run.js";
import { blocksOf, ROOT } from "./markdown.js";
import { DemoModule } from "../../apps/demo/src/demo.module.js";
import { freshKeys } from "../../apps/demo/src/keys.js";
import { freePort, portOf, Workshop } from "./workshop.js";

beforeAll(() => need("curl", "apt-get install curl"));

const shell = (command: string, env: Record<string, string> = {}) =>
  run("sh", ["-c", command], { cwd: ROOT, env });

describe("the demo", () => {
  const main = join(ROOT, "apps", "demo", "dist", "main.js");
  let demo: ChildProcess;
  let port: number;
  let commands: string[];

  beforeAll(async () => {
    if (!existsSync(main)) throw new Error("The demo is not built. Build it: npm run build");
    port = await freePort();
    demo = spawn(process.execPath, ["apps/demo/dist/main.js"], {
      cwd: ROOT,
      env: { ...process.env, PORT: String(port), NO_COLOR: "1" },
    });
    commands = await printed(demo);
  }, 60_000);
  afterAll(async () => {
    const ended = new Promise((resolve) => demo.once("close", resolve));
    demo.kill();
    await ended;
  });

  it("prints three commands, those of the README under its own port", () => {
    const [, , readme = ""] = blocksOf("README.md")
      .filter(({ kind }) => kind === "sh")
      .map(({ code }) => code.trimEnd().replaceAll(":3000/", `:${port}/`));
    expect(commands).toEqual(readme.split("\n"));
  });

  it("1: takes a signed request", async () => {
    const [command = ""] = commands;
    const first = await shell(command);
    expect(JSON.parse(first.stdout)).toEqual({ id: 1, item: "tea", createdBy: "orders" });
    // The same once more, with the status shown.
    const second = await shell(`${command} -w ' %{http_code}'`);
    expect(second.stdout).toBe('{"id":2,"item":"tea","createdBy":"orders"} 201');
  });

  it("2: takes a request that curl signs by itself", async () => {
    const [, command = ""] = commands;
    const { stdout } = await shell(`${command} -w ' %{http_code}'`);
    expect(stdout).toBe('{"appId":"orders-aws","body":null} 200');
    // Another second: SigV4 has no nonce, and an equal request in the same second would be a replay.
    await wait(1_100);
    expect(JSON.parse((await shell(command)).stdout)).toMatchObject({ appId: "orders-aws" });
  });

  it("takes every other format on a route of its own, by the command that its page names", async () => {
    const lines = blocksOf("docs/schemes/README.md")
      .filter(({ kind }) => kind === "sh")
      .flatMap(({ code }) => code.trimEnd().split("\n"));
    const listed = await fetch(`http://127.0.0.1:${port}/formats`);
    const schemes = (await listed.json()) as string[];
    expect(lines.map((line) => /--scheme (\S+)/.exec(line)?.[1])).toEqual(schemes);
    for (const [i, line] of lines.entries()) {
      const { code, stdout } = await shell(line.replaceAll(":3000/", `:${port}/`));
      expect([line, code, stdout]).toEqual([
        line,
        0,
        expect.stringContaining(`{"scheme":"${schemes[i]}","appId":"orders`),
      ]);
    }
  });

  it("3: runs once what is sent twice", async () => {
    const [, , command = ""] = commands;
    const { stdout } = await shell(command);
    const [first, second] = stdout.trim().split("\n");
    expect(first).toMatch(/^\[\{"id":1,.*\] 200$/);
    expect(second).toBe('{"statusCode":401,"message":"Unauthorized"} 401');
    expect(existsSync(join(ROOT, "signed.txt"))).toBe(false);
  });
});

describe("docs/clients.md", () => {
  it("has a command that the demo takes", async () => {
    const keys = freshKeys();
    const app = await NestFactory.create(
      DemoModule.with({ keys, origins: "*", bootFence: false }),
      { logger: false },
    );
    await app.listen(0, "127.0.0.1");
    const commands = blocksOf("docs/clients.md").filter(({ kind }) => kind === "sh");
    expect(commands.length).toBe(1);
    const { stdout } = await shell(commands[0]?.code ?? "", {
      LACRE_URL: `http://127.0.0.1:${portOf(app)}`,
      LACRE_APP_ID: "orders",
      LACRE_API_KEY: keys.orders,
    });
    await app.close();
    expect(stdout).toBe('{"id":1,"item":"tea","createdBy":"orders"} 201');
  });
});

/** The commands that the demo prints once it is ready. */
function printed(demo: ChildProcess): Promise<string[]> {
  return new Promise((resolve, reject) => {
    let text = "";
    const collect = (chunk: Buffer): void => {
      text += chunk.toString("utf8");
      const [, ready = ""] = text.split("\nReady.");
      const found = [...ready.matchAll(/^ {3}(\S.*)$/gm)].map(([, line = ""]) => line);
      if (found.length === 3 && text.endsWith("\n")) resolve(found);
    };
    demo.stdout?.on("data", collect);
    demo.stderr?.on("data", collect);
    demo.once("close", (code) => reject(new Error(`the demo ended (${code}):\n${text}`)));
  });
}

describe("docs/schemes/aws-sigv4.md", () => {
  const path = "docs/schemes/aws-sigv4.md";
  const apiKey = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"; // of AWS's own examples
  let workshop: Workshop;
  let app: INestApplication;
  let port: number;

  beforeAll(async () => {
    Logger.overrideLogger(false);
    process.env.PARTNER_KEY = apiKey;
    port = await freePort();
    workshop = new Workshop(path, { "3000": String(port) });
    ({ app } = (await workshop.run("server.ts")) as { app: INestApplication });
    await wait(6_000); // the fence after a start
  }, 60_000);
  afterAll(async () => {
    await app.close();
    workshop.close();
    delete process.env.PARTNER_KEY;
  });

  it("has curl commands that its server takes", async () => {
    const lines = blocksOf(path)
      .filter(({ kind }) => kind === "sh")
      .flatMap(({ code }) => code.trimEnd().split("\n"));
    const answers = await Promise.all(
      lines.map((line) => shell(line.replaceAll(":3000", `:${port}`), { PARTNER_KEY: apiKey })),
    );
    expect(answers.map(({ stdout }) => stdout)).toEqual([
      '{"appId":"partner","body":null}',
      '{"appId":"partner","body":{"n":1}}',
    ]);
  });
});
