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
  Object.defineProperties(request, HIDDEN);
}
