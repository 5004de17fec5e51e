import type { RawRequest } from "../http/raw-request.js";

/** A request of which not everything need be known. */
export interface PartialRequest {
  readonly method?: string;
  readonly target?: string;
  readonly headers: readonly (readonly [string, string])[];
  readonly content?: Buffer;
  readonly complete?: boolean;
  /** The whole URL, where it is written down. */
  readonly url?: string;
}

/** The same of a request that is all there. */
export function partOf({ head, content, complete }: RawRequest): PartialRequest {
  const { method, target, rawHeaders } = head;
  const headers = rawHeaders.flatMap((name, i) =>
    i % 2 === 0 ? [[name, rawHeaders[i + 1] ?? ""] as const] : [],
  );
  return { method, target, headers, content, complete };
}
