import { createHash, createHmac } from "node:crypto";
import type { Parts } from "./model.js";

/** A signature of RFC 9421 without a nonce, as docs/schemes/rfc9421.md makes it by hand; `Signer` always has one. */
export function signWithoutNonce(
  { method, target, host, tenant, content }: Parts,
  contentType: string | undefined,
  { appId, apiKey, created }: { appId: string; apiKey: string; created: number },
): [string, string][] {
  const digest = `sha-256=:${createHash("sha256").update(content).digest("base64")}:`;
  const [path = "", query = ""] = target.split("?");
  const covered = {
    "@method": method,
    "@authority": host,
    "@path": path,
    "@query": `?${query}`,
    ...(tenant !== undefined && { "x-tenant": tenant }),
    ...(contentType !== undefined && { "content-digest": digest, "content-type": contentType }),
  };
  const names = Object.keys(covered).map((name) => `"${name}"`);
  const input = `(${names.join(" ")});created=${created};alg="hmac-sha256";keyid="${appId}"`;
  const lines = Object.values(covered).map((value, at) => `${names[at]}: ${value}`);
  const base = [...lines, `"@signature-params": ${input}`].join("\n");
  const mac = createHmac("sha256", apiKey).update(base).digest("base64");
  return [
    ["signature-input", `sig=${input}`],
    ["signature", `sig=:${mac}:`],
    ...(contentType === undefined ? [] : [["content-digest", digest] as [string, string]]),
  ];
}
