/*
 * The recipe for Socket.IO, with what npm has: a server of Nest's with a gateway, and the two clients. Needs the
 * package registry, and Chromium.
 */
import { randomBytes } from "node:crypto";
import { request } from "node:http";
import { spawn, type ChildProcess } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterAll, beforeAll, expect, it } from "@jest/globals";
import { generateApiKey, Signer } from "@lacre/core";
import { finish, pack, run } from "../package/packed.js";
import { startChromium } from "../support/chromium.js";
import { freePort, Workshop } from "./workshop.js";

const PACKAGES = [
  "@nestjs/common@12.5.1",
  "@nestjs/core@12.5.1",
  "@nestjs/platform-express@12.5.1",
  "@nestjs/platform-socket.io@12.1.1",
  "@nestjs/websockets@12.1.1",
  "reflect-metadata@0.2.2",
  "rxjs@7.8.2",
  "socket.io-client@4.8.4",
];

const apiKey = generateApiKey();
let workshop: Workshop;
let packed: string;
let url: string;
let server: ChildProcess;
const log: string[] = [];

beforeAll(async () => {
  const port = await freePort();
  url = `http://127.0.0.1:${port}`;
  workshop = new Workshop("docs/recipes/socket-io.md", { "3000": String(port) });
  packed = await mkdtemp(join(tmpdir(), "lacre-socket-io-"));
  const folders = ["core", "node", "stores", "client", "nestjs"].map((name) => `libs/${name}`);
  const wanted = [...PACKAGES, ...(await pack(folders, packed))];
  await run(workshop.folder, "npm", "install", "--no-audit", "--no-fund", ...wanted);
  server = spawn(process.execPath, ["main.js"], {
    cwd: workshop.folder,
    env: { ...process.env, NODE_OPTIONS: "", ORDERS_KEY: apiKey },
  });
  await new Promise<void>((resolve, reject) => {
    for (const output of [server.stdout, server.stderr])
      createInterface({ input: output as NodeJS.ReadableStream }).on("line", (line) => {
        log.push(line);
        if (line.includes("successfully started")) resolve();
      });
    server.once("exit", () => reject(new Error(log.join("\n"))));
  });
});
afterAll(async () => {
  server.kill();
  workshop.close();
  await rm(packed, { recursive: true, force: true });
});

/** Runs a client of the page. */
const start = (file: string, key = apiKey, seconds = 30) => {
  const env = { LACRE_URL: url, LACRE_APP_ID: "orders", LACRE_API_KEY: key };
  return finish(workshop.folder, "timeout", [String(seconds), process.execPath, file], env);
};

/** One handshake, without the client library: the status of its answer. */
const shakeHands = (target: string, headers: readonly (readonly [string, string])[] = []) =>
  new Promise<number | undefined>((resolve, reject) => {
    const upgrade = {
      Connection: "Upgrade",
      Upgrade: "websocket",
      "Sec-WebSocket-Version": "13",
      "Sec-WebSocket-Key": randomBytes(16).toString("base64"),
    };
    const outgoing = request(`${url}${target}`, {
      headers: { ...upgrade, ...Object.fromEntries(headers) },
    });
    outgoing.on("upgrade", ({ statusCode }, socket) => {
      socket.destroy();
      resolve(statusCode);
    });
    outgoing.on("response", (answer) => {
      answer.resume();
      resolve(answer.statusCode);
    });
    outgoing.on("error", reject).end();
  });

const [TARGET, POLLING] = ["websocket", "polling"].map(
  (transport) => `/socket.io/?EIO=4&transport=${transport}`,
) as [string, string];
const signer = new Signer({ appId: "orders", apiKey });
const signed = (target = TARGET) => signer.sign({ method: "GET", url: `${url}${target}` }).headers;

it("has types that hold", () => {
  expect(workshop.typeErrors()).toBe("");
});

it.each(["chat.js", "chat-by-url.js"])("%s is let in, and known by its key", async (file) => {
  // The first handshakes come before the memory of nonces is old enough, and are signed anew.
  expect(await start(file)).toEqual({ stdout: "orders: tea\n", stderr: "" });
});

it("lets nobody in who has another key", async () => {
  // It tries again until it is stopped.
  await expect(start("chat.js", generateApiKey(), 5)).rejects.toThrow(
    /^Command failed: timeout 5 \S+ chat.js\s+$/,
  );
});

it("takes each signed handshake once, as it was signed, over WebSocket alone", async () => {
  const headers = signed();
  expect(await shakeHands(TARGET, headers)).toBe(101);
  expect(await shakeHands(TARGET, headers)).toBe(400);
  expect(await shakeHands(`${TARGET}&x=1`, signed())).toBe(400);
  expect(await shakeHands(TARGET)).toBe(400);
  expect(log.join("\n")).toContain("nonce-seen");
  for (const headers of [[], signed(POLLING)]) {
    const answer = await fetch(`${url}${POLLING}`, { headers: Object.fromEntries(headers) });
    expect(answer.status).toBe(400);
  }
});

const presigned = () =>
  signer.presign({ url: `${url}${TARGET}`, expiresSeconds: 60 }).url.slice(url.length);

it("takes a presigned URL until it expires, and no other URL", async () => {
  const target = presigned();
  expect([await shakeHands(target), await shakeHands(target)]).toEqual([101, 101]);
  expect(await shakeHands(`${target}&x=1`)).toBe(400);
  expect(await shakeHands(target.replace("EIO", "x=1&EIO"))).toBe(400);
});

it("lets a browser in by a presigned URL", async () => {
  const browser = await startChromium();
  try {
    const page = await browser.newPage();
    const library = join(workshop.folder, "node_modules/socket.io-client/dist/socket.io.js");
    await page.addScriptTag({ path: library });
    // What the page of the recipe does there.
    const said = page.evaluate(`(async () => {
      const query = Object.fromEntries(new URL(${JSON.stringify(url + presigned())}).searchParams);
      const socket = io(${JSON.stringify(url)}, { transports: ["websocket"], query });
      return socket.emitWithAck("say", "tea");
    })()`);
    expect(await said).toBe("orders: tea");
  } finally {
    await browser.close();
  }
});
