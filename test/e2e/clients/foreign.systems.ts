import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import type { INestApplication } from "@nestjs/common";
import { NestFactory } from "@nestjs/core";
import type { Verdict } from "@lacre/core";
import { DemoModule } from "../../../apps/demo/src/demo.module.js";
import { freshKeys } from "../../../apps/demo/src/keys.js";
import { need, run } from "../../support/run.js";

const keys = freshKeys();
const verdicts: Verdict[] = [];
let app: INestApplication;
let url: string;
let folder: string;

beforeAll(async () => {
  need("curl", "apt-get install curl");
  need("python3", "apt-get install python3");
  app = await NestFactory.create(
    DemoModule.with({
      keys,
      origins: "*",
      bootFence: false,
      observer: { observe: (verdict) => void verdicts.push(verdict) },
    }),
    { logger: false },
  );
  await app.listen(0, "127.0.0.1");
  url = `http://127.0.0.1:${(app.getHttpServer().address() as AddressInfo).port}`;
  folder = mkdtempSync(join(tmpdir(), "lacre-foreign-"));
});
afterAll(async () => {
  await app.close();
  rmSync(folder, { recursive: true });
});
beforeEach(() => void (verdicts.length = 0));

const codes = () =>
  verdicts.flatMap((verdict) => (verdict.outcome === "refused" ? [verdict.code] : []));

describe("curl --aws-sigv4", () => {
  const curl = async (...args: string[]) => {
    const sigv4 = ["-sS", "-w", "\n%{http_code}", "--aws-sigv4", "aws:amz:eu-central-1:orders"];
    const { stdout, stderr } = await run("curl", [
      ...sigv4,
      "--user",
      `orders-aws:${keys.aws}`,
      ...args,
    ]);
    const lines = stdout.split("\n");
    return { status: Number(lines.pop()), body: lines.join("\n"), stderr };
  };
  const okay = (body: unknown) => ({
    status: 200,
    body: JSON.stringify({ appId: "orders-aws", body }),
    stderr: "",
  });

  it("GET", async () => {
    expect(await curl(`${url}/aws`)).toEqual(okay(null));
    expect(await curl(`${url}/aws?a=1&b=%20`)).toEqual(okay(null));
  });

  it("POST with JSON", async () => {
    expect(
      await curl("-H", "Content-Type: application/json", "-d", '{"n":1}', `${url}/aws`),
    ).toEqual(okay({ n: 1 }));
  });

  it("POST with a form, whose Content-Type curl signs when it is given", async () => {
    const type = ["-H", "Content-Type: application/x-www-form-urlencoded"];
    expect(await curl(...type, "-d", "a=1&b=2 3", `${url}/aws`)).toEqual(
      okay({ a: "1", b: "2 3" }),
    );
    expect((await curl("-d", "a=1", `${url}/aws`)).status).toBe(401);
    expect(codes()).toEqual(["header-unsigned"]);
  });

  it("PUT of a file, whose hash curl 7.88 must be given", async () => {
    const file = join(folder, "file.bin");
    writeFileSync(file, Buffer.alloc(100_000, 7));
    const hash = createHash("sha256").update(readFileSync(file)).digest("hex");
    expect(await curl("-T", file, "-H", `x-amz-content-sha256: ${hash}`, `${url}/aws`)).toEqual(
      okay(null),
    );
    const type = "Content-Type: application/octet-stream";
    expect(await curl("-X", "PUT", "-H", type, "--data-binary", `@${file}`, `${url}/aws`)).toEqual(
      okay(null),
    );
    const other = createHash("sha256").update("another file").digest("hex");
    expect(
      (await curl("-T", file, "-H", `x-amz-content-sha256: ${other}`, `${url}/aws`)).status,
    ).toBe(401);
    expect(
      (await curl("-T", file, "-H", "x-amz-content-sha256: UNSIGNED-PAYLOAD", `${url}/aws`)).status,
    ).toBe(401);
    expect(codes()).toEqual(["content-mismatch", "payload-unsigned"]);
  });

  it("is refused with another key", async () => {
    const { stdout } = await run("curl", [
      ...["-sS", "-w", " %{http_code}", "--aws-sigv4", "aws:amz:eu-central-1:orders"],
      ...["--user", `orders-aws:${keys.aws.slice(1)}x`, `${url}/aws`],
    ]);
    expect(stdout).toBe('{"statusCode":401,"message":"Unauthorized"} 401');
  });
});

describe("the Python program that was written from the specification", () => {
  const client = fileURLToPath(new URL("../../vectors/client.py", import.meta.url));
  const python = (key: string, ...args: string[]) =>
    run("python3", [client, ...args], { env: { LACRE_API_KEY: key } });

  it("signs requests that the demo takes", async () => {
    const json = ["--header", "Content-Type: application/json", "--data", '{"item":"tea"}'];
    const created = await python(
      keys.orders,
      "POST",
      `${url}/orders`,
      "--app-id",
      "orders",
      ...json,
    );
    expect(created).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^201\n\{"id":1,"item":"tea"/),
    });
    const listed = await python(
      keys.reader,
      "GET",
      `${url}/orders?x=%2F&&y=a+b`,
      "--app-id",
      "reader",
    );
    expect(listed).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('"createdBy":"orders"'),
    });
  });

  it("is refused under another app's key, and without the scope", async () => {
    expect(
      (await python(keys.reader, "GET", `${url}/orders`, "--app-id", "orders")).stdout,
    ).toMatch(/^401\n/);
    expect(
      (await python(keys.reader, "DELETE", `${url}/orders/1`, "--app-id", "reader")).stdout,
    ).toMatch(/^403\n/);
    expect(codes()).toEqual(["signature-mismatch", "scope-insufficient"]);
  });

  it("still agrees with the vectors that it wrote", async () => {
    const program = fileURLToPath(new URL("../../vectors/lacre1.py", import.meta.url));
    expect(await run("python3", [program, "--check"])).toMatchObject({ code: 0 });
  });
});
