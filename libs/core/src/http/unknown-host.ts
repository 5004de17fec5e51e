import { Refusal } from "../errors.js";
import type { HeaderLines } from "./header-lines.js";
import { isHost } from "./host.js";
import type { Origins } from "./origins.js";

const MAX_HOST = 100;

/** A host of a stranger's, for the log. */
const quoted = (host: string): string =>
  JSON.stringify(host.length > MAX_HOST ? `${host.slice(0, MAX_HOST)}…` : host);

/** The refusal of a host that is none of ours. What came, and what is taken, is for the log alone. */
export function unknownHost(
  host: string,
  { fromTrustedProxy }: { readonly fromTrustedProxy?: boolean },
  headers: HeaderLines,
  { listed }: Origins,
): Refusal {
  const isPassedOn = fromTrustedProxy !== true && headers.has("x-forwarded-host");
  const proxy = isPassedOn
    ? "; X-Forwarded-Host does not count, since the peer is not in trustedProxies"
    : "";
  const note = isHost(host)
    ? `the request is for ${quoted(host)}, and origins has ${listed}${proxy}`
    : `${quoted(host)} is not a host`;
  return new Refusal("host-unknown", "not one of the configured origins", { note });
}

/** RFC 9113 §8.3.1: a Host line beside :authority must say the same. */
export const differingHosts = (host: string, authority: string): Refusal =>
  new Refusal("host-unknown", "Host and :authority differ", {
    note: `Host is ${quoted(host)}, :authority is ${quoted(authority)}`,
  });
