import { exchange } from "../http/exchange.js";
import { placeOf } from "../http/place.js";
import type { WrittenUrl } from "../http/written-url.js";
import type { Io } from "../io.js";

/**
 * The beginning of the URL under which a port that gave no answer would give one: https:// in place of http://, or the
 * reverse. Undefined where it speaks neither. Nothing that is signed is sent.
 */
export async function otherOrigin(
  io: Io,
  { scheme, host }: WrittenUrl,
): Promise<string | undefined> {
  const { hostname, port } = placeOf({ scheme, host });
  const name = hostname.includes(":") ? `[${hostname}]` : hostname;
  if (scheme === "http")
    return (await speaksTls(io, hostname, port)) ? `https://${name}:${port}` : undefined;
  const bytes = Buffer.from(`HEAD / HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
  try {
    await exchange(io, { place: { secure: false, hostname, port }, bytes, head: true });
    return `http://${name}:${port}`;
  } catch {
    return undefined;
  }
}

/** A certificate that is refused here, and an alert, are TLS as well. */
const OF_TLS = /^(?:CERT_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|ERR_TLS_CERT_|ERR_SSL_.*_ALERT_)/;

async function speaksTls(io: Io, hostname: string, port: number): Promise<boolean> {
  try {
    (await io.connect({ secure: true, hostname, port })).destroy();
    return true;
  } catch (error) {
    return OF_TLS.test((error as NodeJS.ErrnoException).code ?? "");
  }
}
