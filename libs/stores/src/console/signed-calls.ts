import { Agent as HttpAgent, request as requestHttp } from "node:http";
import { Agent as HttpsAgent, request as requestHttps } from "node:https";
import { type Clock, ConfigurationError, ResponseRefusal, Signer } from "@lacre/core";

/** Who calls the console, and where it is. */
export interface CallerTerms {
  readonly url: URL;
  readonly appId: string;
  readonly apiKey: string;
  readonly clock: Clock;
}

export interface Call {
  readonly method: "GET" | "POST";
  /** Path and query, below the console's address. */
  readonly path: string;
  readonly json?: Uint8Array;
  readonly timeoutMs: number;
  /** Ends it sooner. */
  readonly given?: AbortSignal;
  /** Whether a process with nothing else to do may end meanwhile. */
  readonly isIdle?: boolean;
}

/** What the console has really said: its signature was checked. */
export interface SignedAnswer {
  readonly status: number;
  readonly body: unknown;
}

/** An answer that is not the console's, or is not to this call: nothing of it is believed. */
class UnbelievedAnswerError extends Error {
  override readonly name = "UnbelievedAnswerError";
  constructor(
    readonly status: number,
    reason: string,
  ) {
    super(`an answer of status ${status} is not signed as it should be (${reason})`);
  }
}

/** How many calls run at once; others wait. */
const MOST_CALLS = 32;
const MOST_ANSWER_BYTES = 1_048_576;

/** Calls the console: signs each request, and believes no answer that is not signed for it. */
export class SignedCalls {
  readonly #base: URL;
  readonly #signer: Signer;
  readonly #agent: HttpAgent;
  readonly #ended = new AbortController();

  /** @throws ConfigurationError for an AppId or a key that cannot be used */
  constructor({ url, appId, apiKey, clock }: CallerTerms) {
    this.#base = url;
    this.#signer = new Signer({ appId, apiKey, clock });
    const options = { keepAlive: true, maxSockets: MOST_CALLS, scheduling: "lifo" as const };
    this.#agent = url.protocol === "https:" ? new HttpsAgent(options) : new HttpAgent(options);
  }

  /** @throws UnbelievedAnswerError; any error where there is no answer */
  async send({
    method,
    path,
    json,
    timeoutMs,
    given,
    isIdle = false,
  }: Call): Promise<SignedAnswer> {
    const url = new URL(this.#base.pathname.replace(/\/$/, "") + path, this.#base);
    const headers: [string, string][] =
      json === undefined ? [] : [["content-type", "application/json"]];
    const signed = this.#signer.sign({ method, url, headers, ...(json && { content: json }) });
    const response = await this.#transmit(url, {
      method,
      headers: Object.fromEntries([...headers, ...signed.headers]),
      json,
      timeoutMs,
      given,
      isIdle,
    });
    try {
      await this.#signer.check(signed, { method, ...response });
    } catch (error) {
      if (!(error instanceof ResponseRefusal)) throw error;
      throw new UnbelievedAnswerError(response.status, error.fault);
    }
    const { status, content } = response;
    return { status, body: content.length === 0 ? undefined : JSON.parse(content.toString()) };
  }

  /** Ends what is on its way, and all connections. */
  close(): void {
    this.#ended.abort();
    this.#agent.destroy();
  }

  #transmit(
    url: URL,
    { method, headers, json, timeoutMs, given, isIdle }: Sending,
  ): Promise<{ status: number; headers: [string, string][]; content: Buffer }> {
    const send = url.protocol === "https:" ? requestHttps : requestHttp;
    const ends = [this.#ended.signal, AbortSignal.timeout(timeoutMs)];
    const signal = AbortSignal.any(given === undefined ? ends : [...ends, given]);
    return new Promise((resolve, reject) => {
      const request = send(url, { method, headers, agent: this.#agent, signal }, (response) => {
        const chunks: Buffer[] = [];
        let length = 0;
        response.on("data", (chunk: Buffer) => {
          chunks.push(chunk);
          length += chunk.length;
          if (length > MOST_ANSWER_BYTES) request.destroy(new Error("the answer is too long"));
        });
        response.on("error", reject);
        response.on("end", () =>
          resolve({
            status: response.statusCode ?? 0,
            headers: linesOf(response.rawHeaders),
            content: Buffer.concat(chunks),
          }),
        );
      });
      if (isIdle) request.on("socket", (socket) => socket.unref());
      request.on("error", reject);
      request.end(json);
    });
  }
}

interface Sending {
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly json: Uint8Array | undefined;
  readonly timeoutMs: number;
  readonly given: AbortSignal | undefined;
  readonly isIdle: boolean;
}

function linesOf(rawHeaders: readonly string[]): [string, string][] {
  const lines: [string, string][] = [];
  for (let i = 0; i + 1 < rawHeaders.length; i += 2)
    lines.push([rawHeaders[i] as string, rawHeaders[i + 1] as string]);
  return lines;
}

/** What an operator must mend: waiting would not. */
export function refusalOf(error: unknown): ConfigurationError | undefined {
  const { status } = error as { status?: unknown };
  if (status !== 401 && status !== 403) return undefined;
  return new ConfigurationError(
    "url",
    `the console refuses the calls of this service with ${status}.`,
    "Check appId, apiKey, its scopes (registry:read, verdicts:write), the origin of the console, and both clocks.",
  );
}
