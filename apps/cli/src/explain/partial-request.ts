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

/** A request of which all is there that was recorded. */
export interface WholeRequest extends PartialRequest {
  readonly method: string;
  readonly target: string;
  readonly content: Buffer;
  /** False when the content ends before its length or its last chunk. */
  readonly complete: boolean;
}

export function partOf({ head, content, complete }: RawRequest): WholeRequest {
  const { method, target, rawHeaders } = head;
  const headers = rawHeaders.flatMap((name, i) =>
    i % 2 === 0 ? [[name, rawHeaders[i + 1] ?? ""] as const] : [],
  );
  return { method, target, headers, content, complete };
}

/** A recording does not say whether it went over TLS, which matters only for a default port that is written out. */
export function namesPlainPort({ headers, url = "" }: PartialRequest): boolean {
  const host = headers.find(([name]) => name.toLowerCase() === "host")?.[1] ?? "";
  return /:80\s*$/.test(host) || /^http:/i.test(url);
}
