import { isAxiosError } from "axios";

/**
 * Keeps the signature out of what shows an error: whoever reads a log could send what no server has taken yet. What has
 * the head that was sent can still be asked for, by its name.
 * @returns the same error
 */
export function withoutHead(error: unknown): unknown {
  if (!isAxiosError(error)) return error;
  const { response } = error;
  hide(error, "request");
  if (response === undefined) return error;
  hide(response, "request");
  if (typeof (response.data as Partial<NodeJS.ReadableStream> | null)?.pipe === "function")
    hide(response, "data"); // Node's answer has its request
  return error;
}

function hide(owner: object, name: string): void {
  if (Object.hasOwn(owner, name)) Object.defineProperty(owner, name, { enumerable: false });
}
