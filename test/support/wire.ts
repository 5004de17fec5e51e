import { once } from "node:events";
import { connect } from "node:net";
import { Signer, type RequestToSign, type SignerOptions } from "@lacre/core";
import { DEMO_KEY } from "./app.js";

export interface WireRequest {
  readonly method: string;
  readonly target: string;
  readonly headers: readonly (readonly [string, string])[];
  readonly body?: Uint8Array;
  /** How the length is told: Content-Length where there is a body, or `chunked`. */
  readonly chunked?: boolean;
}

export interface WireResponse {
  readonly status: number;
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
}

/**
 * Writes a request byte by byte as given, and reads the answer until the server closes.
 * @param from the address of the loopback interface that it is sent from
 */
export async function send(
  port: number,
  request: WireRequest,
  from?: string,
): Promise<WireResponse> {
  return sendRaw(port, render(request), from);
}

export function render(
  { method, target, headers, body, chunked = false }: WireRequest,
  connection: "close" | "keep-alive" = "close",
): Buffer {
  const lines = [
    `${method} ${target} HTTP/1.1`,
    ...headers.map(([name, value]) => `${name}: ${value}`),
  ];
  const given = headers.map(([name]) => name.toLowerCase());
  if (chunked) lines.push("Transfer-Encoding: chunked");
  else if (body !== undefined && !given.includes("content-length"))
    lines.push(`Content-Length: ${body.byteLength}`);
  lines.push(`Connection: ${connection}`, "", "");
  return Buffer.concat([
    Buffer.from(lines.join("\r\n"), "latin1"),
    chunked ? chunksOf(body) : Buffer.from(body ?? []),
  ]);
}

function chunksOf(body: Uint8Array = new Uint8Array()): Buffer {
  const parts: Buffer[] = [];
  const size = Math.max(1, Math.ceil(body.byteLength / 3));
  for (let at = 0; at < body.byteLength; at += size) {
    const part = Buffer.from(body.subarray(at, at + size));
    parts.push(Buffer.from(`${part.byteLength.toString(16)}\r\n`), part, Buffer.from("\r\n"));
  }
  return Buffer.concat([...parts, Buffer.from("0\r\n\r\n")]);
}

export async function sendRaw(port: number, bytes: Buffer, from?: string): Promise<WireResponse> {
  const socket = connect({
    port,
    host: "127.0.0.1",
    ...(from !== undefined && { localAddress: from }),
  });
  const received: Buffer[] = [];
  socket.on("data", (chunk: Buffer) => received.push(chunk));
  socket.on("error", () => undefined);
  socket.setTimeout(10_000, () => socket.destroy(new Error("no answer within 10 s")));
  await once(socket, "connect");
  socket.write(bytes);
  await once(socket, "close");
  return parseResponse(Buffer.concat(received).toString("latin1"));
}

function parseResponse(text: string): WireResponse {
  const end = text.indexOf("\r\n\r\n");
  const [statusLine = "", ...lines] = text.slice(0, end).split("\r\n");
  const headers = new Map(
    lines.map((line) => {
      const colon = line.indexOf(":");
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()] as const;
    }),
  );
  const rest = text.slice(end + 4);
  return {
    status: Number(statusLine.split(" ")[1] ?? 0),
    headers,
    body: headers.get("transfer-encoding") === "chunked" ? dechunk(rest) : rest,
  };
}

function dechunk(text: string): string {
  let out = "";
  let at = 0;
  for (;;) {
    const lineEnd = text.indexOf("\r\n", at);
    const size = parseInt(text.slice(at, lineEnd), 16);
    if (!(size > 0)) return out;
    out += text.slice(lineEnd + 2, lineEnd + 2 + size);
    at = lineEnd + 2 + size + 2;
  }
}

/** A request of the app "demo", signed, ready to be sent as it is or spoilt first. */
export function signed(
  port: number,
  request: Omit<RequestToSign, "url"> & { target: string; body?: Uint8Array },
  signer: Partial<SignerOptions> = {},
): WireRequest {
  const { target, body, method, headers = [] } = request;
  const host = `127.0.0.1:${port}`;
  const { headers: added } = new Signer({ appId: "demo", apiKey: DEMO_KEY, ...signer }).sign({
    method,
    url: `http://${host}/`,
    target,
    headers,
    ...(body !== undefined && { content: body }),
  });
  return {
    method,
    target,
    headers: [["Host", host], ...headers, ...added],
    ...(body !== undefined && { body }),
  };
}
