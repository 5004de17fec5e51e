import { spawn, type ChildProcess } from "node:child_process";
import { createHmac } from "node:crypto";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { All, Body, Controller, Get, Param, Post, Req } from "@nestjs/common";
import type { NestFastifyApplication } from "@nestjs/platform-fastify";
import { signFetch } from "@lacre/client";
import { HmacPrincipal, HmacProtected } from "@lacre/nestjs";
import { sharedKey } from "@lacre/schemes/shared-key";
import { timestampBody } from "@lacre/schemes/timestamp-body";
import { PLATFORMS, startApp, type RunningApp } from "../../support/app.js";
import { need, needPython, run } from "../../support/run.js";

const program = (name: string): string =>
  fileURLToPath(new URL(`programs/${name}`, import.meta.url));

describe("a service in Python that signs body and time", () => {
  const key = "clave-secreta"; // the 13 bytes that a widely read article shows
  const body = '{"message":"Hola, microservicio"}';
  const scheme = timestampBody({ appId: "microservice", weakKeys: true });
  const credentials = {
    appId: "microservice",
    apiKey: key,
    encoding: "text" as const,
  };

  @Controller("api")
  @HmacProtected({ schemes: [scheme.name] })
  class ApiController {
    @Post()
    take(@HmacPrincipal("appId") appId: string, @Body() content: unknown) {
      return { appId, content: content ?? null };
    }
  }

  const apps: RunningApp[] = [];
  let flask: ChildProcess;
  let flaskUrl: string;
  beforeAll(async () => {
    needPython("requests", "apt-get install python3-requests");
    needPython("flask", "apt-get install python3-flask");
    for (const platform of PLATFORMS)
      apps.push(
        await startApp(platform, {
          controllers: [ApiController],
          hmac: { schemes: ["lacre1", scheme], apps: [{ ...credentials, schemes: [scheme.name] }] },
          main: (app) => {
            // The program names no Content-Type. Express then reads nothing; Fastify must be told not to refuse.
            if (platform === "fastify")
              (app as NestFastifyApplication).useBodyParser("*", { bodyLimit: 1_048_576 });
          },
        }),
      );
    flask = spawn("python3", [program("timestamp_body_server.py")], {
      env: { ...process.env, SHARED_KEY: key },
      stdio: ["ignore", "pipe", "ignore"],
    });
    if (flask.stdout === null) throw new Error("no output to read the port from");
    const [port] = (await once(createInterface(flask.stdout), "line")) as [string];
    flaskUrl = `http://127.0.0.1:${port}/api`;
  });
  afterAll(async () => {
    for (const { close } of apps) await close();
    if (flask !== undefined && flask.kill()) await once(flask, "exit");
  });

  const call = async (url: string, content: string, sharedKeyText = key): Promise<string> => {
    const args = [program("timestamp_body_client.py"), url, content];
    const { stdout, stderr } = await run("python3", args, { env: { SHARED_KEY: sharedKeyText } });
    return (stdout || stderr).trim();
  };

  it("is understood by the Flask service that it was written for", async () => {
    expect(await call(flaskUrl, body)).toMatch(/^200 .*right signature/);
    expect(await call(flaskUrl, body, "otra-clave")).toMatch(/^403 /);
  });

  it("reaches a Nest route as it is, on both platforms", async () => {
    for (const { url, lastCode } of apps) {
      expect(await call(`${url}/api`, body)).toMatch(/^201 \{"appId":"microservice"/);
      expect(await call(`${url}/api`, '{"message":"Válida ñ €"}')).toMatch(/^201 /);
      expect([await call(`${url}/api`, body, "otra-clave"), lastCode()]).toEqual([
        expect.stringMatching(/^401 /),
        "signature-mismatch",
      ]);
    }
  });

  it("signFetch reaches the Flask service", async () => {
    const signed = signFetch(fetch, { ...credentials, scheme });
    const answer = await signed(flaskUrl, { method: "POST", body });
    expect([answer.status, await answer.json()]).toEqual([200, { message: "right signature" }]);
    const wrong = signFetch(fetch, { ...credentials, apiKey: "otra-clave", scheme });
    expect((await wrong(flaskUrl, { method: "POST", body })).status).toBe(403);
  });

  it("what the Flask service takes by mistake is refused by Nest", async () => {
    const { url, lastCode } = apps[0] as RunningApp;
    const at = String(Math.floor(Date.now() / 1000));
    const sign = (text: string): string => createHmac("sha256", key).update(text).digest("hex");
    const verdicts = async (
      content: string,
      timestamp: string,
      signature: string,
      type = "text/plain",
    ): Promise<unknown[]> => {
      const init = {
        method: "POST",
        headers: {
          "content-type": type,
          "x-hmac-timestamp": timestamp,
          "x-hmac-sha256": signature,
        },
        body: content,
      };
      const flaskStatus = (await fetch(flaskUrl, init)).status;
      return [flaskStatus, (await fetch(`${url}/api`, init)).status, lastCode()];
    };
    // Ten times the amount, or a tenth, with one signature.
    const signature = sign(`amount=100${at}`);
    expect(await verdicts("amount=10", `0${at}`, signature)).toEqual([
      200,
      401,
      "timestamp-malformed",
    ]);
    expect(await verdicts(`amount=100${at[0]}`, at.slice(1), signature)).toEqual([
      200,
      401,
      "timestamp-malformed",
    ]);
    // Any form under a signature that was made for no content: Flask has read the form, and `data` is empty.
    expect(
      await verdicts("amount=1000000", at, sign(at), "application/x-www-form-urlencoded"),
    ).toEqual([200, 401, "signature-mismatch"]);
    // An hour old, and the same again and again.
    const old = String(Number(at) - 3600);
    expect(await verdicts("amount=1", old, sign(`amount=1${old}`))).toEqual([
      200,
      401,
      "timestamp-too-old",
    ]);
    const now = sign(`amount=1${at}`);
    expect((await verdicts("amount=1", at, now)).slice(0, 2)).toEqual([200, 201]);
    expect(await verdicts("amount=1", at, now)).toEqual([200, 401, "nonce-seen"]);
  });
});

describe("a Java program that makes an id of URI, method, date and key", () => {
  const key = "chave-compartilhada-do-cliente-42";
  const login = "cliente-42";

  @Controller("clientes")
  @HmacProtected({ schemes: ["shared-key"] })
  class ClientsController {
    @Get(":id")
    one(@Param("id") id: string, @HmacPrincipal("appId") appId: string) {
      return { id, appId };
    }

    @All()
    all(@Req() { method }: { method: string }) {
      return { method };
    }
  }

  const start = (insecureHash: boolean): Promise<RunningApp> => {
    const scheme = sharedKey({ insecureHash, acknowledgeWeakness: true });
    return startApp("express", {
      controllers: [ClientsController],
      hmac: {
        schemes: ["lacre1", scheme],
        apps: [{ appId: login, apiKey: key, encoding: "text", schemes: [scheme.name] }],
      },
    });
  };
  const call = async (how: "hmac" | "hash", url: string, method: string, target: string) => {
    const args = [program("SharedKeyClient.java"), how, url, method, target, login, key];
    const { stdout, stderr } = await run("java", args);
    return (stdout || stderr).trim().split("\n");
  };
  beforeAll(() => need("java", "apt-get install default-jdk-headless"));

  it.each([
    ["hmac", false],
    ["hash", true],
  ] as const)("with %s: each request is good once", async (how, insecureHash) => {
    const app = await start(insecureHash);
    try {
      const refused = '401 {"statusCode":401,"message":"Unauthorized"}';
      expect(await call(how, app.url, "GET", "/clientes/42?a=%20")).toEqual([
        '200 {"id":"42","appId":"cliente-42"}',
        refused,
      ]);
      expect(app.lastCode()).toBe("nonce-seen");
      expect(await call(how, app.url, "DELETE", "/clientes")).toEqual([
        '200 {"method":"DELETE"}',
        refused,
      ]);
      const other = how === "hmac" ? "hash" : "hmac";
      expect(await call(other, app.url, "GET", "/clientes/42")).toEqual([refused, refused]);
      expect(app.lastCode()).toBe("signature-mismatch");
    } finally {
      await app.close();
    }
  });
});
