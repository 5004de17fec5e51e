// Real servers for shared nonces: those at the given addresses, or ones of the benchmark's own.
import { build } from "esbuild";
import { fileURLToPath } from "node:url";

/** Opens each; `missing` says what to install for those that are not there. */
export async function openSharedStores(urls) {
  const stores = {};
  const missing = [];
  const closing = [];
  const enter = async (name, start) => {
    if (urls[name] !== undefined) return void (stores[name] = urls[name]);
    try {
      const { url, close } = await start();
      stores[name] = url;
      closing.push(close);
    } catch (error) {
      missing.push(error.message);
    }
  };
  await enter("redis", async () => {
    const { RedisServer } = await load("redis-server.ts");
    const server = await RedisServer.start();
    return { url: server.url, close: () => server.stop() };
  });
  await enter("postgres", async () => {
    const { PostgresServer } = await load("postgres-server.ts");
    const server = await PostgresServer.start();
    return { url: server.url(), close: () => server.destroy() };
  });
  const close = () => Promise.all(closing.map((end) => end()));
  return { stores, missing, close };
}

/** A module of test/support, which is TypeScript. */
async function load(file) {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL(`../support/${file}`, import.meta.url))],
    bundle: true,
    write: false,
    platform: "node",
    format: "esm",
    tsconfigRaw: {},
  });
  return import(
    `data:text/javascript;base64,${Buffer.from(outputFiles[0].contents).toString("base64")}`
  );
}
