import { createHash, createHmac } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer as createHttpServer, request as httpRequest } from "node:http";
import type { IncomingMessage, RequestListener, Server } from "node:http";
import { connect, createServer, type AddressInfo, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { lacre, type Outcome } from "./lacre.js";

/*
 * A client that shares no code with the signer under test and can be told to make every mistake, a server that keeps
 * the bytes it gets, and proxies that change them. What `lacre explain` compares has really been on a wire.
 */

export const API_KEY = "lk1_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";
/** The same bytes: docs/protocol.md, section 1.1. */
export const KEY_BYTES = Buffer.from(Array.from({ length: 32 }, (_, i) => i));

export const NOW = 1_700_000_000;

/** What a client is about to send, and what it believes to have signed. */
export interface Made {
  method: string;
  target: string;
  /** In order, Authorization last. */
  headers: [string, string][];
  body: Buffer;
  /** The canonical request as this client prints it. */
  text: string;
}

export interface Plan {
  method?: string;
  target?: string;
  host?: string;
  headers?: [string, string][];
  body?: string | Buffer;
  /** The value of Content-Digest; none where it is null. */
  digest?: string | null;
  appId?: string;
  timestamp?: string;
  nonce?: string;
  algorithm?: string;
  /** Names in the list beside host. */
  list?: string[];
  /** Changes the text before it is signed, without changing what is sent. */
  text?: (text: string) => string | Buffer;
  /** Changes the text only where it is printed. */
  prints?: (text: string) => string;
  key?: Buffer | string;
  hash?: string;
  mac?: (mac: Buffer) => string;
  authorization?: (value: string) => string;
}

export const sha256 = (data: string | Buffer): Buffer => createHash("sha256").update(data).digest();
export const digestField = (data: string | Buffer): string =>
  `sha-256=:${sha256(data).toString("base64")}:`;

/** Signs by docs/protocol.md, sections 2 and 3, with whatever mistake the plan holds. */
export function make(plan: Plan = {}): Made {
  const { method = "GET", target = "/v1/items?tag=a", host = "api.example.test" } = plan;
  const body = Buffer.from(plan.body ?? "");
  const algorithm = plan.algorithm ?? "LACRE1-HMAC-SHA256";
  const headers: [string, string][] = [["Host", host], ...(plan.headers ?? [])];
  const digest = plan.digest === undefined && body.length > 0 ? digestField(body) : plan.digest;
  if (digest) headers.push(["Content-Digest", digest]);
  const list = plan.list ?? headers.map(([name]) => name.toLowerCase()).sort();
  const { appId = "demo", timestamp = String(NOW), nonce = "c2FtcGxlLW5vbmNlLTAx" } = plan;
  const lines = list.map((name) => {
    const value = headers.find(([each]) => each.toLowerCase() === name.toLowerCase())?.[1];
    return `${name}:${value ?? ""}`;
  });
  const text = [algorithm, appId, timestamp, nonce, method, target, ...lines, "", list.join(";")];
  const signed = plan.text?.(text.join("\n")) ?? text.join("\n");
  const mac = createHmac(plan.hash ?? "sha256", plan.key ?? KEY_BYTES)
    .update(signed)
    .digest();
  const value = `${algorithm} Credential=${appId}, Timestamp=${timestamp}, Nonce=${nonce}, SignedHeaders=${list.join(";")}, Signature=${plan.mac?.(mac) ?? mac.toString("hex")}`;
  headers.push(["Authorization", plan.authorization?.(value) ?? value]);
  const printed = typeof signed === "string" ? signed : text.join("\n");
  return { method, target, headers, body, text: plan.prints?.(printed) ?? printed };
}

/** The request as bytes on the wire. */
export function wire({ method, target, headers, body }: Made): Buffer {
  const lines = [
    `${method} ${target} HTTP/1.1`,
    ...headers.map(([name, value]) => `${name}: ${value}`),
    ...(body.length > 0 ? [`Content-Length: ${body.length}`] : []),
    "",
    "",
  ];
  return Buffer.concat([Buffer.from(lines.join("\r\n"), "latin1"), body]);
}

/** A server that keeps every byte of the last request, and says 200. */
export class Recorder {
  last = Buffer.alloc(0);
  readonly #sockets = new Set<Socket>();
  readonly #server = createServer((socket) => this.#record(socket));

  async start(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get origin(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #record(socket: Socket): void {
    this.#sockets.add(socket);
    let bytes = Buffer.alloc(0);
    socket.on("error", () => undefined);
    socket.on("data", (chunk: Buffer) => {
      bytes = Buffer.concat([bytes, chunk]);
      if (!isWhole(bytes)) return;
      this.last = bytes;
      socket.end("HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    });
  }
}

function isWhole(bytes: Buffer): boolean {
  const end = bytes.indexOf("\r\n\r\n");
  if (end < 0) return false;
  const head = bytes.toString("latin1", 0, end);
  if (/^transfer-encoding:/im.test(head)) return bytes.toString("latin1").endsWith("0\r\n\r\n");
  return bytes.length >= end + 4 + Number(/^content-length:\s*(\d+)/im.exec(head)?.[1] ?? 0);
}

/** What a proxy makes of a request before it passes it on. */
export interface Passed {
  method: string;
  path: string;
  /** Names and values in turn. */
  headers: string[];
  body: Buffer;
}

/** A real node:http proxy before the recorder. */
export async function proxyTo(
  port: number,
  change: (passed: Passed, incoming: IncomingMessage) => Passed,
): Promise<{ port: number; close: () => void }> {
  return listen((incoming, answer) => {
    const chunks: Buffer[] = [];
    incoming.on("data", (chunk: Buffer) => chunks.push(chunk));
    incoming.on("end", () => {
      const { method = "", url = "", rawHeaders } = incoming;
      const headers = without(rawHeaders, "content-length", "connection", "transfer-encoding");
      const body = Buffer.concat(chunks);
      const passed = change({ method, path: url, headers, body }, incoming);
      const length = passed.body.length > 0 ? ["Content-Length", String(passed.body.length)] : [];
      const onward = httpRequest(
        {
          host: "127.0.0.1",
          port,
          method: passed.method,
          path: passed.path,
          headers: [...passed.headers, ...length] as never,
          setHost: false,
          insecureHTTPParser: true,
        },
        (response) => {
          response.resume();
          response.on("end", () => answer.writeHead(response.statusCode ?? 502).end());
        },
      );
      onward.on("error", () => answer.writeHead(502).end());
      onward.end(passed.body);
    });
  });
}

export async function listen(
  handler: RequestListener,
): Promise<{ port: number; close: () => void }> {
  const server: Server = createHttpServer({ insecureHTTPParser: true }, handler);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    port: (server.address() as AddressInfo).port,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

/** Header lines in turn without some names. */
export function without(headers: readonly string[], ...names: string[]): string[] {
  return headers.filter((_, i) => {
    const name = headers[i - (i % 2)] ?? "";
    return !names.includes(name.toLowerCase());
  });
}

/** Header lines in turn with another value. */
export function withHeader(headers: readonly string[], name: string, value: string): string[] {
  return headers.map((each, i) =>
    i % 2 === 1 && headers[i - 1]?.toLowerCase() === name ? value : each,
  );
}

/** Sends bytes, and waits until the other side closes. */
export async function sendBytes(port: number, bytes: Buffer): Promise<void> {
  const socket = connect(port, "127.0.0.1");
  socket.on("error", () => undefined);
  socket.resume();
  await once(socket, "connect");
  socket.write(bytes);
  socket.on("data", () => socket.end());
  await once(socket, "close");
}

/** Runs `lacre explain` on two views in files. */
export class Desk {
  readonly folder = mkdtempSync(join(tmpdir(), "lacre-explain-"));

  file(name: string, content: string | Buffer): string {
    const path = join(this.folder, name);
    // A printed text is bytes, a character each, as it is in the requests.
    writeFileSync(path, typeof content === "string" ? Buffer.from(content, "latin1") : content);
    return path;
  }

  async explain(
    client: string | Buffer,
    server: string | Buffer,
    { args = [], key }: { args?: string[]; key?: string } = {},
  ): Promise<Outcome & { causes: string[]; json: Record<string, unknown> }> {
    const views = [
      "--client",
      this.file("client", client),
      "--server",
      this.file("server", server),
    ];
    const env = key === undefined ? {} : { LACRE_APP_ID: "demo", LACRE_API_KEY: key };
    const outcome = await lacre(["explain", "--json", ...views, ...args], { env });
    const json = (outcome.out === "" ? {} : JSON.parse(outcome.out)) as Record<string, unknown>;
    const causes = ((json["causes"] ?? []) as { id: string }[]).map(({ id }) => id);
    return { ...outcome, causes, json };
  }

  close(): void {
    rmSync(this.folder, { recursive: true });
  }
}
