import { Refusal } from "../errors.js";
import { progressOf, type Intact, type Routed } from "../flow.js";

/** What one route asks for beyond the minimum of the protocol. */
export interface RoutePolicy {
  /** The schemes that it takes. */
  readonly schemes: readonly string[];
  /** Headers that must be present and signed, in lower case. */
  readonly signedHeaders: readonly string[];
  /** Scopes that the app must have; 403 otherwise. */
  readonly scopes: readonly string[];
  /** Instead of the server's own. */
  readonly maxAgeSeconds?: number;
  /** How long a presigned URL may live that is taken here; none is taken unless said. */
  readonly presignedSeconds?: number;
  /** Takes each request once, even where its scheme would let it be repeated. */
  readonly once?: boolean;
  /** The most content that it takes, in bytes; without a bound unless said. */
  readonly maxBodyBytes?: number;
  /** The handler reads the content while it arrives. */
  readonly stream: boolean;
}

/**
 * Holds the request against the route's own rules.
 * @throws Refusal `scheme-refused`, `header-unsigned`
 */
export function checkRoute(intact: Intact, route: RoutePolicy): Routed {
  const { signedHeaders, presigned } = intact.claims;
  const { presignedSeconds = 0 } = route;
  if (presigned !== undefined && presigned.expiresSeconds > presignedSeconds)
    throw new Refusal(
      "scheme-refused",
      `a presigned URL for ${presigned.expiresSeconds} s, where ${presignedSeconds} are the most`,
      progressOf(intact),
    );
  const unsigned = route.signedHeaders.find((name) => !signedHeaders.includes(name));
  if (unsigned !== undefined) throw new Refusal("header-unsigned", unsigned, progressOf(intact));
  return intact as Routed;
}
