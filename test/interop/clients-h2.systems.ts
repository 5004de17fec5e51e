import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createSecureServer, type SecureServerOptions } from "node:http2";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import got from "got";
import { Agent, fetch, request } from "undici";
import { signGot } from "@lacre/client/got";
import { signUndici } from "@lacre/client/undici";
import { DEMO_KEY } from "../support/app.js";
import { need } from "../support/run.js";
import { SigningServer } from "../support/signing-server.js";

const OPTIONS = { appId: "demo", apiKey: DEMO_KEY, verifyResponses: "require" } as const;

/** Over TLS, where client and server agree on the version, with a certificate of the test's own. */
describe("clients over TLS", () => {
  let server: SigningServer;
  let tls: SecureServerOptions;
  const versions: string[] = [];
  const folder = mkdtempSync(join(tmpdir(), "lacre-h2-"));

  beforeAll(async () => {
    need("openssl", "apt-get install openssl");
    const [key, cert] = [join(folder, "key.pem"), join(folder, "cert.pem")];
    execFileSync(
      "openssl",
      [
        ...["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"],
        ...["-keyout", key, "-out", cert, "-days", "2", "-subj", "/CN=127.0.0.1"],
        ...["-addext", "subjectAltName=IP:127.0.0.1,DNS:api.example.test"],
      ],
      { stdio: "ignore" },
    );
    tls = { key: readFileSync(key), cert: readFileSync(cert) };
    server = await SigningServer.start({
      protocol: "https",
      create: (listener) =>
        createSecureServer({ ...tls, allowHTTP1: true }, (incoming, response) => {
          versions.push(incoming.httpVersion);
          listener(incoming, response);
        }),
    });
  });
  afterAll(async () => {
    await server.close();
    rmSync(folder, { recursive: true });
  });

  const hostSent = (): unknown => {
    const headers = server.last?.headers;
    return headers?.[":authority"] ?? headers?.["host"];
  };

  it.each([
    ["HTTP/2", true],
    ["HTTP/1.1", false],
  ])("undici speaks %s", async (_name, allowH2) => {
    const agent = new Agent({ allowH2, connect: { ca: String(tls.cert) } });
    const dispatcher = signUndici(agent, OPTIONS);
    const url = `${server.url}/a//b?x=%2f&y=a+b`;
    const { statusCode, body } = await request(url, { dispatcher, method: "POST", body: "hello" });
    expect([statusCode, await body.text()]).toEqual([200, "/a//b?x=%2f&y=a+b"]);
    const response = await fetch(url, {
      dispatcher,
      method: "PUT",
      body: new Uint8Array([0, 255]),
    });
    expect([response.status, await response.text()]).toEqual([200, "/a//b?x=%2f&y=a+b"]);
    const headers = { host: "api.example.test" };
    expect((await request(url, { dispatcher, headers })).statusCode).toBe(200);
    expect(hostSent()).toBe("api.example.test");
    expect(versions.splice(0)).toEqual(Array(3).fill(allowH2 ? "2.0" : "1.1"));
    await agent.destroy();
  });

  it.each([
    ["HTTP/2", true],
    ["HTTP/1.1", false],
  ])("got speaks %s", async (_name, http2) => {
    const api = signGot(got, OPTIONS).extend({
      http2,
      https: { certificateAuthority: String(tls.cert) },
    });
    const url = `${server.url}/a//b?x=%2f&y=a+b`;
    expect(await api.post(url, { json: { n: 1 } }).text()).toBe("/a//b?x=%2f&y=a+b");
    expect(await api(url).text()).toBe("/a//b?x=%2f&y=a+b");
    const headers = { host: "api.example.test" };
    const further = api(url, { headers }).text();
    if (http2) await expect(further).rejects.toThrow("headers.host: must be the host of the URL");
    else expect([await further, hostSent()]).toEqual(["/a//b?x=%2f&y=a+b", "api.example.test"]);
    const given = { host: new URL(url).host };
    expect(await api(url, { headers: given }).text()).toBe("/a//b?x=%2f&y=a+b");
    expect(versions.splice(0)).toEqual(http2 ? Array(3).fill("2.0") : Array(4).fill("1.1"));
  });
});
