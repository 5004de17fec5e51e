import { once } from "node:events";
import { connect } from "node:net";
import { Signer, type RequestToSign, type SignedRequest, type SignerOptions } from "@lacre/core";
import { DEMO_KEY } from "./app.js";
import { render, type WireRequest } from "./wire.js";

/** An answer as it came off the socket: every header line, and the bytes of its content. */
export interface RawAnswer {
  readonly status: number;
  readonly reason: string;
  readonly headers: readonly (readonly [string, string])[];
  readonly content: Buffer;
  /** Whether it came to the end that its head announces. */
  readonly complete: boolean;
  /** Interim answers (1xx) before it. */
  readonly interim: readonly number[];
  /** The values of all lines of this name. */
  all(name: string): string[];
}

/** Sends a request byte by byte and reads until the answer ends, or the server closes. */
export async function exchange(port: number, request: WireRequest): Promise<RawAnswer> {
  const socket = connect(port, "127.0.0.1");
  const received: Buffer[] = [];
  const answer = (): RawAnswer => parse(Buffer.concat(received), request.method);
  socket.on("data", (chunk: Buffer) => {
    received.push(chunk);
    // Some answers say "keep-alive" whatever was asked for.
    if (answer().all("connection").includes("keep-alive") && answer().complete) socket.end();
  });
  socket.on("error", () => undefined);
  socket.setTimeout(10_000, () => socket.destroy(new Error("no answer within 10 s")));
  await once(socket, "connect");
  socket.write(render(request));
  await once(socket, "close");
  return answer();
}

function parse(bytes: Buffer, method: string, interim: number[] = []): RawAnswer {
  const end = bytes.indexOf("\r\n\r\n");
  const [statusLine = "", ...lines] = bytes
    .subarray(0, Math.max(end, 0))
    .toString("latin1")
    .split("\r\n");
  const status = Number(statusLine.split(" ")[1] ?? 0);
  if (status >= 100 && status < 200)
    return parse(bytes.subarray(end + 4), method, [...interim, status]);
  const headers = lines.map((line): [string, string] => {
    const colon = line.indexOf(":");
    return [line.slice(0, colon), line.slice(colon + 1).trim()];
  });
  const all = (name: string): string[] =>
    headers.flatMap(([known, value]) => (known.toLowerCase() === name ? [value] : []));
  const rest = bytes.subarray(end + 4);
  const [content, complete] = contentOf(rest, all);
  const isEmpty = method === "HEAD" || status === 204 || status === 304;
  return {
    status,
    reason: statusLine.split(" ").slice(2).join(" "),
    headers,
    content: isEmpty ? rest : content,
    complete: isEmpty || complete,
    interim,
    all,
  };
}

function contentOf(rest: Buffer, all: (name: string) => string[]): [Buffer, boolean] {
  if (all("transfer-encoding")[0] !== "chunked") {
    const [length] = all("content-length");
    return [rest, length === undefined || Number(length) === rest.byteLength];
  }
  const parts: Buffer[] = [];
  for (let at = 0; ;) {
    const lineEnd = rest.indexOf("\r\n", at);
    if (lineEnd < 0) return [Buffer.concat(parts), false];
    const size = parseInt(rest.subarray(at, lineEnd).toString("latin1"), 16);
    if (size === 0) return [Buffer.concat(parts), true];
    parts.push(rest.subarray(lineEnd + 2, lineEnd + 2 + size));
    at = lineEnd + 4 + size;
  }
}

/** One signed request of the app "demo": what was signed, and the bytes to send. */
export interface Signed {
  readonly signer: Signer;
  readonly signed: SignedRequest;
  readonly wire: WireRequest;
}

export function signedRequest(
  port: number,
  method: string,
  target: string,
  more: Pick<RequestToSign, "headers"> & { body?: Uint8Array } = {},
  options: Partial<SignerOptions> = {},
): Signed {
  const { body } = more;
  const headers = [...(more.headers ?? [])] as [string, string][];
  const host = `127.0.0.1:${port}`;
  const signer = new Signer({ appId: "demo", apiKey: DEMO_KEY, ...options });
  const signed = signer.sign({
    method,
    url: `http://${host}/`,
    target,
    headers,
    ...(body !== undefined && { content: body }),
  });
  const wire = {
    method,
    target,
    headers: [["Host", host] as const, ...headers, ...signed.headers],
    ...(body !== undefined && { body }),
  };
  return { signer, signed, wire };
}

/** Whether an answer is believed: "ok", or the fault that was found. */
export async function verdictOn(
  { signer, signed, wire }: Signed,
  answer: RawAnswer,
): Promise<string> {
  return signer.check(signed, { method: wire.method, ...answer }).then(
    () => "ok",
    (error: { fault: string }) => error.fault,
  );
}
