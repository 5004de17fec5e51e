import { createHash, createHmac } from "node:crypto";
import { AWS_KEY } from "./app.js";

/** What is signed, and how. */
export interface SigV4Terms {
  readonly method: string;
  /** The target as it is sent. */
  readonly target: string;
  readonly host: string;
  /** Headers to be signed beside `host` and `x-amz-date`. */
  readonly also?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  /** The last line of the text, in place of the hash of the content. */
  readonly payload?: string;
  /** The path as it is signed; the sent one with each segment encoded once more unless given. */
  readonly signedPath?: string;
}

export const SCOPE = { region: "us-east-1", service: "orders" } as const;
export const ACCESS_KEY = "AKIDEXAMPLE";

export const sha256 = (data: string | Uint8Array): string =>
  createHash("sha256").update(data).digest("hex");

const hmac = (key: string | Buffer, data: string): Buffer =>
  createHmac("sha256", key).update(data).digest();

/**
 * AWS Signature Version 4 as small libraries of other people make it: written from the specification, with nothing of
 * ours. It signs what it is told and no header more.
 * @returns the headers to send beside `Host`
 */
export function signSigV4(terms: SigV4Terms): [string, string][] {
  const { method, target, host, also = {}, body = "" } = terms;
  const [path = "", query = ""] = target.split("?");
  const amzDate = new Date().toISOString().replace(/[-:]|\.\d{3}/g, "");
  const { region, service } = SCOPE;
  const scope = `${amzDate.slice(0, 8)}/${region}/${service}/aws4_request`;
  const headers: Record<string, string> = { host, "x-amz-date": amzDate, ...also };
  const names = Object.keys(headers).sort();
  const text = [
    method,
    terms.signedPath ?? path.split("/").map(encodeURIComponent).join("/"),
    query.split("&").sort().join("&"),
    ...names.map((name) => `${name}:${headers[name]}`),
    "",
    names.join(";"),
    terms.payload ?? also["x-amz-content-sha256"] ?? sha256(body),
  ].join("\n");
  let key: string | Buffer = `AWS4${AWS_KEY}`;
  for (const part of scope.split("/")) key = hmac(key, part);
  const signature = hmac(
    key as unknown as Buffer,
    ["AWS4-HMAC-SHA256", amzDate, scope, sha256(text)].join("\n"),
  ).toString("hex");
  const { host: _host, ...sent } = headers;
  return [
    ...Object.entries(sent),
    [
      "Authorization",
      `AWS4-HMAC-SHA256 Credential=${ACCESS_KEY}/${scope}, SignedHeaders=${names.join(";")}, Signature=${signature}`,
    ],
  ];
}
