import "reflect-metadata";
import { request as httpRequest, type OutgoingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import { NestFactory } from "@nestjs/core";
import { Signer, type SignerOptions } from "@lacre/client/signer";
import { awsSigV4 } from "@lacre/schemes/aws-sigv4";
import { generateApiKey, type Verdict } from "@lacre/nestjs";
import { AWS_REGION, AWS_SERVICE, DemoModule } from "./demo.module.js";
import { freshKeys } from "./keys.js";

/*
 * Starts the demo for itself, calls it in every way that it refuses, and shows what the caller saw beside the reason
 * that only the server's observer is told.
 */

const verdicts: Verdict[] = [];
const keys = freshKeys();
const app = await NestFactory.create(
  DemoModule.with({
    keys,
    origins: ["http://api.example.test"],
    bootFence: false,
    observer: { observe: (verdict) => void verdicts.push(verdict) },
  }),
  { logger: false },
);
await app.listen(0, "127.0.0.1");
const { port } = app.getHttpServer().address() as AddressInfo;

interface Call {
  readonly method: string;
  readonly target: string;
  readonly headers: readonly (readonly [string, string])[];
  readonly body?: string;
}

interface SignOptions extends Partial<SignerOptions> {
  readonly host?: string;
  readonly secondsOff?: number;
}

const JSON_TYPE = ["content-type", "application/json"] as const;

function sign(
  call: Omit<Call, "headers"> & { headers?: Call["headers"] },
  options: SignOptions = {},
): Call {
  const { host = "api.example.test", secondsOff = 0, ...signer } = options;
  const { method, target, body, headers = [] } = call;
  const { headers: added } = new Signer({
    appId: "orders",
    apiKey: keys.orders,
    clock: { nowMs: () => Date.now() + secondsOff * 1000 },
    ...signer,
  }).sign({
    method,
    url: `http://${host}/`,
    target,
    headers,
    ...(body !== undefined && { content: Buffer.from(body) }),
  });
  return {
    method,
    target,
    headers: [["host", host], ...headers, ...added],
    ...(body !== undefined && { body }),
  };
}

function send({ method, target, headers, body }: Call): Promise<number> {
  const grouped: OutgoingHttpHeaders =
    body === undefined ? {} : { "content-length": Buffer.byteLength(body) };
  for (const [name, value] of headers) {
    const before = grouped[name];
    grouped[name] = before === undefined ? value : [before, value].flat().map(String);
  }
  return new Promise((resolve, reject) => {
    const sent = httpRequest(
      { host: "127.0.0.1", port, method, path: target, headers: grouped },
      (response) => {
        response.resume();
        response.on("end", () => resolve(response.statusCode ?? 0));
      },
    );
    sent.on("error", reject);
    sent.end(body);
  });
}

const order = (options?: SignOptions): Call =>
  sign(
    { method: "POST", target: "/orders", headers: [JSON_TYPE], body: '{"item":"tea"}' },
    options,
  );
const list = (options?: SignOptions): Call =>
  sign({ method: "GET", target: "/orders?page=1" }, options);
const without = (call: Call, name: string): Call => ({
  ...call,
  headers: call.headers.filter(([key]) => key !== name),
});
const withHeader = (call: Call, name: string, value: string): Call => ({
  ...without(call, name),
  headers: [...without(call, name).headers, [name, value]],
});
const authorizationOf = (call: Call): string =>
  call.headers.find(([name]) => name === "authorization")?.[1] ?? "";

const aws = {
  appId: "orders-aws",
  apiKey: keys.aws,
  scheme: awsSigV4({ region: AWS_REGION, service: AWS_SERVICE }),
};
const sentTwice = order();

const stops: readonly (readonly [string, Call])[] = [
  ["a signed order", sentTwice],
  ["the same bytes again", sentTwice],
  ["a signed list", list()],
  [
    "the public health route, nothing signed",
    { method: "GET", target: "/orders/health", headers: [] },
  ],
  ["SigV4 where SigV4 is taken", sign({ method: "GET", target: "/aws" }, aws)],
  ["no credentials", without(order(), "authorization")],
  [
    "two Authorization lines",
    { ...order(), headers: [...order().headers, ["authorization", "Basic YTpi"]] },
  ],
  [
    "a header that is no header",
    withHeader(order(), "authorization", "LACRE1-HMAC-SHA256 Credential=orders"),
  ],
  ["an app nobody knows", list({ appId: "nobody" })],
  ["another app's key", list({ apiKey: keys.reader })],
  ["a key that was made up", list({ apiKey: generateApiKey() })],
  ["another query than was signed", { ...list(), target: "/orders?page=2" }],
  ["another method than was signed", { ...list(), method: "HEAD" }],
  ["another body than was signed", { ...order(), body: '{"item":"gin"}' }],
  ["a body where none was signed", { ...list(), method: "GET", body: "surprise" }],
  ["a body without its digest", without(order(), "content-digest")],
  ["a content type that is not signed", withHeader(list(), "content-type", "text/plain")],
  ["a header line beside its twin", withHeader(order(), "content_type", "text/plain")],
  [
    "a signature cut short",
    withHeader(list(), "authorization", authorizationOf(list()).slice(0, -2)),
  ],
  ["signed for another host", list({ host: "evil.example.test" })],
  ["ten minutes old", list({ secondsOff: -600 })],
  ["a minute too early", list({ secondsOff: 60 })],
  ["two days old", list({ secondsOff: -172_800 })],
  ["SigV4 where it is not taken", sign({ method: "GET", target: "/orders" }, aws)],
  ["LACRE1 where it is not taken", sign({ method: "GET", target: "/aws" })],
  [
    "without the scope",
    sign({ method: "DELETE", target: "/orders/1" }, { appId: "reader", apiKey: keys.reader }),
  ],
  ["with the scope", sign({ method: "DELETE", target: "/orders/1" })],
];

console.log("what is sent                                what the caller sees   why (server only)");
for (const [name, call] of stops) {
  verdicts.length = 0;
  const status = await send(call);
  const refused = verdicts.find((verdict) => verdict.outcome === "refused");
  console.log(`${name.padEnd(44)}${String(status).padEnd(23)}${refused?.message ?? "let in"}`);
}
await app.close();
