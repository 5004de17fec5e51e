import type { IncomingMessage } from "node:http";
import { formOf, Origins, receive } from "@lacre/core";
import type { GateSettings } from "./gate-settings.js";
import { receivedHead } from "./received-head.js";

const ANY_HOST = Origins.of("*");

/**
 * Whether a request has nothing that an enabled scheme would take for credentials, whatever host it is for. What cannot be
 * read otherwise is not known to be unsigned.
 */
export function isUnsigned(
  request: IncomingMessage & { readonly originalUrl?: string },
  { schemes, front, isTrustedProxy }: GateSettings,
): boolean {
  try {
    const received = receivedHead(
      request,
      request.originalUrl ?? request.url ?? "",
      isTrustedProxy,
    );
    const head = receive(received, { ...front, origins: ANY_HOST });
    // Of two lines one may be ours.
    if (head.headers.isRepeated("authorization")) return false;
    return schemes.every((scheme) => formOf(scheme, head) === undefined);
  } catch {
    return false;
  }
}
