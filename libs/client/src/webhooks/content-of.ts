/**
 * What is sent of an event: text and bytes as they stand, all else as JSON.
 * @throws TypeError for what JSON has no form for; RangeError for more bytes
 */
export function contentOf(event: object | string, maxContentBytes: number): Uint8Array {
  const content = bytesOf(event);
  if (content.byteLength > maxContentBytes)
    throw new RangeError(`the message is longer than maxContentBytes, ${maxContentBytes}`);
  return content;
}

function bytesOf(event: object | string): Uint8Array {
  if (ArrayBuffer.isView(event))
    return new Uint8Array(event.buffer, event.byteOffset, event.byteLength);
  const written: string | undefined = typeof event === "string" ? event : JSON.stringify(event);
  if (written === undefined)
    throw new TypeError("the event must be text, bytes, or what JSON has a form for");
  return Buffer.from(written);
}
