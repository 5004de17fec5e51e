import {
  keepPreviousData,
  useInfiniteQuery,
  useMutation,
  useQuery,
  useQueryClient,
  type UseMutationResult,
  type UseQueryResult,
} from "@tanstack/react-query";
import {
  ask,
  type Answer,
  type Query,
  type ReadRoute,
  type Route,
  type Terms,
  type TermsArgument,
} from "./ask.js";
import type { ApiError } from "./api-error.js";

interface ReadTerms {
  /** Ask again after this many milliseconds, as long as the page is looked at. */
  readonly everyMs?: number | false;
  readonly enabled?: boolean;
}

/** What a route answers, kept and shared by all who read it. */
export function useRead<R extends ReadRoute>(
  route: R,
  ...[terms]: TermsArgument<R, ReadTerms>
): UseQueryResult<Answer<R>, ApiError> {
  const { everyMs = false, enabled = true, ...asked } = (terms ?? {}) as Terms<R> & ReadTerms;
  return useQuery<Answer<R>, ApiError>({
    queryKey: [route, asked.params ?? null, asked.query ?? null],
    queryFn: ({ signal }) => ask(route, ...([{ ...asked, signal }] as unknown as TermsArgument<R>)),
    placeholderData: keepPreviousData,
    refetchInterval: everyMs,
    enabled,
  });
}

type ListRoute = {
  [R in ReadRoute]: Answer<R> extends { items: unknown[]; next: string | null } ? R : never;
}[ReadRoute];
type Item<R extends ListRoute> = Answer<R> extends { items: (infer I)[] } ? I : never;

/** A list that is read page by page. */
export interface List<I> {
  readonly items: readonly I[];
  readonly loading: boolean;
  readonly error: ApiError | null;
  readonly again: () => void;
  /** Reads the next page; undefined at the end. */
  readonly more: (() => void) | undefined;
  readonly loadingMore: boolean;
}

export function useList<R extends ListRoute>(
  route: R,
  query: Partial<Query<R>>,
  params?: Record<string, string>,
): List<Item<R>> {
  type Page = { items: Item<R>[]; next: string | null };
  const { data, isPending, error, refetch, hasNextPage, fetchNextPage, isFetchingNextPage } =
    useInfiniteQuery<Page, ApiError, { pages: Page[] }, readonly unknown[], string | undefined>({
      queryKey: [route, params ?? null, query, "pages"],
      queryFn: async ({ pageParam, signal }) => {
        const terms = { params, query: { ...query, cursor: pageParam }, signal };
        return (await ask(route, ...([terms] as unknown as TermsArgument<R>))) as Page;
      },
      initialPageParam: undefined,
      getNextPageParam: (last) => last.next ?? undefined,
      placeholderData: keepPreviousData,
    });
  return {
    items: data?.pages.flatMap(({ items }) => items) ?? [],
    loading: isPending,
    error,
    again: () => void refetch(),
    more: hasNextPage ? () => void fetchNextPage() : undefined,
    loadingMore: isFetchingNextPage,
  };
}

/**
 * An act whose answer holds a secret: nothing keeps it but whoever called, where `useAct` would keep it for minutes.
 */
export function useSecretAct<R extends Route>(
  route: R,
  renews: readonly ReadRoute[] = [],
): (terms: Terms<R>) => Promise<Answer<R>> {
  const client = useQueryClient();
  return async (terms) => {
    const answer = await ask(route, ...([terms] as unknown as TermsArgument<R>));
    for (const read of renews) void client.invalidateQueries({ queryKey: [read] });
    return answer;
  };
}

/**
 * An act. `renews`: the routes whose answers are old after it.
 * @example const end = useAct("DELETE /v1/me/sessions/:id", ["GET /v1/me/sessions"]);
 */
export function useAct<R extends Route>(
  route: R,
  renews: readonly ReadRoute[] = [],
): UseMutationResult<Answer<R>, ApiError, Terms<R>> {
  const client = useQueryClient();
  return useMutation<Answer<R>, ApiError, Terms<R>>({
    mutationFn: (terms) => ask(route, ...([terms] as unknown as TermsArgument<R>)),
    onSuccess: async () => {
      await Promise.all(renews.map((read) => client.invalidateQueries({ queryKey: [read] })));
    },
  });
}
