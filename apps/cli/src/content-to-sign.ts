import { ConfigurationError } from "@lacre/core";
import type { ReadCredentials } from "./credentials.js";
import { UsageError } from "./exit.js";
import type { Inputs } from "./inputs.js";
import type { Io } from "./io.js";
import { signRequest, type DescribedRequest } from "./signing.js";

/** Content as it is signed, and how long it is. */
export interface ContentToSign {
  readonly content: DescribedRequest["content"];
  readonly length: number;
}

/**
 * The content that a file or the standard input holds. Where the scheme signs its SHA-256 it is never in memory as a
 * whole; a scheme whose MAC covers the bytes has to be given them.
 * @param request all of it but its content
 * @throws UsageError
 */
export async function contentToSign(
  path: string,
  request: DescribedRequest,
  inputs: Inputs,
  credentials: ReadCredentials,
  io: Io,
): Promise<ContentToSign> {
  if (!signsDigests(request, credentials, io)) return contentOf(await inputs.read(path));
  const { sha256, length } = await inputs.digest(path);
  return length === 0 ? contentOf(Buffer.alloc(0)) : { content: { sha256 }, length };
}

/** Content that is at hand. */
export const contentOf = (content: Uint8Array): ContentToSign => ({
  content,
  length: content.byteLength,
});

/** Whether the scheme takes a digest for the content. Any tells: whatever else is wrong with the request is said once its content is there. */
export function signsDigests(
  request: DescribedRequest,
  credentials: ReadCredentials,
  io: Io,
): boolean {
  try {
    signRequest({ ...request, content: { sha256: Buffer.alloc(32) } }, credentials, io);
    return true;
  } catch (error) {
    if (error instanceof UsageError || error instanceof ConfigurationError) return false;
    throw error;
  }
}
