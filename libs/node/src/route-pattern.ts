/** What a router has noted on a request: Express's, or Fastify's. */
interface Routed {
  readonly baseUrl?: unknown;
  readonly route?: { readonly path?: unknown } | undefined;
  readonly is404?: unknown;
  readonly routeOptions?: { readonly url?: unknown } | undefined;
}

/**
 * The pattern of the route that a framework has chosen for a request: `/orders/:id`. None on a plain server, and before
 * the route is chosen.
 * @param framed the request as its framework knows it
 */
export function routePatternOf(framed: object): string | undefined {
  const { baseUrl, route, routeOptions, is404 } = framed as Routed;
  if (typeof routeOptions?.url === "string" && is404 !== true) return routeOptions.url;
  if (typeof route?.path !== "string") return undefined;
  // Where a router of Express is mounted. It is matched without regard to case, and strangers choose that.
  return typeof baseUrl === "string" ? baseUrl.toLowerCase() + route.path : route.path;
}
