import { cpSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import type { INestApplication } from "@nestjs/common";
import { NestFactory } from "@nestjs/core";
import type { Verdict } from "@lacre/core";
import { DemoModule } from "../../../apps/demo/src/demo.module.js";
import { freshKeys } from "../../../apps/demo/src/keys.js";
import { blocksOf, ROOT } from "../../docs/markdown.js";
import { need, run, type Outcome } from "../../support/run.js";
import { send } from "../../support/wire.js";

/** The plug-in of HTTPie, installed as docs/recipes/httpie.md says, beside an HTTPie of its own. */
const keys = freshKeys();
const verdicts: Verdict[] = [];
let app: INestApplication;
let port: number;
let folder: string;

/** Runs a line of a shell in which `http` and `httpie` are those of the folder. */
const shell = (script: string, env: Record<string, string> = {}): Promise<Outcome> =>
  run("bash", ["--norc", "--noprofile", "-euo", "pipefail", "-c", script], {
    cwd: folder,
    env: {
      PATH: `${join(folder, "python/bin")}:${process.env.PATH}`,
      PYTHONPATH: join(folder, "python"),
      XDG_CONFIG_HOME: join(folder, "config"),
      LACRE_API_KEY: keys.orders,
      ...env,
    },
  });

async function succeed(script: string, hint = ""): Promise<string> {
  const { code, stdout, stderr } = await shell(script);
  if (code !== 0) throw new Error([hint, script, stdout, stderr].join("\n"));
  return stdout;
}

/** A test has no terminal: HTTPie would wait for the content there. */
const http = (args: string, env?: Record<string, string>) =>
  shell(`http --ignore-stdin --print=hb --auth-type lacre ${args}`, env);

const statusOf = ({ stdout, stderr }: Outcome): string =>
  /^HTTP\/1\.1 (\d+)/.exec(stdout)?.[1] ?? stderr;

const codes = () =>
  verdicts.map((verdict) => (verdict.outcome === "refused" ? verdict.code : verdict.outcome));

beforeAll(async () => {
  need("pip3", "apt-get install python3-pip");
  folder = mkdtempSync(join(tmpdir(), "lacre-httpie-"));
  cpSync(join(ROOT, "clients"), join(folder, "clients"), { recursive: true });
  const pip = "python3 -m pip install -q --disable-pip-version-check --root-user-action=ignore";
  await succeed(`${pip} --target python httpie==3.2.4`, "pip cannot install HTTPie.");
  const [install] = blocksOf("docs/recipes/httpie.md");
  await succeed(install?.code ?? "", "HTTPie cannot install a plug-in with pip.");
  const observer = { observe: (verdict: Verdict) => void verdicts.push(verdict) };
  app = await NestFactory.create(
    DemoModule.with({ keys, origins: "*", bootFence: false, observer }),
    { logger: false },
  );
  await app.listen(0, "127.0.0.1");
  ({ port } = app.getHttpServer().address() as AddressInfo);
});
afterAll(async () => {
  await app?.close();
  rmSync(folder, { recursive: true });
});
beforeEach(() => {
  verdicts.length = 0;
});

describe("HTTPie with --auth-type lacre", () => {
  it("signs what the recipe shows", async () => {
    const [, block] = blocksOf("docs/recipes/httpie.md");
    const lines = (block?.code ?? "").split("\n").filter((line) => line.startsWith("http "));
    expect(lines.length).toBe(3);
    const statuses: string[] = [];
    for (const line of lines) {
      const here = line.replace(":3000", `http://127.0.0.1:${port}`);
      expect(here).not.toBe(line);
      statuses.push(
        statusOf(await shell(here.replace("http ", "http --ignore-stdin --print=hb "))),
      );
    }
    expect(statuses).toEqual(["200", "201", "201"]);
    expect(codes()).toEqual(["accepted", "accepted", "accepted"]);
  });

  it("signs files and forms with files, under the AppId of the environment too", async () => {
    writeFileSync(join(folder, "order.json"), '{"item":"caf\u00e9"}');
    const orders = `http://127.0.0.1:${port}/orders`;
    const given = [
      await http(`POST ${orders} Content-Type:application/json @order.json`, {
        LACRE_APP_ID: "orders",
      }),
      await http(`--auth orders: --multipart POST ${orders} item=tea part@order.json`),
    ];
    expect(given.map(statusOf)).toEqual(["201", "201"]);
    expect(given[0]?.stdout).toContain("caf\u00e9");
    expect(codes()).toEqual(["accepted", "accepted"]);
  });

  it("is refused when a byte is changed, and taken once when none is", async () => {
    const printed = await succeed(
      `http --ignore-stdin --offline --auth-type lacre --auth orders: POST http://127.0.0.1:${port}/orders item=tea`,
    );
    const [head = "", content = ""] = printed.split("\r\n\r\n");
    const [, ...lines] = head.split("\r\n");
    const right = {
      method: "POST",
      target: "/orders",
      headers: lines
        .map((line) => line.split(/: (.*)/s).slice(0, 2) as [string, string])
        .filter(([name]) => !/^(?:connection|content-length)$/i.test(name)),
      body: Buffer.from(content.trim()),
    };
    const wrong = { ...right, body: Buffer.from(content.trim().replace("tea", "tee")) };
    expect(wrong.body).not.toEqual(right.body);
    const statuses: (number | undefined)[] = [];
    for (const request of [wrong, right, right]) statuses.push((await send(port, request)).status);
    expect(statuses).toEqual([401, 201, 401]);
    expect(codes()).toEqual(["content-mismatch", "accepted", "nonce-seen"]);
  });

  it("signs the headers that are named, and is refused under a wrong key", async () => {
    const orders = `http://127.0.0.1:${port}/orders`;
    const { stdout } = await shell(
      `http --ignore-stdin --offline --auth-type lacre --auth orders: GET ${orders} X-Request-Id:r1`,
      { LACRE_SIGNED_HEADERS: "x-request-id User-Agent" },
    );
    expect(stdout).toContain("SignedHeaders=host;user-agent;x-request-id,");
    const wrong = await http(`--auth orders: GET ${orders}`, { LACRE_API_KEY: keys.reader });
    expect(statusOf(wrong)).toBe("401");
    expect(codes()).toEqual(["signature-mismatch"]);
  });

  it.each([["--compress"], ["X-Note:1 X-Note:2"]])(
    "is refused where HTTPie changes the request after it was signed: %s",
    async (option) => {
      const args = `--auth orders: POST http://127.0.0.1:${port}/orders item=${"tea".repeat(50)}`;
      expect(statusOf(await http(`${args} ${option}`))).toBe("401");
    },
  );

  it.each([
    ["without a key", { LACRE_API_KEY: "" }, "", "set LACRE_API_KEY"],
    ["with a key that is none", { LACRE_API_KEY: "secret" }, "", "api_key: lk1_"],
    ["with --chunked", {}, "--chunked", "--chunked: leave it out"],
  ])("says in one line what is wrong %s", async (_, env, option, message) => {
    const { code, stderr } = await http(
      `--auth orders: ${option} POST http://127.0.0.1:${port}/orders item=tea`,
      env,
    );
    expect(code).not.toBe(0);
    expect(stderr.trim()).toMatch(/^http: error: LacreError: .*$/);
    expect(stderr).toContain(message);
    expect(codes()).toEqual([]);
  });
});
