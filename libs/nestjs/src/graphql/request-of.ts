import type { ExecutionContext } from "@nestjs/common";
import { attemptOf } from "@lacre/node";

/** The request of Express or Fastify that a handler or a resolver is called for; undefined where there is none. */
export function requestOf(context: ExecutionContext): object | undefined {
  const type: string = context.getType();
  if (type === "http") return context.getArgByIndex<object>(0); // `switchToHttp` makes three functions to say the same
  return type === "graphql" ? requestIn(context.getArgs()) : undefined;
}

/**
 * What drivers leave in the context of GraphQL: `req` (Apollo), `request` (Yoga), `reply.request` (Mercurius). Only a
 * request that arrived here counts, so a copy or somebody else's object is none.
 */
function requestIn(args: readonly unknown[]): object | undefined {
  // A reference resolver is called without the arguments of a field.
  const context = (args.length === 3 ? args[1] : args[2]) as GraphqlContext | null | undefined;
  const candidates = [context?.req, context?.request, context?.reply?.request];
  return candidates.find(
    (candidate): candidate is object =>
      typeof candidate === "object" && candidate !== null && attemptOf(candidate) !== undefined,
  );
}

interface GraphqlContext {
  readonly req?: unknown;
  readonly request?: unknown;
  readonly reply?: { readonly request?: unknown };
}
