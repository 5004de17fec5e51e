import { ResponseRefusal, type RequestToSign } from "@lacre/core/portable";
import { valueOf } from "./header-lines.js";

interface Head {
  readonly status: number;
  readonly headers: Iterable<readonly [string, string]>;
}

/**
 * Says of a refused answer which it was, and what that means for whoever operates the client.
 * @returns an error that is no `ResponseRefusal` as it is
 */
export function toldOf(error: unknown, { url, target }: RequestToSign, head: Head): unknown {
  if (!(error instanceof ResponseRefusal)) return error;
  const { origin, pathname } = new URL(url);
  const [path] = (target ?? pathname).split("?");
  const requestId = valueOf(head.headers, "x-request-id");
  return new ResponseRefusal(error.fault, meaningOf(error, head.status), {
    status: head.status,
    url: `${origin}${path}`,
    // Whoever made the answer may have written anything: nothing that a log could take for lines of its own.
    requestId:
      requestId !== undefined && /^[\w.:=/+-]{1,128}$/.test(requestId) ? requestId : undefined,
  });
}

function meaningOf({ fault, detail }: ResponseRefusal, status: number): string {
  if (fault === "signature-missing" && status === 0)
    return "unsigned: a redirect, which a browser hides from scripts: call the address that it leads to";
  if (fault === "signature-missing")
    return "unsigned: this answer was not made by the signed server, but by something before it, or by a server that signs no answers";
  // docs/protocol.md section 13: a refusal of who does not know the key is signed under a key that nobody has.
  if (fault === "signature-mismatch" && (status === 401 || status === 503))
    return "the server refused the request and does not know its signature (is the AppId or the key wrong? the server's log says it), or the answer was changed on its way";
  return detail;
}
