import type { IncomingMessage } from "node:http";

/** The header lines as they came. Some serverless adapters hand over the table of headers alone, without the lines. */
export function rawHeadersOf({ rawHeaders, headers }: IncomingMessage): readonly string[] {
  if (rawHeaders.length > 0) return rawHeaders;
  return Object.entries(headers).flatMap(([name, value = []]) =>
    [value].flat().flatMap((line) => [name, line]),
  );
}
