// The two requests that every contestant of `npm run bench` signs and verifies: a GET, and a POST of 1 KB of JSON.
import { IncomingMessage } from "node:http";
import { jsonOf } from "./json-of.mjs";

export const HOST = "api.example.com";
const TARGET = "/v1/orders/8f14e45f-ceea-467f-a8b4-2bb7fe9bd0b5?expand=lines&currency=EUR";
export const URL = `https://${HOST}${TARGET}`;
const JSON_TEXT = jsonOf(1024);

/** Content as bytes and as text, since there are contestants for each. */
const contentOfText = (text) => ({ bytes: Buffer.from(text), text });
const SAME_CONTENT = contentOfText(JSON_TEXT);

let serial = 0;

/** Another number each time, of as many digits. */
export const nextSerial = () => 1e7 + serial++;

/** What is to be signed. Its target is its own where the format has no nonce: then that makes it unique. */
export function messageOf(method, { ownTarget = false, ownContent = false } = {}) {
  const target = ownTarget ? `${TARGET}&n=${nextSerial()}` : TARGET;
  const own = () => contentOfText(JSON_TEXT.replace("xxxxxxxx", String(nextSerial())));
  const content = method === "POST" ? (ownContent ? own() : SAME_CONTENT) : undefined;
  return { method, target, url: `https://${HOST}${target}`, content };
}

/** The message with a byte changed after it was signed: of its content, or of its target where it has none. */
export function spoilt(message) {
  if (message.content !== undefined)
    return { ...message, content: contentOfText(message.content.text.replace("EUR", "EUX")) };
  const target = message.target.replace("EUR", "EUX");
  return { ...message, target, url: `https://${HOST}${target}` };
}

/** The header lines of a request, about as browsers and libraries send them, and what signing adds. */
export function linesOf({ content }, signed = []) {
  return [
    ["Host", HOST],
    ["User-Agent", "Mozilla/5.0 (X11; Linux x86_64) node-fetch/3.3.2"],
    ["Accept", "application/json, text/plain, */*"],
    ["Accept-Encoding", "gzip, deflate, br"],
    ["Connection", "keep-alive"],
    ...(content === undefined
      ? []
      : [
          ["Content-Type", "application/json"],
          ["Content-Length", `${content.bytes.length}`],
        ]),
    ...signed,
  ].map((line) => line.map(flat));
}

/** What Node hands a server. `isRead`: with the headers that Node makes of the lines when it is asked. */
export function incoming({ method, target }, lines, isRead) {
  const request = new IncomingMessage({ encrypted: true });
  request.method = method;
  request.url = flat(target);
  request.httpVersion = "1.1";
  request._addHeaderLines(lines.flat(), lines.length * 2);
  if (isRead) void request.headers;
  return request;
}

/** Off the wire every value is a flat string of its own, and so here. */
export function flat(text) {
  return Buffer.from(text, "latin1").toString("latin1");
}
