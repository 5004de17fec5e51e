import { ResponseRefusal, type RequestToSign } from "@lacre/core/portable";
import { beginningOf } from "./beginning.js";
import { codingOf } from "./content-coding.js";
import { valueOf } from "../header-lines.js";

interface Refused {
  readonly status: number;
  readonly headers: Iterable<readonly [string, string]>;
  /** Its content, as far as it comes. */
  beginning?(): AsyncIterable<Uint8Array> | undefined;
}

/**
 * Says of a refused answer which it was, and what that means for whoever operates the client.
 * @returns an error that is no `ResponseRefusal` as it is
 */
export async function toldOf(
  error: unknown,
  { url, target, headers = [] }: RequestToSign,
  answer: Refused,
): Promise<unknown> {
  if (!(error instanceof ResponseRefusal)) return error;
  const { origin, pathname } = new URL(url);
  const [path] = (target ?? pathname).split("?");
  const requestId = valueOf(answer.headers, "x-request-id");
  // Of any other answer the content is read, or is the server's.
  const chunks =
    error.fault === "signature-missing" && codingOf(answer.headers) === undefined
      ? answer.beginning?.()
      : undefined;
  return new ResponseRefusal(error.fault, meaningOf(error, answer.status), {
    status: answer.status,
    url: `${origin}${path}`,
    // Whoever made the answer may have written anything: nothing that a log could take for lines of its own.
    requestId:
      requestId !== undefined && /^[\w.:=/+-]{1,128}$/.test(requestId) ? requestId : undefined,
    beginning: chunks && (await beginningOf(chunks, headers)),
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
