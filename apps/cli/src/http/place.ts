import type { Place } from "./connect-to.js";
import type { WrittenUrl } from "./written-url.js";

/** Where the server of a URL listens. */
export function placeOf({ scheme, host }: Pick<WrittenUrl, "scheme" | "host">): Place {
  const { hostname, port } = new URL(`${scheme}://${host}`);
  return {
    secure: scheme === "https",
    hostname: hostname.replace(/^\[(.*)\]$/, "$1"),
    port: port === "" ? { http: 80, https: 443 }[scheme] : Number(port),
  };
}

/** Whether a place is this machine itself, so that nobody else sees what is sent there. */
export const isLoopback = ({ hostname }: Place): boolean =>
  hostname === "localhost" || hostname === "::1" || /^127\.\d+\.\d+\.\d+$/.test(hostname);
