import { chooseScheme, forbidsContent, lacre1, Origins, receive, Refusal } from "@lacre/core";
import type { RawRequest } from "../http/raw-request.js";
import {
  PLAIN_FORM,
  textOf,
  type CanonicalLines,
  type Fault,
  type Values,
  type View,
  type ViewKind,
} from "./view.js";

/** A request of which not everything need be known. */
export interface PartialRequest {
  readonly method?: string;
  readonly target?: string;
  readonly headers: readonly (readonly [string, string])[];
  readonly content?: Buffer;
  readonly complete?: boolean;
  /** The whole URL, where it is written down. */
  readonly url?: string;
}

/** A request as it was sent or as it arrived: its canonical request is made here, whatever is wrong with it. */
export function viewOfRequest(kind: ViewKind, request: PartialRequest): View {
  const headers = request.headers.map(
    ([name, value]) => [name, value.replace(/^[\t ]+|[\t ]+$/g, "")] as const,
  );
  const valuesOf = (wanted: string): string[] =>
    headers.flatMap(([name, value]) => (name.toLowerCase() === wanted ? [value] : []));
  const inHeader = readParams(valuesOf("authorization"));
  const params = inHeader ?? readPresigned(request.target);
  const signedTarget = inHeader === undefined ? withoutSignature(request.target) : request.target;
  const list = params?.get("SignedHeaders");
  const names = list === undefined || list === "" ? [] : list.split(";");
  const only = (name: string): Values | undefined => {
    const value = params?.get(name);
    return value === undefined ? params && [] : [value];
  };
  const lines: CanonicalLines = {
    algorithm: only("algorithm"),
    appId: only("Credential"),
    timestamp: only("Timestamp"),
    nonce: only("Nonce"),
    method: request.method === undefined ? undefined : [request.method],
    target: signedTarget === undefined ? undefined : [signedTarget],
    headers: new Map(
      (list === undefined ? ["host"] : names).map((name) => {
        const values = valuesOf(name.toLowerCase());
        // Headers alone are seldom all of them.
        if (kind === "headers" && values.length === 0) return [name, undefined];
        return [name, name.toLowerCase() === "host" ? values.map(signedHost) : values];
      }),
    ),
    list: only("SignedHeaders"),
  };
  return {
    kind,
    lines,
    text: textOf(lines),
    form: PLAIN_FORM,
    headers,
    content: request.content,
    mac: params?.get("Signature"),
    fault: faultOf(request),
  };
}

/** The same for a request that is all there. */
export function viewOfRawRequest(kind: ViewKind, { head, content, complete }: RawRequest): View {
  const { method, target, rawHeaders } = head;
  const headers = rawHeaders.flatMap((name, i) =>
    i % 2 === 0 ? [[name, rawHeaders[i + 1] ?? ""] as const] : [],
  );
  return viewOfRequest(kind, { method, target, headers, content, complete });
}

/** Reads the credentials far more kindly than a verifier, which is there to say what is wrong with them. */
function readParams(fields: readonly string[]): Map<string, string> | undefined {
  const field = fields.find((value) => /^lacre1-/i.test(value)) ?? fields[0];
  const [, algorithm, rest = ""] = /^(\S+)[\t ]*(.*)$/s.exec(field ?? "") ?? [];
  if (algorithm === undefined || !/^lacre1-/i.test(algorithm)) return undefined;
  const pairs = rest.split(",").map((part) => {
    const [, name = "", value = ""] = /^\s*([^=\s]*)\s*=\s*"?(.*?)"?\s*$/s.exec(part) ?? [];
    return [name, value] as const;
  });
  return new Map([["algorithm", algorithm], ...pairs]);
}

const SIGNATURE = "&Lacre-Signature=";

/** docs/protocol.md, section 12: the credentials of a URL that carries its own. */
function readPresigned(target = ""): Map<string, string> | undefined {
  const start = target.lastIndexOf("Lacre-Algorithm=");
  if (start < 0) return undefined;
  const pairs = target
    .slice(start)
    .split("&")
    .map((pair) => {
      const [, name = "", value = ""] = /^Lacre-([^=]*)=?(.*)$/s.exec(pair) ?? [];
      return [name, value] as const;
    });
  const params = new Map([["Nonce", ""], ...pairs]);
  return params.set("algorithm", params.get("Algorithm") ?? "");
}

function withoutSignature(target: string | undefined): string | undefined {
  const end = target?.lastIndexOf(SIGNATURE) ?? -1;
  return end < 0 ? target : target?.slice(0, end);
}

/** docs/protocol.md, section 6. A recording does not tell the scheme, so either default port is left out. */
function signedHost(host: string): string {
  return host.toLowerCase().replace(/:(?:80|443)$/, "");
}

function faultOf(request: PartialRequest): Fault | undefined {
  const { method, target, headers, content, complete = true } = request;
  if (method === undefined || target === undefined) return undefined;
  try {
    const front = { origins: Origins.of("*"), pathPrefix: "" };
    const received = receive({ method, target, rawHeaders: headers.flat() }, front);
    const { claims } = chooseScheme(received, [lacre1], [lacre1.name]).form.read(received);
    if (!complete) throw new Refusal("content-incomplete");
    if (forbidsContent(claims.content) && content !== undefined && content.length > 0)
      throw new Refusal("content-undigested");
    return undefined;
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    const { code, message } = error;
    const { note } = error.progress();
    return { code, detail: message === code ? "" : message.slice(`${code}: `.length), note };
  }
}
