import type { PartialRequest } from "./partial-request.js";

/** A request whose signature is written in another way, and how it was written. */
export interface Respelled {
  readonly request: PartialRequest;
  readonly sent: string;
}

const DIGITS = /[0-9A-Za-z+/_-]{26,128}={0,2}/g;
const MAC_BYTES = [20, 32, 48, 64];

/**
 * A request with each text in its headers that could be a MAC in every other spelling of the same bytes: a server that
 * cannot read a signature says no more of it.
 */
export function* respelledMacs(request: PartialRequest): Generator<Respelled> {
  for (const [i, [name, value]] of request.headers.entries())
    for (const { 0: sent, index } of value.matchAll(DIGITS))
      for (const other of otherSpellings(sent)) {
        const respelled = value.slice(0, index) + other + value.slice(index + sent.length);
        yield {
          request: { ...request, headers: request.headers.with(i, [name, respelled]) },
          sent,
        };
      }
}

function otherSpellings(sent: string): string[] {
  const bytes = [
    ...(/^[0-9A-Fa-f]+$/.test(sent) ? [Buffer.from(sent, "hex")] : []),
    Buffer.from(sent, "base64"),
  ].find(({ length }) => MAC_BYTES.includes(length));
  if (bytes === undefined) return [];
  const hex = bytes.toString("hex");
  return [hex, hex.toUpperCase(), bytes.toString("base64"), bytes.toString("base64url")].filter(
    (each) => each !== sent,
  );
}
