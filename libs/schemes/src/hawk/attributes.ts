import { isAppIdText, type MacAlgorithm, parseQuotedParams, Refusal } from "@lacre/core/scheme";
import { algorithmOf, type Artifacts } from "./normalized.js";

const NAMES = ["id", "ts", "nonce", "hash", "ext", "mac", "app", "dlg"];
const TIMESTAMP = /^[1-9][0-9]{9}$/;
const NONCE = /^[!-~]{1,128}$/;

/** What an `Authorization: Hawk` says. */
export interface Attributes extends Artifacts {
  readonly id: string;
  readonly ts: string;
  readonly mac: string;
  readonly algorithm: MacAlgorithm;
}

/** Whether a header's first word is Hawk's (RFC 9110 §11.1: in any case). */
export const isHawk = (header: string | undefined): boolean =>
  header?.split(" ", 1)[0]?.toLowerCase() === "hawk";

export const isTimestamp = (text: string): boolean => TIMESTAMP.test(text);

/**
 * Reads the attributes of a request.
 * @throws Refusal
 */
export function readAttributes(header: string): Attributes {
  const values = readValues(header, NAMES);
  const [id, ts, nonce, mac] = ["id", "ts", "nonce", "mac"].map((name) => values.get(name));
  if (id === undefined || ts === undefined || nonce === undefined || mac === undefined)
    throw malformed("missing attribute");
  if (values.has("dlg") && !values.has("app"))
    throw malformed("dlg without app, which the MAC would not cover");
  if (!isAppIdText(id)) throw new Refusal("app-id-malformed");
  // Hawk's own server takes "abc" here, since no difference to it is too large.
  if (!isTimestamp(ts)) throw new Refusal("timestamp-malformed", "not ten digits");
  if (!NONCE.test(nonce)) throw new Refusal("nonce-malformed");
  const algorithm = algorithmOf(mac);
  if (algorithm === undefined) throw new Refusal("signature-malformed");
  const hash = values.get("hash");
  if (hash !== undefined && algorithmOf(hash) !== algorithm)
    throw new Refusal("digest-malformed", "hash");
  const [ext, app, dlg] = ["ext", "app", "dlg"].map((name) => values.get(name));
  return { id, ts, nonce, mac, algorithm, hash, ext, app, dlg };
}

/** Some of these attributes, none of them empty. */
export function readValues(header: string, names: readonly string[]): ReadonlyMap<string, string> {
  const values = parseQuotedParams(header, names);
  for (const value of values.values()) if (value === "") throw malformed("an empty attribute");
  return values;
}

const malformed = (detail: string): Refusal => new Refusal("credentials-malformed", detail);
