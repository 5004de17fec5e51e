import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { need, run } from "../support/run.js";
import { ROOT } from "../docs/markdown.js";

const folder = mkdtempSync(join(tmpdir(), "lacre-replay-tls-"));
const path = (name: string): string => join(folder, name);
let server: Server;
let port: number;
let seen: string[];

beforeAll(async () => {
  need("openssl", "apt-get install openssl");
  const made = await run("openssl", [
    ...["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost"],
    ...["-addext", "subjectAltName=DNS:localhost", "-keyout", path("key"), "-out", path("cert")],
  ]);
  expect(made.code).toBe(0);
  const tls = { key: readFileSync(path("key")), cert: readFileSync(path("cert")) };
  server = createServer(tls, (incoming, answer) => {
    seen.push(`${incoming.method} ${incoming.url} ${incoming.headers.host}`);
    answer.writeHead(seen.length === 1 ? 200 : 401).end();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  ({ port } = server.address() as AddressInfo);
  writeFileSync(path("request"), `GET /x HTTP/1.1\r\nHost: localhost:${port}\r\n\r\n`);
});
afterAll(() => {
  server.close();
  rmSync(folder, { recursive: true });
});

/** The program as it is installed. */
const replay = (env: Record<string, string>) => {
  seen = [];
  const program = join(ROOT, "apps", "cli", "bin", "lacre.js");
  const args = [program, "replay", path("request"), "--to", `https://localhost:${port}`];
  return run(process.execPath, args, { env });
};

describe("lacre replay over TLS", () => {
  it("sends to a server whose certificate is trusted", async () => {
    const { code, stdout } = await replay({ NODE_EXTRA_CA_CERTS: path("cert") });
    expect(stdout).toMatch(/^1 {2}200\n2 {2}401\nProtected/);
    expect({ code, seen }).toEqual({ code: 0, seen: Array(2).fill(`GET /x localhost:${port}`) });
  });

  it("sends nothing to one whose certificate is not", async () => {
    const { code, stdout } = await replay({});
    expect(stdout).toMatch(/^1 {2}no answer: self.signed certificate\n/);
    expect({ code, seen }).toEqual({ code: 1, seen: [] });
  });
});
