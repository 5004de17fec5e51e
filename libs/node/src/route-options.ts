import {
  bytes,
  ConfigurationError,
  DEFAULT_SCHEME,
  headerName,
  list,
  oneOf,
  type OptionsOf,
  readOptions,
  type RoutePolicy,
  type Scheme,
  seconds,
  text,
} from "@lacre/core";

/** What a route asks for beyond the minimum of the protocol. Times are in seconds. */
export const ROUTE_OPTIONS = {
  /** The schemes that it takes; the first of all that are enabled unless said otherwise. */
  schemes: list(text({ as: "a name", example: DEFAULT_SCHEME, shown: true }), {
    example: [DEFAULT_SCHEME],
    says: "the first enabled",
    from: 1,
    shown: true,
  }),
  /** Scopes that the app must have; otherwise 403. */
  scopes: list(text({ as: "a name", example: "orders:write", shown: true }), {
    example: ["orders:write"],
    says: "none",
    repeats: true,
  }),
  /** Headers that must be present and signed. */
  signedHeaders: list(headerName("x-tenant"), {
    example: ["x-tenant"],
    says: "none",
    repeats: true,
  }),
  /** How old a request may be, instead of the `maxAge` of all routes. */
  maxAge: seconds({ from: 1, to: 86_400, says: "the module's" }),
  /**
   * `"once"`: even a GET or HEAD of a scheme without a nonce is good once. Otherwise those may be repeated within their
   * time, if the method is signed; everything else is good once in any case.
   */
  replay: oneOf(["once"], { says: "none" }),
  /**
   * `"stream"`: the handler reads the content while it arrives, and its stream fails instead of ending when the
   * content is not what was signed. Write to a temporary place and keep it only after the end.
   */
  body: oneOf(["buffer", "stream"], { default: "buffer" }),
  /**
   * The most content that the route takes; the `maxBodyBytes` of all routes unless said. More is 413. A streamed route
   * has no bound unless it says one.
   */
  maxBodyBytes: bytes({ from: 0, says: "the module's" }),
  /** Takes presigned URLs for GET and HEAD that live for at most so long; takes none unless said. */
  presigned: seconds({ from: 1, to: 999_999, says: "takes none" }), // docs/protocol.md section 12: six digits
};

/** What a route asks for beyond the minimum of the protocol. Times are in seconds. */
export interface RouteOptions extends OptionsOf<typeof ROUTE_OPTIONS> {}

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
  const values = readOptions(ROUTE_OPTIONS, options, "a route", `${where}: `);
  const { scopes = [], signedHeaders = [], maxAge, replay, presigned } = values;
  const schemes = values.schemes ?? defaults.schemes.slice(0, 1).map(({ name }) => name);
  const stream = values.body === "stream";
  const maxBodyBytes = values.maxBodyBytes ?? (stream ? undefined : defaults.maxBodyBytes);
  checkSchemes(schemes, where, defaults);
  checkSignedHeaders(signedHeaders, where);
  if (presigned !== undefined) checkPresigned(schemes, where, defaults);
  return Object.freeze({
    schemes,
    scopes: [...new Set(scopes)],
    signedHeaders: [...new Set(signedHeaders.map((name) => name.toLowerCase()))],
    ...(maxAge !== undefined && { maxAgeSeconds: maxAge }),
    ...(presigned !== undefined && { presignedSeconds: presigned }),
    ...(replay === "once" && { once: true }),
    ...(maxBodyBytes !== undefined && { maxBodyBytes }),
    stream,
  });
}

/** The most content that any of these routes takes, in bytes. */
export const largestBodyOf = (policies: readonly RoutePolicy[]): number =>
  Math.max(0, ...policies.map(({ maxBodyBytes = 0 }) => maxBodyBytes));

function checkSchemes(schemes: readonly string[], where: string, defaults: RouteDefaults): void {
  const enabled = defaults.schemes.map(({ name }) => name);
  const unknown = schemes.find((name) => !enabled.includes(name));
  if (unknown !== undefined)
    throw new ConfigurationError(
      `${where}: schemes`,
      `${JSON.stringify(unknown)} is not enabled.`,
      `Enabled: ${enabled.join(", ")}.`,
    );
}

/** RFC 9110 §7.6.1: these are of one connection, and Authorization holds the signature itself. */
const NEVER_SIGNED =
  /^(?:authorization|connection|keep-alive|proxy-.*|te|trailer|transfer-encoding|upgrade)$/i;

function checkSignedHeaders(names: readonly string[], where: string): void {
  const never = names.find((name) => NEVER_SIGNED.test(name));
  if (never !== undefined)
    throw new ConfigurationError(
      `${where}: signedHeaders`,
      `${never} is never signed, so no request could be accepted.`,
      "Take it out.",
    );
}

function checkPresigned(schemes: readonly string[], where: string, defaults: RouteDefaults): void {
  const takers = defaults.schemes.filter((scheme) => scheme.presigned !== undefined);
  if (takers.some(({ name }) => schemes.includes(name))) return;
  throw new ConfigurationError(
    `${where}: presigned`,
    "no scheme of this route has presigned URLs.",
    "Add one that has to the schemes of the route.",
  );
}
