import type { IncomingMessage } from "node:http";
import type { ReceivedHead, Sender } from "@lacre/core";

/** The head of a request as Node has it, whichever version of HTTP it came with. */
export function receivedHead(
  request: IncomingMessage,
  target: string,
  isTrustedProxy: (address: string | undefined) => boolean,
  sender?: Sender,
): ReceivedHead {
  const { method = "", socket } = request;
  return {
    method,
    target,
    rawHeaders: rawHeadersOf(request),
    authority: (request as { authority?: string }).authority || undefined,
    secure: (socket as { encrypted?: boolean } | undefined)?.encrypted === true,
    fromTrustedProxy: isTrustedProxy(socket?.remoteAddress),
    sender,
  };
}

/** The header lines as they came. Some serverless adapters hand over the table of headers alone, without the lines. */
function rawHeadersOf({ rawHeaders, headers }: IncomingMessage): readonly string[] {
  if (rawHeaders.length > 0) return rawHeaders;
  return Object.entries(headers).flatMap(([name, value = []]) =>
    [value].flat().flatMap((line) => [name, line]),
  );
}
