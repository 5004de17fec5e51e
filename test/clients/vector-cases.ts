import { createHmac } from "node:crypto";
import { read } from "../docs/markdown.js";
import type { Headers, ToSign, ToVerify } from "./driver.js";

interface Key {
  readonly apiKey: string;
  readonly algorithm: string;
}

interface Case {
  readonly name: string;
  readonly valid: boolean;
  readonly refusal: string | null;
  readonly origins: readonly string[];
  readonly request: {
    readonly method: string;
    readonly target: string;
    readonly headers: Headers;
    readonly content: string;
  };
  readonly canonicalRequest: string | null;
  readonly mac: string | null;
  readonly authorization: string | null;
}

interface ResponseCase extends Key {
  readonly name: string;
  readonly fault: string | null;
  readonly appId: string;
  readonly requestSignature: string;
  readonly requestMethod: string;
  readonly response: {
    readonly status: number;
    readonly headers: Headers;
    readonly content: string;
  };
}

interface Sender extends Key {
  readonly name: string;
  readonly appId: string;
  readonly timestamp: number;
  readonly nonce: string;
  readonly method: string;
  readonly url: string;
  readonly target: string;
  readonly headers: Headers;
  readonly content: string;
  readonly named: readonly string[];
  readonly refusal: string | null;
  readonly canonicalRequest: string | null;
  readonly mac: string | null;
  readonly authorization: string | null;
}

const all = JSON.parse(read("docs/vectors/lacre1.json")) as {
  readonly apps: readonly { readonly appId: string; readonly keys: readonly Key[] }[];
  readonly cases: readonly Case[];
  readonly responses: readonly ResponseCase[];
  readonly senders: readonly Sender[];
  readonly keys: readonly {
    readonly name: string;
    readonly text: string;
    readonly valid: boolean;
  }[];
};
/** None of these clients makes presigned URLs. */
const vectors = { ...all, cases: all.cases.filter(({ name }) => !name.startsWith("presigned-")) };

/** A case of docs/vectors/lacre1.json from the place of a sender. */
export interface SenderCase {
  readonly name: string;
  readonly request: ToSign;
  readonly canonicalRequest: string;
  readonly mac: string;
}

/** Any order, one space or none: what the verifier takes and no sender has to write. */
const parameter = (authorization: string, name: string): string =>
  new RegExp(`\\b${name}=([^,]*)`).exec(authorization)?.[1]?.trim() ?? "";

const is = (name: string) => (line: readonly [string, string]) => line[0].toLowerCase() === name;

/** The key of the app that made this MAC; of those that could have, the first where the text is not the true one. */
function keyOf(appId: string, text: string, mac: string, algorithm: string): Key {
  const keys = vectors.apps.find((app) => app.appId === appId)?.keys ?? [];
  const key = keys.find(
    ({ apiKey }) =>
      createHmac(algorithm, Buffer.from(apiKey.slice(4), "base64url"))
        .update(text, "latin1")
        .digest("hex") === mac,
  );
  return { apiKey: (key ?? keys[0] ?? DEMO).apiKey, algorithm };
}
const DEMO = vectors.apps[0]?.keys[0] as Key;

function toSign(it: Case, headers: Headers): ToSign {
  const authorization = it.authorization ?? "";
  const appId = parameter(authorization, "Credential");
  const algorithm = (/^LACRE1-HMAC-(\w+)/.exec(authorization)?.[1] ?? "SHA256").toLowerCase();
  return {
    appId,
    ...keyOf(appId, it.canonicalRequest ?? "", it.mac ?? "", algorithm),
    timestamp: parameter(authorization, "Timestamp"),
    nonce: parameter(authorization, "Nonce"),
    method: it.request.method,
    scheme: it.origins[0]?.startsWith("http:") ? "http" : "https",
    // Blanks round a value belong to HTTP. A client reads its host from a URL, which has none.
    host: (it.request.headers.find(is("host"))?.[1] ?? "").replaceAll(/^[ \t]+|[ \t]+$/g, ""),
    target: it.request.target,
    headers,
    content: Buffer.from(it.request.content, "base64").toString("latin1"),
  };
}

/** What the caller sets: everything but Host and the credentials. A second Host is the caller's. */
function callersLines({ headers }: Case["request"]): Headers {
  const host = headers.find(is("host"));
  return headers.filter((line) => line !== host && !is("authorization")(line));
}

const named = (...names: string[]): ReadonlySet<string> => new Set(names);

