import { request as httpRequest, type IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import { Duplex } from "node:stream";
import type { Io } from "../io.js";
import type { Place } from "./connect-to.js";

/** What a server answered. */
export interface Answer {
  readonly status: number;
  /** Names and values in turn, as they came. */
  readonly rawHeaders: readonly string[];
  readonly body: Buffer;
}

/** A request as bytes, and where it goes. */
export interface Parcel {
  readonly place: Place;
  readonly bytes: Buffer;
  /** Whether the answer has no content because it is that to HEAD. */
  readonly head?: boolean;
}

const TIMEOUT_MS = 10_000;
const MAX_BODY = 1024 * 1024;

/**
 * Sends bytes as they are over a connection of their own, and reads one answer. Rejects when there is none within ten
 * seconds; follows no redirect.
 */
export async function exchange(io: Io, parcel: Parcel): Promise<Answer> {
  const socket = await io.connect(parcel.place);
  try {
    return await readAnswer(await answerTo(socket, parcel));
  } finally {
    socket.destroy();
  }
}

/** What OpenSSL makes of an answer in plain text. */
const NO_TLS = /^ERR_SSL_(?:WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG|HTTP_REQUEST)$/;

/** Why there was no answer. A name with several addresses fails with as many errors, and no message. */
export function reasonOf(error: unknown): string {
  const { message, code, reason } = error as NodeJS.ErrnoException & { reason?: string };
  // OpenSSL's own message is of its source files.
  if (code?.startsWith("ERR_SSL_") === true) {
    const plain = NO_TLS.test(code) ? ": the port does not speak TLS, as with http://" : "";
    return `TLS failed (${reason ?? code})${plain}`;
  }
  return message || code || "no connection";
}

/** Node reads the answer; what it would have written as the request is dropped, and the bytes go in its place. */
function answerTo(socket: Socket, { bytes, head = false }: Parcel): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const wire = new OnlyReads(socket);
    socket.setTimeout(TIMEOUT_MS, () => socket.destroy(new Error("no answer within 10 s")));
    socket.on("error", reject);
    socket.on("close", () => reject(new Error("closed without an answer")));
    const method = head ? "HEAD" : "GET";
    // No agent: one would make connections of its own.
    const reader = httpRequest({ method, createConnection: () => wire });
    reader.on("error", reject);
    reader.on("response", resolve);
    reader.end();
    socket.write(bytes);
  });
}

/** What a socket brings; what is written to it goes nowhere. */
class OnlyReads extends Duplex {
  readonly #socket: Socket;

  constructor(socket: Socket) {
    super();
    this.#socket = socket;
    socket.on("data", (chunk: Buffer) => {
      if (!this.push(chunk)) socket.pause();
    });
    socket.on("end", () => this.push(null));
    socket.on("error", (error) => this.destroy(error));
  }

  override _read(): void {
    this.#socket.resume();
  }

  override _write(_chunk: unknown, _encoding: string, done: () => void): void {
    done();
  }
}

async function readAnswer(response: IncomingMessage): Promise<Answer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of response) {
    chunks.push(chunk as Buffer);
    length += (chunk as Buffer).length;
    if (length > MAX_BODY) break;
  }
  const { statusCode = 0, rawHeaders } = response;
  return { status: statusCode, rawHeaders, body: Buffer.concat(chunks) };
}
