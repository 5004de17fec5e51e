import type { IncomingMessage } from "node:http";

const hidden = (value: () => unknown): PropertyDescriptor => ({
  get: value,
  set: () => {}, // Node fills them in whenever the content ends
  configurable: true,
});
const HIDDEN: PropertyDescriptorMap = {
  trailers: hidden(() => ({})),
  trailersDistinct: hidden(() => ({})),
  rawTrailers: hidden(() => []),
};

/** Trailers are not signed, so they do not reach a handler. */
export function hideTrailers(request: IncomingMessage): void {
  if (mayHaveTrailers(request)) Object.defineProperties(request, HIDDEN);
}

/** RFC 9112 §7.1.2: in HTTP/1 only chunks have trailers. */
const mayHaveTrailers = ({ httpVersionMajor, headers, rawTrailers }: IncomingMessage): boolean =>
  httpVersionMajor !== 1 || headers["transfer-encoding"] !== undefined || rawTrailers?.length > 0;
