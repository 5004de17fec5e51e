import { ConfigurationError, type RoutePolicy, type Scheme } from "@lacre/core";

/** What a route asks for beyond the minimum of the protocol. */
export interface RouteOptions {
  /** The schemes that it takes; the first of all that are enabled unless said otherwise. */
  readonly schemes?: readonly string[];
  /** Scopes that the app must have; otherwise 403. */
  readonly scopes?: readonly string[];
  /** Headers that must be present and signed. */
  readonly signedHeaders?: readonly string[];
  /** How old a request may be, in seconds, instead of the `maxAge` of all routes. */
  readonly maxAge?: number;
  /**
   * `"once"`: even a GET or HEAD of a scheme without a nonce is good once. Otherwise those may be repeated within their
   * time, if the method is signed; everything else is good once in any case.
   */
  readonly replay?: "once";
  /**
   * `"stream"`: the handler reads the content while it arrives, and its stream fails instead of ending when the
   * content is not what was signed. Write to a temporary place and keep it only after the end.
   */
  readonly body?: "buffer" | "stream";
  /**
   * The most content that the route takes, in bytes; the `maxBodyBytes` of all routes unless said. More is 413. A
   * streamed route has no bound unless it says one.
   */
  readonly maxBodyBytes?: number;
  /** Takes presigned URLs for GET and HEAD that live for at most so many seconds; takes none unless said. */
  readonly presigned?: number;
}

const OPTION_NAMES = [
  "schemes",
  "scopes",
  "signedHeaders",
  "maxAge",
  "replay",
  "body",
  "maxBodyBytes",
  "presigned",
];

/** What the rules of all routes begin with. */
export interface RouteDefaults {
  /** The enabled schemes. */
  readonly schemes: readonly Scheme[];
  readonly maxBodyBytes: number;
}

/**
 * Reads the options of a route.
 * @param where the route, as messages name it
 * @throws ConfigurationError for rules that cannot be kept
 */
export function readRoute(
  options: RouteOptions,
  where: string,
  defaults: RouteDefaults,
): RoutePolicy {
  const stranger = Object.keys(options).find((name) => !OPTION_NAMES.includes(name));
  if (stranger !== undefined)
    throw new ConfigurationError(
      `${where}: ${stranger}`,
      "is not known.",
      `Options: ${OPTION_NAMES.join(", ")}.`,
    );
  for (const name of LISTS) checkNames(options[name], `${where}: ${name}`);
  const {
    schemes = defaults.schemes.slice(0, 1).map(({ name }) => name),
    scopes = [],
    signedHeaders = [],
    maxAge,
    replay,
    body = "buffer",
    maxBodyBytes = body === "buffer" ? defaults.maxBodyBytes : undefined,
    presigned,
  } = options;
  checkSchemes(schemes, where, defaults);
  checkMaxAge(maxAge, where);
  if (body !== "buffer" && body !== "stream")
    throw new ConfigurationError(`${where}: body`, "is not known.", 'Use "buffer" or "stream".');
  if (maxBodyBytes !== undefined && (!Number.isSafeInteger(maxBodyBytes) || maxBodyBytes < 0))
    throw new ConfigurationError(
      `${where}: maxBodyBytes`,
      `is ${JSON.stringify(maxBodyBytes)}.`,
      "Give a whole number of bytes, 0 or more.",
    );
  checkPresigned(presigned, schemes, where, defaults);
  if (replay !== undefined && replay !== "once")
    throw new ConfigurationError(`${where}: replay`, "is not known.", 'Use "once".');
  return Object.freeze({
    schemes,
    scopes: [...new Set(scopes)],
    signedHeaders: [...new Set(signedHeaders.map((name) => name.toLowerCase()))],
    ...(maxAge !== undefined && { maxAgeSeconds: maxAge }),
    ...(presigned !== undefined && { presignedSeconds: presigned }),
    ...(replay === "once" && { once: true }),
    ...(maxBodyBytes !== undefined && { maxBodyBytes }),
    stream: body === "stream",
  });
}

/** The most content that any of these routes takes, in bytes. */
export const largestBodyOf = (policies: readonly RoutePolicy[]): number =>
  Math.max(0, ...policies.map(({ maxBodyBytes = 0 }) => maxBodyBytes));

const DAY = 86_400; // seconds

const LISTS = ["schemes", "scopes", "signedHeaders"] as const;

/** A text in place of a list would be taken for its letters. */
function checkNames(names: unknown, option: string): void {
  if (names === undefined) return;
  if (Array.isArray(names) && names.every((name) => typeof name === "string" && name !== ""))
    return;
  throw new ConfigurationError(
    option,
    "must be a list of names.",
    'Write them in brackets: ["…"].',
  );
}

function checkSchemes(schemes: readonly string[], where: string, defaults: RouteDefaults): void {
  const names = defaults.schemes.map(({ name }) => name);
  const unknown = schemes.find((name) => !names.includes(name));
  if (unknown !== undefined || schemes.length === 0)
    throw new ConfigurationError(
      `${where}: schemes`,
      `${JSON.stringify(unknown ?? [])} is not enabled.`,
      `Enabled in HmacModule: ${names.join(", ")}.`,
    );
}

function checkMaxAge(maxAge: number | undefined, where: string): void {
  if (maxAge !== undefined && !(Number.isSafeInteger(maxAge) && maxAge >= 1 && maxAge <= DAY))
    throw new ConfigurationError(
      `${where}: maxAge`,
      `is ${JSON.stringify(maxAge)}.`,
      "Give whole seconds, 1 to 86400: what is more than a day old is refused in any case.",
    );
}

// docs/protocol.md section 12: at most six digits.
function checkPresigned(
  presigned: unknown,
  schemes: readonly string[],
  where: string,
  defaults: RouteDefaults,
): void {
  if (presigned === undefined) return;
  const seconds = Number.isSafeInteger(presigned) ? (presigned as number) : 0;
  if (seconds < 1 || seconds > 999_999)
    throw new ConfigurationError(
      `${where}: presigned`,
      `is ${JSON.stringify(presigned)}, and must be a whole number from 1 to 999999.`,
      "Give the longest life of a URL in seconds.",
    );
  const takers = defaults.schemes.filter((scheme) => scheme.presigned !== undefined);
  if (!takers.some(({ name }) => schemes.includes(name)))
    throw new ConfigurationError(
      `${where}: presigned`,
      `no scheme of this route has presigned URLs.`,
      "Add one to the route's schemes, such as lacre1.",
    );
}
