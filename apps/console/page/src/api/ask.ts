import { ApiError } from "./api-error.js";
import { accessToken, renew, secondsUntilAsked } from "./session.js";
import type { Routes } from "./shapes.js";

export type Route = keyof Routes;
export type ReadRoute = Extract<Route, `GET ${string}`>;

type Names<Path extends string> = Path extends `${string}:${infer Name}/${infer Rest}`
  ? Name | Names<Rest>
  : Path extends `${string}:${infer Name}`
    ? Name
    : never;
type Part<Shape, Name extends string, Else> = Shape extends { [N in Name]: infer Value }
  ? Value
  : Else;

export type Answer<R extends Route> = Part<Routes[R], "answer", undefined>;
export type Query<R extends Route> = Part<Routes[R], "query", Record<never, never>>;
type Body<R extends Route> = Part<Routes[R], "body", undefined>;

/** What a request to a route is made of. */
export type Terms<R extends Route> = {
  readonly query?: Partial<Query<R>>;
  /** The version that was read: somebody else's change meanwhile is answered with `changed-meanwhile`. */
  readonly version?: number;
  readonly headers?: Record<string, string>;
  readonly signal?: AbortSignal;
} & ([Names<R>] extends [never]
  ? { readonly params?: undefined }
  : { readonly params: Record<Names<R>, string> }) &
  (Body<R> extends undefined ? { readonly body?: undefined } : { readonly body: Body<R> });

export type TermsArgument<R extends Route, More = unknown> =
  Record<never, never> extends Terms<R> ? [terms?: Terms<R> & More] : [terms: Terms<R> & More];

/** In a query, an empty text that is meant: any other is left out. */
export const SENT_EMPTY = "\0";

/** The address of a route, with what its path and its query are to be. */
export function addressOf<R extends Route>(route: R, terms: Partial<Terms<R>> = {}): string {
  const [, path = ""] = route.split(" ");
  const params = (terms.params ?? {}) as Record<string, string>;
  const filled = path.replaceAll(/:(\w+)/g, (_, name: string) =>
    encodeURIComponent(params[name] ?? ""),
  );
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(terms.query ?? {}))
    if (value !== undefined && value !== null && value !== "")
      query.set(name, value === SENT_EMPTY ? "" : String(value));
  return query.size === 0 ? filled : `${filled}?${query.toString()}`;
}

/**
 * Asks the console, as the person who has signed in. A token that has ended meanwhile is renewed once.
 * @throws ApiError for whatever is no success
 */
export async function ask<R extends Route>(
  route: R,
  ...[terms]: TermsArgument<R>
): Promise<Answer<R>> {
  const response = await askFor(route, terms);
  if (response.status === 204 || response.status === 202) return undefined as Answer<R>;
  return (await response.json()) as Answer<R>;
}

/** The same, for an answer that is a file or a stream. */
export async function askFor<R extends Route>(route: R, terms?: Terms<R>): Promise<Response> {
  let response = await send(route, terms);
  const brought = terms?.headers?.authorization !== undefined;
  if (response.status === 401 && !brought && accessToken() !== undefined) {
    const renewal = await renew();
    // Not the 401: the session is not over.
    if (renewal === "unanswered")
      throw new ApiError("unavailable", 503, undefined, [], secondsUntilAsked());
    if (renewal === "renewed") response = await send(route, terms);
  }
  if (!response.ok) throw await ApiError.of(response);
  return response;
}

async function send<R extends Route>(route: R, terms: Terms<R> | undefined): Promise<Response> {
  const { body, version, headers, signal } = terms ?? {};
  const token = accessToken();
  try {
    return await fetch(addressOf(route, terms), {
      method: route.split(" ")[0],
      // What a browser keeps of a record is as old as its version, and a list in it may be newer.
      cache: "no-store",
      headers: {
        ...(body !== undefined && { "content-type": "application/json" }),
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
        ...(version !== undefined && { "if-match": `"${version}"` }),
        ...headers,
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      ...(signal !== undefined && { signal }),
    });
  } catch (error) {
    if (signal?.aborted === true) throw error;
    throw new ApiError("unreachable", 0, undefined, [], undefined);
  }
}
