// Signed requests as the bytes that go over the wire, about as browsers and libraries send them.
import { randomBytes } from "node:crypto";
import { Signer } from "@lacre/core";
import hawk from "hawk";
import { jsonOf } from "./json-of.mjs";

export const HOST = "api.example.com";
const ORIGIN = `http://${HOST}`;
const TARGET = "/orders/8f14e45f-ceea-467f-a8b4-2bb7fe9bd0b5?expand=lines&currency=EUR";
export const CONTENT = Buffer.from(jsonOf(1024));

/** Makes `(method) => Buffer`: each call another request, that a server accepts now. */
export function requestWriter(format, apiKey) {
  const linesOf = { lacre1, hawk: hawkLines }[format](apiKey);
  return (method, { target = TARGET, content = method === "POST" ? CONTENT : undefined } = {}) => {
    const lines = [["Host", HOST], ...COMMON, ...(content === undefined ? [] : linesFor(content))];
    lines.push(...linesOf(method, target, content));
    return written(method, target, lines, content);
  };
}

/** The same request with one byte changed: of its content, or of its target where it has none. */
export function withOneByteChanged(request) {
  const changed = Buffer.from(request);
  const hasContent = changed[changed.length - 1] !== 0x0a;
  const at = hasContent ? changed.lastIndexOf('x"}') : changed.indexOf("currency=EUR") + 11;
  changed[at] = "y".charCodeAt(0);
  if (changed.equals(request)) throw new Error("nothing was changed");
  return changed;
}

/** The same request with a MAC that nobody made. */
export function withForgedMac(request) {
  const changed = Buffer.from(request);
  const at = changed.indexOf("Signature=") + "Signature=".length;
  changed.write(randomBytes(32).toString("hex"), at, "latin1");
  return changed;
}

const COMMON = [
  ["User-Agent", "Mozilla/5.0 (X11; Linux x86_64) node-fetch/3.3.2"],
  ["Accept", "application/json, text/plain, */*"],
  ["Accept-Encoding", "gzip, deflate, br"],
  ["Connection", "keep-alive"],
];

const linesFor = (content) => [
  ["Content-Type", "application/json"],
  ["Content-Length", `${content.length}`],
];

function written(method, target, lines, content = Buffer.alloc(0)) {
  const head = lines.map(([name, value]) => `${name}: ${value}\r\n`).join("");
  return Buffer.concat([
    Buffer.from(`${method} ${target} HTTP/1.1\r\n${head}\r\n`, "latin1"),
    content,
  ]);
}

function lacre1(apiKey) {
  const signer = new Signer({ appId: "orders", apiKey });
  return (method, target, content) => {
    const headers = content && [["content-type", "application/json"]];
    return signer.sign({ method, url: ORIGIN, target, headers, content }).headers;
  };
}

function hawkLines(key) {
  const credentials = { id: "orders", key, algorithm: "sha256" };
  return (method, target, content) => {
    const payload = content && {
      payload: content.toString("utf8"),
      contentType: "application/json",
    };
    const { header } = hawk.client.header(`${ORIGIN}${target}`, method, {
      credentials,
      ...payload,
    });
    return [["Authorization", header]];
  };
}
