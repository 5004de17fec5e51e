import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { Agent, createServer, request as httpRequest } from "node:http";
import { connect, createServer as createTcpServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { Signer } from "@lacre/client/signer";
import { readKeys } from "./keys.js";

/*
 * Three processes of the demo that share their nonces in a Redis of their own, behind a small round-robin proxy: sends
 * requests again and again across them, shows that each runs once, and cleans up.
 */

const PROCESSES = 3;
const REQUESTS = 200;
const COPIES = 6;
const ORIGIN = "http://orders.example.test";
const children: ChildProcess[] = [];
const folder = mkdtempSync(join(tmpdir(), "lacre-cluster-"));

try {
  const redisPort = await freePort();
  const redis = start("redis-server", [
    "--port",
    `${redisPort}`,
    "--dir",
    folder,
    "--save",
    "",
    "--loglevel",
    "warning",
  ]);
  await Promise.race([
    answers(redisPort),
    failed(redis, "redis-server", "apt-get install redis-server"),
  ]);
  console.log(`redis-server listens on port ${redisPort}`);

  const ports = await Promise.all(Array.from({ length: PROCESSES }, freePort));
  for (const port of ports) {
    const env = {
      ...process.env,
      PORT: `${port}`,
      ORIGIN,
      REDIS_URL: `redis://127.0.0.1:${redisPort}`,
    };
    const demo = start(process.execPath, [join(import.meta.dirname, "main.js")], env);
    await Promise.race([answers(port), failed(demo, "the demo", "npm run build")]);
  }
  console.log(`three processes of the demo listen on ports ${ports.join(", ")}`);
  const proxyPort = await startProxy(ports);

  const signer = new Signer({
    appId: "orders",
    apiKey: readKeys(join(import.meta.dirname, "..", ".keys")).orders,
  });
  process.stdout.write(
    "a store that has just begun refuses what is from before it; waiting until it is sure ",
  );
  while ((await send(proxyPort, sign(signer))).status !== 200) {
    process.stdout.write(".");
    await wait(1000);
  }

  const byProcess = new Map<string, number>();
  let ranOnce = 0;
  for (let i = 0; i < REQUESTS; i++) {
    const headers = sign(signer);
    const sent = await Promise.all(Array.from({ length: COPIES }, () => send(proxyPort, headers)));
    const accepted = sent.filter(({ status }) => status === 200);
    if (accepted.length === 1 && sent.filter(({ status }) => status === 401).length === COPIES - 1)
      ranOnce++;
    for (const { by } of accepted) byProcess.set(by, (byProcess.get(by) ?? 0) + 1);
  }
  const where = [...byProcess].map(([port, n]) => `${n} on ${port}`).join(", ");
  console.log(
    `\n${REQUESTS} requests, ${COPIES} copies of each at once: ${ranOnce} ran exactly once (${where})`,
  );
  process.exitCode = ranOnce === REQUESTS ? 0 : 1;
} catch (error) {
  console.error((error as Error).message);
  process.exitCode = 1;
} finally {
  for (const child of children) child.kill("SIGTERM");
  await Promise.all(
    children
      .filter((child) => (child.exitCode ?? child.signalCode) === null)
      .map((child) => once(child, "exit")),
  );
  rmSync(folder, { recursive: true, force: true });
}
process.exit();

function sign(signer: Signer): Record<string, string> {
  return Object.fromEntries(signer.sign({ method: "GET", url: `${ORIGIN}/orders` }).headers);
}

function start(command: string, args: string[], env = process.env): ChildProcess {
  const child = spawn(command, args, { env, stdio: ["ignore", "ignore", "inherit"] });
  children.push(child);
  return child;
}

async function failed(child: ChildProcess, name: string, cure: string): Promise<never> {
  const why = await new Promise((resolve) => {
    child.once("error", (error) => resolve(error.message));
    child.once("exit", (code) => resolve(`it ended with ${code}`));
  });
  throw new Error(`${name} did not start (${String(why)}). Try: ${cure}`);
}

/** Waits until something listens there. */
async function answers(port: number): Promise<void> {
  for (;;) {
    const socket = connect(port, "127.0.0.1");
    const isOpen = await new Promise((resolve) =>
      socket.once("connect", () => resolve(true)).once("error", () => resolve(false)),
    );
    socket.destroy();
    if (isOpen) return;
    await wait(100);
  }
}

async function freePort(): Promise<number> {
  const server = createTcpServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

/** Hands each request to the next process, head and host unchanged. */
async function startProxy(ports: readonly number[]): Promise<number> {
  const agent = new Agent({ keepAlive: true });
  let turn = 0;
  const proxy = createServer((request, response) => {
    const port = ports[turn++ % ports.length];
    const { method, url: path, headers } = request;
    const onward = httpRequest(
      { agent, host: "127.0.0.1", port, method, path, headers, setHost: false },
      (answer) => {
        response.writeHead(answer.statusCode ?? 502, {
          ...answer.headers,
          "x-served-by": `${port}`,
        });
        answer.pipe(response);
      },
    );
    onward.on("error", () => response.writeHead(502).end());
    request.pipe(onward);
  });
  proxy.listen(0, "127.0.0.1");
  await once(proxy, "listening");
  return (proxy.address() as AddressInfo).port;
}

function send(
  port: number,
  headers: Record<string, string>,
): Promise<{ status: number; by: string }> {
  const host = new URL(ORIGIN).host;
  return new Promise((resolve, reject) => {
    const sent = httpRequest(
      { host: "127.0.0.1", port, path: "/orders", headers: { host, ...headers } },
      (response) => {
        response.resume();
        response.on("end", () =>
          resolve({
            status: response.statusCode ?? 0,
            by: String(response.headers["x-served-by"]),
          }),
        );
      },
    );
    sent.on("error", reject);
    sent.end();
  });
}
