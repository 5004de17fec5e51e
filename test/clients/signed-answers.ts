import { createHash, createHmac } from "node:crypto";
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { Headers } from "./driver.js";

const ALGORITHM = { sha256: "SHA256", sha384: "SHA384", sha512: "SHA512" } as const;
export type Algorithm = keyof typeof ALGORITHM;

export interface AnswerToSign {
  readonly appId: string;
  readonly apiKey: string;
  readonly algorithm: Algorithm;
  readonly requestSignature: string;
  readonly timestamp: number;
  readonly status: number;
  /** The signed headers, names in lower case, in the order of the list. */
  readonly signed: Headers;
}

/** Section 11 of docs/protocol.md, written for these tests alone. Gives the value of Lacre-Signature. */
export function signAnswer(answer: AnswerToSign): string {
  const algorithm = `LACRE1-HMAC-${ALGORITHM[answer.algorithm]}-RESPONSE`;
  const list = answer.signed.map(([name]) => name).join(";");
  const text = [
    algorithm,
    answer.appId,
    answer.requestSignature,
    answer.timestamp,
    answer.status,
    ...answer.signed.map(([name, value]) => `${name}:${value}`),
    "",
    list,
  ].join("\n");
  const mac = createHmac(answer.algorithm, Buffer.from(answer.apiKey.slice(4), "base64url"))
    .update(text, "latin1")
    .digest("hex");
  return `${algorithm} Timestamp=${answer.timestamp}, SignedHeaders=${list}, Signature=${mac}`;
}

/** The value of Content-Digest for these bytes, given as code points. */
export const digestOf = (content: string, bits: 256 | 512 = 256): string =>
  `sha-${bits}=:${createHash(`sha${bits}`).update(content, "latin1").digest("base64")}:`;

/**
 * A server whose answers are signed with one key, whoever asks: `/signed` rightly, `/spoilt` with other content than
 * was signed, `/empty` a 204, `/away` a redirect. Keeps what it was asked for.
 */
export function answeringServer(apiKey: string, asked: IncomingMessage[]): Server {
  return createServer((request, response) => {
    request.resume();
    const target = request.url ?? "";
    asked.push(request);
    const authorization = request.headers.authorization ?? "";
    const content = target === "/empty" ? "" : '{"café":1}';
    const status = { "/empty": 204, "/away": 302 }[target] ?? 200;
    const signed = [
      ...(content === "" ? [] : [["content-digest", digestOf(content)] as const]),
      ["content-type", "application/json"] as const,
      ...(target === "/away" ? [["location", "/signed"] as const] : []),
    ];
    const signature = signAnswer({
      appId: /Credential=([^,]*)/.exec(authorization)?.[1] ?? "",
      apiKey,
      algorithm: "sha256",
      requestSignature: /Signature=(\w*)$/.exec(authorization)?.[1] ?? "",
      timestamp: Math.floor(Date.now() / 1000),
      status,
      signed,
    });
    response.writeHead(status, [
      ...signed.flat(),
      // Two lines that nobody signed: a client that cannot tell lines apart must not trip over them.
      ...["set-cookie", "a=1", "set-cookie", "b=2", "lacre-signature", signature],
    ]);
    response.end(target === "/spoilt" ? content.replace("1", "2") : content, "latin1");
  });
}
