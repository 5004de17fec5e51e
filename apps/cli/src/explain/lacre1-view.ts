import { lacre1, type MacAlgorithm } from "@lacre/core";
import { linesOf, type Values } from "./canonical-lines.js";
import { LACRE1_LAYOUT } from "./layouts/lacre1-layout.js";
import type { PartialRequest } from "./partial-request.js";
import { faultOfContent, readingOf } from "./scheme-reading.js";
import { PLAIN_FORM, type View, type ViewKind } from "./view.js";

/**
 * A request of LACRE1 as it was sent or as it arrived. Its canonical request is made here, whatever is wrong with it:
 * a verifier would stop at the first fault, and the others would stay unsaid.
 */
export function lacre1View(kind: ViewKind, request: PartialRequest): View {
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
  const lines = linesOf({
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
  });
  const mac = params?.get("Signature");
  const { claims, fault } = readingOf(request, lacre1);
  return {
    kind,
    layout: LACRE1_LAYOUT,
    lines,
    text: LACRE1_LAYOUT.write(lines),
    form: PLAIN_FORM,
    headers,
    target: request.target,
    content: request.content,
    macs: mac === undefined ? [] : [mac],
    recipe: { algorithm: hashNamed(params?.get("algorithm")), encoding: "hex" },
    takes: claims && ((content) => faultOfContent(claims, content) === undefined),
    fault,
  };
}

/** The hash that the algorithm of a text names. */
function hashNamed(algorithm = ""): MacAlgorithm {
  const [, bits] = /sha-?(384|512)/i.exec(algorithm) ?? [];
  return bits === "384" ? "sha384" : bits === "512" ? "sha512" : "sha256";
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
