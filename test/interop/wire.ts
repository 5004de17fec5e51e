import { awsSigV4 } from "@lacre/schemes/aws-sigv4";
import {
  contentOf,
  MemoryKeyStore,
  MemoryNonceStore,
  Origins,
  readApps,
  receive,
  Refusal,
  Verifier,
  type Scheme,
} from "@lacre/core";
import type { Random } from "./random.js";
import { ORIGINS } from "./requests.js";

export const CREDENTIALS = {
  accessKeyId: "AKIDEXAMPLE",
  secretAccessKey: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
};
export const REGION = "us-east-1";
export const URL_MODES = ["plain", "s3"] as const;
export type UrlMode = (typeof URL_MODES)[number];
export const SERVICES: Record<UrlMode, string> = { plain: "execute-api", s3: "s3" };
export const SCHEMES: Record<UrlMode, Scheme> = {
  plain: awsSigV4({ region: REGION, service: SERVICES.plain, urlMode: "plain" }),
  s3: awsSigV4({ region: REGION, service: SERVICES.s3, urlMode: "s3" }),
};

/** A signed request as it goes over the wire, one code point of U+0000 to U+00FF for each byte. */
export interface WireRequest {
  readonly method: string;
  readonly target: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly content: Buffer;
}

/** Undefined when our verifier accepts the request at this time; what it throws is no refusal when it is no Refusal. */
export async function judge(
  wire: WireRequest,
  urlMode: UrlMode,
  nowMs: number,
): Promise<Refusal | undefined> {
  const scheme = SCHEMES[urlMode];
  const { accessKeyId: appId, secretAccessKey: apiKey } = CREDENTIALS;
  const clock = { nowMs: () => nowMs };
  const verifier = new Verifier({
    schemes: [scheme],
    keys: new MemoryKeyStore(
      readApps([{ appId, apiKey, encoding: "text", schemes: [scheme.name] }], [scheme]),
    ),
    nonces: new MemoryNonceStore({ clock, fence: false }),
    window: { maxAgeSeconds: 300, futureSkewSeconds: 5, clockSpreadSeconds: 25 },
    clock,
  });
  try {
    const request = receive(
      { method: wire.method, target: wire.target, rawHeaders: wire.headers.flat() },
      { origins: Origins.of(ORIGINS), pathPrefix: "" },
    );
    const route = {
      schemes: [scheme.name],
      signedHeaders: [],
      scopes: [],
      presignedSeconds: 604_800,
      stream: false,
    };
    await verifier.verify(request, contentOf(wire.content), route);
    return undefined;
  } catch (error) {
    if (error instanceof Refusal) return error;
    throw error;
  }
}

/** The request with one byte of it replaced by another, and where that was. */
export function withOneByteChanged(
  wire: WireRequest,
  random: Random,
): { wire: WireRequest; change: string } {
  const header = (at: number, part: 0 | 1): Place => ({
    name: `${part === 0 ? "the name" : "the value"} of ${wire.headers[at]?.[0]}`,
    text: wire.headers[at]?.[part] ?? "",
    isSame: part === 0 ? sameIgnoringCase : sameWithoutBlanks,
    with: (text) => ({
      ...wire,
      headers: wire.headers.map((line, i) =>
        i === at ? (part === 0 ? [text, line[1]] : [line[0], text]) : line,
      ),
    }),
  });
  const places: Place[] = [
    {
      name: "the method",
      text: wire.method,
      isSame: never,
      with: (method) => ({ ...wire, method }),
    },
    {
      name: "the target",
      text: wire.target,
      isSame: never,
      with: (target) => ({ ...wire, target }),
    },
    {
      name: "the content",
      text: wire.content.toString("latin1"),
      isSame: never,
      with: (text) => ({ ...wire, content: Buffer.from(text, "latin1") }),
    },
    ...coveredLines(wire).flatMap((at) => [header(at, 0), header(at, 1)]),
  ];
  for (;;) {
    const place = random.pick(places);
    if (place.text === "") continue;
    const at = random.below(place.text.length);
    const byte = String.fromCharCode(random.below(256));
    const text = place.text.slice(0, at) + byte + place.text.slice(at + 1);
    if (text === place.text || place.isSame(text, place.text)) continue;
    return {
      wire: place.with(text),
      change: `${place.name}, ${at}: ${JSON.stringify([place.text, text])}`,
    };
  }
}

/** Somewhere in a request. */
interface Place {
  readonly name: string;
  readonly text: string;
  /** Whether HTTP itself says that both mean the same. */
  isSame(a: string, b: string): boolean;
  with(text: string): WireRequest;
}

const never = (): boolean => false;
// RFC 9110 §5.1: field names have no case.
const sameIgnoringCase = (a: string, b: string): boolean => asciiLower(a) === asciiLower(b);
// RFC 9110 §5.5: blanks round a field value are not part of it.
const sameWithoutBlanks = (a: string, b: string): boolean => trimBlanks(a) === trimBlanks(b);
const asciiLower = (text: string): string => text.replace(/[A-Z]/g, (c) => c.toLowerCase());
const trimBlanks = (text: string): string => text.replace(/^[ \t]+|[ \t]+$/g, "");

/** The lines of `Authorization` and of the headers that it lists, or the URL. */
function coveredLines({ headers, target }: WireRequest): number[] {
  const authorization = headers.find(([name]) => name.toLowerCase() === "authorization")?.[1] ?? "";
  const [, list = ""] =
    /SignedHeaders=([^,]*)/.exec(authorization) ?? /X-Amz-SignedHeaders=([^&]*)/.exec(target) ?? [];
  const listed = decodeURIComponent(list).split(";");
  return headers.flatMap(([name], i) =>
    ["authorization", ...listed].includes(name.toLowerCase()) ? [i] : [],
  );
}
