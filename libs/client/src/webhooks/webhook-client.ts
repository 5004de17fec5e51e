import { request as httpRequest, type IncomingMessage } from "node:http";
import { request as httpsRequest } from "node:https";
import { ConfigurationError, readOptions, reasonOf } from "@lacre/core";
import { AnswerText } from "./answer-text.js";
import {
  CLIENT_OPTIONS,
  type ClientSettings,
  type WebhookClientOptions,
} from "./client-options.js";
import {
  checkHeaders,
  checkSignable,
  signersOf,
  signMessage,
  type SignedMessage,
} from "./sign-message.js";
import { guardedLookup, guardSocket, readTarget, WebhookTargetError } from "./target-rule.js";
import type { AttemptResult } from "./webhook-attempt.js";
import type { WebhookEndpoint, WebhookMessage } from "./webhook-endpoint.js";

/** How much of an answer is read: its head counts. */
const MOST_ANSWER_BYTES = 65_536;

/** Sends messages, one attempt a call: what a queue of one's own is built on. */
export class WebhookClient {
  readonly #settings: ClientSettings;

  /** @throws ConfigurationError */
  constructor(options: WebhookClientOptions) {
    this.#settings = readOptions(CLIENT_OPTIONS, options, "WebhookClient", "");
  }

  /**
   * Checks what whoever owns an endpoint has given, before it is stored.
   * @throws WebhookTargetError for a URL that messages may not be sent to
   * @throws ConfigurationError for secrets that cannot sign, and headers that cannot be sent
   */
  checkEndpoint(endpoint: WebhookEndpoint): void {
    const url = readTarget(endpoint.url, this.#settings);
    signersOf(endpoint, this.#settings);
    checkHeaders(endpoint, url, this.#settings);
  }

  /** The same for its URL alone. What its name means is judged at each attempt. @throws WebhookTargetError */
  checkUrl(url: string): void {
    readTarget(url, this.#settings);
  }

  /**
   * Checks that a message can be signed, without sending it.
   * @param endpoint where it goes; where that is not known, what is in the message is held against the client's scheme
   * @throws RangeError for an id or a content that cannot be signed; WebhookTargetError, ConfigurationError
   */
  checkMessage(message: WebhookMessage, endpoint?: WebhookEndpoint): void {
    if (endpoint !== undefined) this.checkUrl(endpoint.url);
    checkSignable(message, endpoint, this.#settings);
  }

  /**
   * Sends a message once: signed now, to public addresses alone, no redirect followed. Is never rejected.
   * @param attempt the number of the attempt, from 1 on
   */
  async attempt(
    endpoint: WebhookEndpoint,
    message: WebhookMessage,
    attempt = 1,
  ): Promise<AttemptResult> {
    const { clock } = this.#settings;
    const atMs = clock.nowMs();
    const beganMs = performance.now();
    const outcome = await this.#outcome(endpoint, message, attempt);
    const durationMs =
      outcome.detail === undefined ? Math.round(performance.now() - beganMs) : null;
    return { ...NOTHING, atMs, durationMs, ...outcome };
  }

  async #outcome(endpoint: WebhookEndpoint, message: WebhookMessage, attempt: number) {
    try {
      const url = readTarget(endpoint.url, this.#settings);
      const signed = this.#sign(message, endpoint, url, attempt);
      if ("isUnsent" in signed) return signed;
      const secrets = [
        ...endpoint.secrets,
        ...Object.values(signed.signed).filter((value) => value !== message.id),
      ];
      const own = Object.values(endpoint.headers ?? {});
      const kept = new AnswerText(this.#settings.keptAnswerBytes, secrets, own);
      return await send(message, url, signed, this.#settings, kept);
    } catch (error) {
      const detail = error instanceof WebhookTargetError ? error.detail : undefined;
      return { problem: problemOf(error), ...(detail !== undefined && { detail }) };
    }
  }

  /** What cannot be signed says nothing of the receiver. A message never can; an endpoint may be mended. */
  #sign(message: WebhookMessage, endpoint: WebhookEndpoint, url: URL, attempt: number) {
    try {
      return signMessage(message, endpoint, url, this.#settings, attempt);
    } catch (error) {
      const problem = `It cannot be signed: ${reasonOf(error)}`;
      const isFinal = !(error instanceof ConfigurationError);
      return { problem, detail: problem, isUnsent: true, ...(isFinal && { isFinal }) } as const;
    }
  }
}

const NOTHING = { isDelivered: false, status: null, problem: null, answer: null } as const;

type Outcome = Partial<AttemptResult>;

function send(
  { content }: WebhookMessage,
  url: URL,
  signed: SignedMessage,
  settings: ClientSettings,
  kept: AnswerText,
): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const request = (url.protocol === "https:" ? httpsRequest : httpRequest)(url, {
      method: "POST",
      agent: false,
      lookup: guardedLookup(settings, settings.lookup),
      headers: {
        ...signed.headers,
        "content-length": content.byteLength,
        "user-agent": settings.userAgent,
        "accept-encoding": "identity",
        connection: "close",
      },
    });
    let answered: Outcome | undefined;
    const timer = setTimeout(() => request.destroy(new Error("timeout")), settings.timeoutMs);
    request.on("socket", (socket) => guardSocket(socket, settings));
    request.on("response", (answer) => {
      answered = outcomeOf(answer);
      readAway(answer, kept, () => request.destroy());
    });
    request.on("error", (error) => {
      // Once there is a status, the rest of the answer changes nothing.
      if (answered === undefined) reject(error);
    });
    request.on("close", () => {
      clearTimeout(timer);
      if (answered === undefined) reject(new Error("the connection ended without an answer"));
      else resolve({ ...answered, answer: kept.text });
    });
    request.end(content);
  });
}

function outcomeOf({ statusCode: status = 0, headers }: IncomingMessage): Outcome {
  const retryAfter = headers["retry-after"];
  return {
    isDelivered: status >= 200 && status < 300,
    status,
    problem: status >= 300 && status < 400 ? "Redirects are not followed." : null,
    ...(retryAfter !== undefined && { retryAfter }),
  };
}

function readAway(answer: IncomingMessage, kept: AnswerText, stop: () => void): void {
  let bytes = 0;
  answer.on("data", (chunk: Buffer) => {
    kept.take(chunk);
    bytes += chunk.length;
    if (bytes > MOST_ANSWER_BYTES) stop();
  });
  answer.on("error", () => undefined);
}

function problemOf(error: unknown): string {
  if (error instanceof WebhookTargetError) return error.message;
  const { code, message } = error as NodeJS.ErrnoException;
  if (message === "timeout") return "There was no answer in time.";
  return `The connection failed: ${(code ?? message).slice(0, 200)}`;
}
