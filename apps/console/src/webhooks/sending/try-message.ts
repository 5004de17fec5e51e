import { request as httpRequest, type IncomingMessage } from "node:http";
import { request as httpsRequest } from "node:https";
import type { LookupFunction, Socket } from "node:net";
import { ConfigurationError } from "@lacre/core";
import { signMessage, type Message } from "./sign-message.js";
import {
  guardedLookup,
  readTarget,
  refusePrivate,
  TargetRefused,
  type TargetRule,
} from "./target-rule.js";

/** How long a try may take, from the look-up of the name to the end of the answer. */
const TIMEOUT_MS = 15_000;
/** How much of an answer is taken: its head counts, and nothing in it is used. */
const MOST_ANSWER_BYTES = 65_536;

export interface TryTerms extends TargetRule {
  readonly url: string;
  readonly secrets: readonly string[];
  readonly nowMs: number;
  readonly timeoutMs?: number;
  /** The system's unless given. */
  readonly lookup?: LookupFunction;
}

/** What came of a try. */
export type Try =
  | { readonly outcome: "answered"; readonly status: number; readonly retryAfter?: string }
  | {
      readonly outcome: "failed";
      readonly problem: string;
      /** What is for the log alone. */
      readonly detail?: string;
    };

/** Sends a message once. Follows no redirect, and is never rejected. */
export async function tryMessage(message: Message, terms: TryTerms): Promise<Try> {
  try {
    return await send(message, readTarget(terms.url, terms), terms);
  } catch (error) {
    const detail = error instanceof TargetRefused ? error.detail : undefined;
    return {
      outcome: "failed",
      problem: problemOf(error),
      ...(detail !== undefined && { detail }),
    };
  }
}

function send(message: Message, url: URL, terms: TryTerms): Promise<Try> {
  const { allowPrivate, secrets, nowMs, timeoutMs = TIMEOUT_MS } = terms;
  return new Promise<Try>((resolve, reject) => {
    const request = (url.protocol === "https:" ? httpsRequest : httpRequest)(url, {
      method: "POST",
      agent: false,
      lookup: guardedLookup(terms, terms.lookup),
      headers: {
        ...signMessage(message, url, secrets, nowMs),
        "content-type": "application/json",
        "content-length": message.content.byteLength,
        "user-agent": "Lacre-Webhooks/1",
        connection: "close",
      },
    });
    let status: Try | undefined;
    const timer = setTimeout(() => request.destroy(new Error("timeout")), timeoutMs);
    request.on("socket", (socket) => {
      if (!allowPrivate) judgeSocket(socket);
    });
    request.on("response", (answer) => {
      status = answered(answer);
      readAway(answer, () => request.destroy());
    });
    request.on("error", (error) => {
      // Once there is a status, the rest of the answer changes nothing.
      if (status === undefined) reject(error);
    });
    request.on("close", () => {
      clearTimeout(timer);
      if (status === undefined) reject(new Error("the connection ended without an answer"));
      else resolve(status);
    });
    request.end(message.content);
  });
}

/** Once more on what is really connected to: a host that is an address is never looked up. */
function judgeSocket(socket: Socket): void {
  socket.once("connect", () => {
    try {
      refusePrivate(socket.remoteAddress ?? "");
    } catch (error) {
      socket.destroy(error as Error);
    }
  });
}

function answered({ statusCode = 0, headers }: IncomingMessage): Try {
  const retryAfter = headers["retry-after"];
  return { outcome: "answered", status: statusCode, ...(retryAfter && { retryAfter }) };
}

function readAway(answer: IncomingMessage, stop: () => void): void {
  let bytes = 0;
  answer.on("data", (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > MOST_ANSWER_BYTES) stop();
  });
  answer.on("error", () => undefined);
}

function problemOf(error: unknown): string {
  if (error instanceof TargetRefused) return error.message;
  if (error instanceof ConfigurationError) return `It cannot be signed: ${error.message}`;
  const { code, message } = error as NodeJS.ErrnoException;
  if (message === "timeout") return "There was no answer in time.";
  return `The connection failed: ${(code ?? message).slice(0, 200)}`;
}
