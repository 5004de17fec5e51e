import {
  ConfigurationError,
  type HeaderLines,
  isFieldName,
  onlyLine,
  Refusal,
  SIGNED_WHEN_PRESENT,
} from "@lacre/core/scheme";

/*
 * What genuine requests carry and do not sign, and why each of it may be let through.
 */

/** Added by AWS's own edge, behind the client. Those that begin with `x-amzn-` need no mention: they are not `x-amz-`. */
const ADDED_BY_AWS: ReadonlySet<string> = new Set(["x-amz-cf-id"]);

/** What of the options counts here. */
interface Ignoring {
  readonly ignoreHeaders: readonly string[];
}

export const TYPE = "content-type";
export const PAYLOAD = "x-amz-content-sha256";

/** What decides who asks, for what and when: no setting makes one of these optional. */
const DECISIVE: readonly string[] = [
  ...SIGNED_WHEN_PRESENT.filter((name) => name !== TYPE),
  "authorization",
  "host",
  PAYLOAD,
  "x-amz-date",
  "x-amz-security-token",
];

/**
 * The name of a header that need not be signed, in lower case.
 * @throws ConfigurationError
 */
export function readIgnoredHeader(name: unknown, at: string): string {
  const lower = typeof name === "string" ? name.toLowerCase() : "";
  if (!isFieldName(lower))
    throw new ConfigurationError(at, "is not the name of a header.", 'Write "x-amz-meta-edge".');
  if (DECISIVE.includes(lower))
    throw new ConfigurationError(
      at,
      `${lower} decides what a request means, so it must be signed.`,
      "Leave it out.",
    );
  return lower;
}

/**
 * The `x-amz-` headers of a request that must be signed. What AWS's edge adds need not be, nor what the setting names:
 * a client cannot sign what is added behind it.
 */
export const amzHeadersToSign = (
  headers: HeaderLines,
  { ignoreHeaders }: Ignoring,
): readonly string[] =>
  [...headers.names()].filter(
    (name) => name.startsWith("x-amz-") && !ADDED_BY_AWS.has(name) && !ignoreHeaders.includes(name),
  );

/**
 * What `x-amz-content-sha256` says. Listed or not it is under the MAC, which has its value as the last line of the text;
 * so two lines of it, or a twin, are refused even where it is not listed.
 * @throws Refusal `header-ambiguous`, `header-repeated`
 */
export function declaredPayload(headers: HeaderLines): string | undefined {
  if (headers.hasTwin(PAYLOAD)) throw new Refusal("header-ambiguous", PAYLOAD);
  return headers.has(PAYLOAD) ? onlyLine(headers, PAYLOAD) : undefined;
}

/** The one type that an unsigned Content-Type may name, in the spellings of one meaning. */
const JSON_TYPE = /^application\/json(?:; ?charset=(?:utf-8|"utf-8"))?$/i;

/**
 * What an unsigned Content-Type is worth. `json`: it leaves nobody a choice, since no other type is taken so; whatever
 * is signed is read as JSON or not at all. `nothing`: there must be no content, so it says nothing. `any`: the setting
 * says that it need not be signed. Undefined where it must be signed, and is or is not.
 */
export function unsignedType(
  headers: HeaderLines,
  signedHeaders: readonly string[],
  { ignoreHeaders }: Ignoring,
): "json" | "nothing" | "any" | undefined {
  const type = headers.only(TYPE);
  if (type === undefined || headers.hasTwin(TYPE) || signedHeaders.includes(TYPE)) return undefined;
  if (ignoreHeaders.includes(TYPE)) return "any";
  if (JSON_TYPE.test(type)) return "json";
  return announcesContent(headers) ? undefined : "nothing";
}

const announcesContent = (headers: HeaderLines): boolean =>
  headers.has("transfer-encoding") || !/^0?$/.test(headers.only("content-length") ?? "");
