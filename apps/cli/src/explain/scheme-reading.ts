import {
  chooseScheme,
  contentFault,
  contentOf,
  Origins,
  receive,
  Refusal,
  type Claims,
  type RefusalCode,
  type Scheme,
} from "@lacre/core";
import { namesPlainPort, type PartialRequest } from "./partial-request.js";
import type { Fault } from "./view.js";

/** What a verifier makes of a request before it knows a key. */
export interface SchemeReading {
  readonly claims?: Claims;
  /** The canonical request, a character for each byte. */
  readonly text?: string;
  readonly fault?: Fault;
}

/** Reads a request as a server of this scheme does. Nothing comes of a request that is not all there. */
export function readingOf(request: PartialRequest, scheme: Scheme): SchemeReading {
  const { method, target, headers, content, complete = true } = request;
  if (method === undefined || target === undefined) return {};
  let claims: Claims | undefined;
  let text: string | undefined;
  try {
    const front = { origins: Origins.of("*"), pathPrefix: "" };
    const secure = !namesPlainPort(request);
    const received = receive({ method, target, rawHeaders: headers.flat(), secure }, front);
    const head = chooseScheme(received, [scheme], [scheme.name]).form.read(received);
    claims = head.claims;
    // Part of the credentials may stand in the content.
    if (head.finish !== undefined && content === undefined) return { claims };
    const reading = head.finish?.(content?.toString("latin1") ?? "", Infinity) ?? head;
    claims = reading.claims;
    const covered = coveredContent(claims, content);
    if (covered !== undefined) text = reading.text(covered);
    if (!complete) throw new Refusal("content-incomplete");
    const fault = content === undefined ? undefined : faultOfContent(claims, content);
    if (fault !== undefined) throw new Refusal(fault);
    return { claims, text };
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    const { code, message } = error;
    const detail = message === code ? "" : message.slice(`${code}: `.length);
    return { claims, text, fault: { code, detail, note: error.progress().note } };
  }
}

/** Why a verifier would refuse this content, the signature being right; undefined where it would not. */
export const faultOfContent = (
  { content: claim }: Claims,
  content: Buffer,
): RefusalCode | undefined => contentFault(claim, content.length, contentOf(content));

/** What the MAC covers beside the head: empty where that is nothing, undefined where it is not known. */
function coveredContent(
  { content: claim }: Claims,
  content: Buffer | undefined,
): string | undefined {
  if (claim.kind !== "maced") return "";
  if (content === undefined) return undefined;
  return claim.from === "bytes"
    ? content.toString("latin1")
    : contentOf(content).digest(claim.from, "hex");
}
