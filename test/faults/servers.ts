import { execFile, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { PostgresServer } from "../support/postgres-server.js";
import { RedisServer } from "../support/redis-server.js";
import { TcpProxy } from "../support/tcp-proxy.js";

export type SharedStore = "redis" | "postgres";

/** A server of the test's own, which ends with it. */
export async function withRedis(run: (server: RedisServer) => Promise<void>): Promise<void> {
  const server = await RedisServer.start();
  try {
    await run(server);
  } finally {
    await server.stop();
  }
}

export async function withPostgres(run: (server: PostgresServer) => Promise<void>): Promise<void> {
  const server = await PostgresServer.start();
  try {
    await run(server);
  } finally {
    server.destroy();
  }
}

/** A wire to the server of this port, which ends with the test. */
export async function withProxy(
  port: number,
  run: (proxy: TcpProxy) => Promise<void>,
): Promise<void> {
  const proxy = await TcpProxy.to(port);
  try {
    await run(proxy);
  } finally {
    await proxy.close();
  }
}

const DISTANCE = fileURLToPath(new URL("../cluster/distance.mjs", import.meta.url));

/** The same by way of another process, which holds every byte back for so long. */
export async function withDistance(
  port: number,
  delayMs: number,
  run: (wire: { readonly port: number }) => Promise<void>,
): Promise<void> {
  const child = fork(DISTANCE, [String(port), String(delayMs)], { execArgv: [] });
  try {
    const [wire] = (await once(child, "message")) as [{ port: number }];
    await run(wire);
  } finally {
    child.kill("SIGKILL");
  }
}

/** A server of either kind: where it is, and where one comes by way of a proxy. */
export interface StoreServer {
  readonly url: string;
  readonly port: number;
  urlBy(proxy: { readonly port: number }): string;
}

export function withStore(
  store: SharedStore,
  run: (server: StoreServer) => Promise<void>,
): Promise<void> {
  if (store === "redis")
    return withRedis(({ url, port }) =>
      run({ url, port, urlBy: (proxy) => `redis://127.0.0.1:${proxy.port}` }),
    );
  return withPostgres((server) =>
    run({
      url: server.url(),
      port: server.port,
      urlBy: (proxy) => server.url({ port: proxy.port }),
    }),
  );
}

export const redisCli = (server: RedisServer, ...words: string[]): Promise<unknown> =>
  promisify(execFile)("redis-cli", ["-p", String(server.port), ...words]);
