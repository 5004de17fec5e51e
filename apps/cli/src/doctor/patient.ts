import { randomUUID } from "node:crypto";
import type { ReadCredentials } from "../credentials.js";
import { exchange, reasonOf, type Answer } from "../http/exchange.js";
import { placeOf } from "../http/place.js";
import type { WrittenUrl } from "../http/written-url.js";
import type { Io } from "../io.js";
import { signRequest } from "../signing.js";
import { otherOrigin } from "./other-protocol.js";

/** A header of the doctor's own on every request. It is signed, and makes each request one of its kind. */
export const MARK = "X-Lacre-Doctor";

type HeaderLine = readonly [string, string];

/** A request about to be sent. */
export interface Dose {
  readonly method: string;
  readonly url: WrittenUrl;
  /** Host first. */
  readonly headers: readonly HeaderLine[];
  readonly content: Buffer;
  readonly chunked: boolean;
}

/** How a dose is to be signed. */
export interface Prescription {
  readonly method?: string;
  readonly url?: WrittenUrl;
  readonly headers?: readonly HeaderLine[];
  readonly content?: Buffer;
  readonly chunked?: boolean;
  /** How far from now it is signed. */
  readonly secondsOff?: number;
  readonly appId?: string;
  /** Leaves out what signing adds. */
  readonly unsigned?: true;
}

/** What came of a dose: an answer, or why there was none. */
export interface Reaction {
  /** 0 where there was no answer. */
  readonly status: number;
  readonly answer: Answer | undefined;
  /** For people: `401`, or why there was no answer. */
  readonly words: string;
}

/** A server that is examined, one request at a time. */
export class Patient {
  readonly #io: Io;
  readonly #credentials: ReadCredentials;

  constructor(
    io: Io,
    credentials: ReadCredentials,
    readonly url: WrittenUrl,
    readonly postUrl: WrittenUrl | undefined,
  ) {
    this.#io = io;
    this.#credentials = credentials;
  }

  get nowMs(): number {
    return this.#io.clock.nowMs();
  }

  /** A request that this server should let in, unless the prescription says otherwise. */
  prepare(prescription: Prescription = {}): Dose {
    const {
      method = "GET",
      url = this.url,
      content = Buffer.alloc(0),
      secondsOff = 0,
    } = prescription;
    const headers: HeaderLine[] = [[MARK, randomUUID()], ...(prescription.headers ?? [])];
    const credentials = {
      ...this.#credentials,
      appId: prescription.appId ?? this.#credentials.appId,
    };
    const nowMs = this.nowMs + secondsOff * 1000;
    const clock = { nowMs: () => nowMs };
    const signed = signRequest({ method, url, headers, content }, credentials, {
      ...this.#io,
      clock,
    });
    return {
      method,
      url,
      headers: [
        ["Host", url.host],
        ...headers,
        ...(prescription.unsigned === true ? [] : signed.headers),
      ],
      content,
      chunked: prescription.chunked ?? false,
    };
  }

  /** Where the same port answers by the other of http and https, if it does. */
  otherOrigin(): Promise<string | undefined> {
    return otherOrigin(this.#io, this.url);
  }

  /** Sends a dose to where the URL says, whatever its Host line says. */
  async give(dose: Dose): Promise<Reaction> {
    try {
      const place = placeOf(dose.url);
      const answer = await exchange(this.#io, { place, bytes: bytesOf(dose) });
      return { status: answer.status, answer, words: String(answer.status) };
    } catch (error) {
      return { status: 0, answer: undefined, words: `no answer: ${reasonOf(error)}` };
    }
  }
}

/** The same request with another value in place of a header's. */
export function withHeader(dose: Dose, wanted: string, change: (value: string) => string): Dose {
  const headers = dose.headers.map(([name, value]): HeaderLine => [
    name,
    name.toLowerCase() === wanted.toLowerCase() ? change(value) : value,
  ]);
  return { ...dose, headers };
}

/** The same request with one more header line at its end. */
export const withLine = (dose: Dose, name: string, value: string): Dose => ({
  ...dose,
  headers: [...dose.headers, [name, value]],
});

/** The same request without a header. */
export const withoutHeader = (dose: Dose, wanted: string): Dose => ({
  ...dose,
  headers: dose.headers.filter(([name]) => name.toLowerCase() !== wanted.toLowerCase()),
});

function bytesOf({ method, url, headers, content, chunked }: Dose): Buffer {
  const length =
    content.length > 0 || method === "POST" ? [`Content-Length: ${content.length}`] : [];
  const lines = [
    `${method} ${url.target} HTTP/1.1`,
    ...headers.map(([name, value]) => `${name}: ${value}`),
    ...(chunked ? ["Transfer-Encoding: chunked"] : length),
    "Connection: close",
    "",
    "",
  ];
  return Buffer.concat([
    Buffer.from(lines.join("\r\n"), "latin1"),
    chunked ? inChunks(content) : content,
  ]);
}

function inChunks(content: Buffer): Buffer {
  const half = Math.ceil(content.length / 2);
  const parts = [content.subarray(0, half), content.subarray(half)].filter(
    ({ length }) => length > 0,
  );
  return Buffer.concat([
    ...parts.flatMap((part) => [
      Buffer.from(`${part.length.toString(16)}\r\n`),
      part,
      Buffer.from("\r\n"),
    ]),
    Buffer.from("0\r\n\r\n"),
  ]);
}