/** Every valid case. A signer makes its own SHA-256 of content, and is given each other signed header. */
export const VALID: readonly SenderCase[] = vectors.cases
  .filter(({ valid }) => valid)
  .map((it) => {
    const list = named(...parameter(it.authorization ?? "", "SignedHeaders").split(";"));
    const headers = callersLines(it.request).filter(
      ([name, value]) =>
        list.has(name.toLowerCase()) &&
        !(it.request.content !== "" && value.startsWith("sha-256=")),
    );
    const { canonicalRequest, mac, name } = it;
    if (canonicalRequest === null || mac === null) throw new Error(`${name} has no MAC`);
    const request = { ...toSign(it, headers), signedHeaders: [...list] };
    return { name, request, canonicalRequest, mac };
  });

/** All that is wrong in these cases can be seen by the one who signs. */
const SENDERS_FAULT = named(
  ...["method-refused", "target-malformed", "app-id-malformed", "nonce-malformed"],
  ...["header-malformed", "header-repeated", "header-ambiguous", "digest-malformed"],
  ...["content-mismatch", "transfer-coding-refused"],
);
const SENDERS_FAULT_TOO = named(
  ...["lacre-parameter", "lacre-parameter-lower", "lacre-parameter-escaped"],
  ...["lacre-parameter-after-empty", "list-underscore", "list-dot", "list-33", "list-name-65"],
  ...["timestamp-nine-digits", "timestamp-milliseconds"],
  ...["host-empty-port", "host-userinfo", "host-userinfo-before", "host-list", "host-path"],
  ...["host-url", "host-empty", "host-non-ascii", "host-ipv6-without-brackets"],
  ...["host-double-default-port", "forbidden-authorization", "forbidden-content-length"],
  "forbidden-transfer-encoding",
);
/** Every case that a signer must refuse (section 16). */
export const REFUSED: readonly { readonly name: string; readonly request: ToSign }[] = vectors.cases
  .filter((it) => SENDERS_FAULT.has(it.refusal ?? "") || SENDERS_FAULT_TOO.has(it.name))
  .map((it) => ({
    name: it.name,
    request: toSign(
      it,
      it.name === "forbidden-authorization"
        ? it.request.headers.filter(is("authorization"))
        : callersLines(it.request),
    ),
  }));

/** Cases whose list lacks a name that must be in it, or has one that may not: with the list of a good signer. */
export const LISTED: readonly { name: string; request: ToSign; list: string }[] = vectors.cases
  .filter(
    ({ name, refusal }) =>
      (name.startsWith("unsigned-") || refusal === "header-forbidden") &&
      !SENDERS_FAULT_TOO.has(name),
  )
  .map((it) => {
    const lines = callersLines(it.request);
    const names = it.refusal === "header-forbidden" ? [] : lines.map(([name]) => name);
    const digest = it.request.content === "" ? [] : ["content-digest"];
    return {
      name: it.name,
      request: toSign(it, lines),
      list: [...named("host", ...digest, ...names.map((name) => name.toLowerCase()))]
        .toSorted()
        .join(";"),
    };
  });

/** Every answer of the vectors, with the fault that the client must find, or null where it must find none. */
export const ANSWERS: readonly {
  readonly name: string;
  readonly answer: ToVerify;
  readonly fault: string | null;
}[] = all.responses.map(({ name, fault, requestMethod, response, ...it }) => ({
  name,
  fault,
  answer: {
    ...{ appId: it.appId, apiKey: it.apiKey, algorithm: it.algorithm },
    ...{ requestSignature: it.requestSignature, method: requestMethod },
    ...{ status: response.status, headers: response.headers },
    content: Buffer.from(response.content, "base64").toString("latin1"),
  },
}));

/** Every sender of the vectors: what the client must make of it, or null where it must refuse. */
export const SENDERS: readonly {
  readonly name: string;
  readonly request: ToSign;
  readonly made: readonly [string, string, string] | null;
}[] = all.senders.map((it) => {
  const { canonicalRequest, mac, authorization } = it;
  const [, scheme = "", host = ""] = /^(\w+):\/\/([^/?#]*)/.exec(it.url) ?? [];
  const { appId, apiKey, algorithm, nonce, method, target, headers } = it;
  return {
    name: it.name,
    request: {
      ...{ appId, apiKey, algorithm, nonce, method, scheme, host, target, headers },
      timestamp: String(it.timestamp),
      content: Buffer.from(it.content, "base64").toString("latin1"),
      signedHeaders: it.named,
    },
    made:
      canonicalRequest !== null && mac !== null && authorization !== null
        ? [canonicalRequest, mac, authorization]
        : null,
  };
});

/** Texts that are keys, and texts that are not. */
export const KEYS = all.keys;
