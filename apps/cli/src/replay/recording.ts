import { UsageError } from "../exit.js";
import { readHar } from "../explain/har.js";
import { readRawRequest, valuesOf } from "../http/raw-request.js";

/** A request to be sent again. */
export interface Recording {
  readonly bytes: Buffer;
  readonly method: string;
  readonly target: string;
  /** The value of its Host line. */
  readonly host: string;
  /** Where it went; a raw request does not tell. */
  readonly origin: string | undefined;
}

/**
 * A raw request, byte for byte; what follows its content is left out, since a server would take it for another.
 * @throws UsageError
 */
export function readRawRecording(bytes: Buffer): Recording {
  const { head, content, complete } = readRawRequest(bytes);
  const { method, target, rawHeaders } = head;
  const [length] = valuesOf(rawHeaders, "content-length");
  const chunked = valuesOf(rawHeaders, "transfer-encoding").length > 0;
  if (!complete)
    throw new UsageError("The recording ends before its content does. Record it to the end.");
  if (content.length > 0 && length === undefined && !chunked)
    throw new UsageError(
      "The recording has content, but neither Content-Length nor Transfer-Encoding: a server would take the content for another request. Record the bytes as sent.",
    );
  const start = bytes.toString("latin1").search(/[^\r\n]/);
  const emptyLine = /\r?\n\r?\n/.exec(bytes.toString("latin1", start));
  if (emptyLine === null)
    throw new UsageError("The recording has no empty line after its headers. Add it.");
  const contentAt = start + emptyLine.index + emptyLine[0].length;
  const end = chunked ? bytes.length : contentAt + content.length;
  return {
    bytes: bytes.subarray(start, end),
    method,
    target,
    host: hostOf(valuesOf(rawHeaders, "host")),
    origin: undefined,
  };
}

/**
 * A request of a HAR file, which holds no bytes: it is written as HTTP/1.1.
 * @throws UsageError
 */
export function readHarRecording(json: unknown, entry: number | undefined): Recording {
  const { method = "", target = "", headers, content, url = "" } = readHar(json, entry);
  if (content === undefined)
    throw new UsageError("The content of the HAR entry is not text. Record the raw request.");
  const kept = headers.filter(([name]) => !/^(?:content-length|transfer-encoding)$/i.test(name));
  const lines = [
    `${method} ${target} HTTP/1.1`,
    ...kept.map(([name, value]) => `${name}: ${value}`),
    ...(content.length > 0 ? [`Content-Length: ${content.length}`] : []),
    "",
    "",
  ];
  const hosts = kept.flatMap(([name, value]) => (name.toLowerCase() === "host" ? [value] : []));
  return {
    bytes: Buffer.concat([Buffer.from(lines.join("\r\n"), "latin1"), content]),
    method,
    target,
    host: hostOf(hosts),
    origin: /^https?:\/\/[^/?#]+/i.exec(url)?.[0],
  };
}

function hostOf([host, ...others]: readonly string[]): string {
  if (host === undefined || others.length > 0)
    throw new UsageError("The recording has not exactly one Host line, and goes nowhere so.");
  return host;
}
