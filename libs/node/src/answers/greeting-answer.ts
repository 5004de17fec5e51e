import type { ServerResponse } from "node:http";
import type { Greeting } from "@lacre/core";
import type { Attempt } from "../attempt.js";

/** What is set beside the answer. A stranger may have chosen its content: no browser may take it for more than text. */
const ALWAYS = [
  ["Cache-Control", "no-store, no-transform"],
  ["Content-Security-Policy", "default-src 'none'; sandbox"],
  ["Referrer-Policy", "no-referrer"], // the URL may hold a token
  ["X-Content-Type-Options", "nosniff"],
] as const;

/** Answers a first contact, whichever framework has the request: below it, with the headers that it has set by then. */
export function sendGreeting(attempt: Attempt, { answer }: Greeting): void {
  const { response } = attempt;
  const { status, headers, content } = answer;
  if (response.headersSent) return; // something else was faster
  for (const [name, value] of attempt.takeOver()) response.setHeader(name, value);
  for (const [name, value] of ALWAYS) response.setHeader(name, value);
  response.setHeader("X-Request-Id", attempt.requestId);
  for (const [name, value] of headers) response.setHeader(name, value);
  response.statusCode = status;
  if (content !== undefined) response.setHeader("Content-Type", `${content.type}; charset=utf-8`);
  end(response, content?.text ?? "");
}

function end(response: ServerResponse, text: string): void {
  const bytes = Buffer.from(text);
  if (response.statusCode !== 204) response.setHeader("Content-Length", String(bytes.byteLength));
  response.end(bytes);
}
