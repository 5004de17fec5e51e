import type { DiscoveryService } from "@nestjs/core";
import { ConfigurationError } from "@lacre/core";
import { HMAC_ANSWER } from "../hmac.tokens.js";
import type { Route } from "../route.js";

// The keys and the token under which @nestjs/graphql leaves what it knows. It is not imported: most apps have none.
const RESOLVER_TYPE = "graphql:resolver_type";
const RESOLVER_PROPERTY = "graphql:resolve_property";
const RESOLVER_REFERENCE = "graphql:resolve_reference";
const MODULE_OPTIONS = "GqlModuleOptions";

/** Whether a method is a query, a mutation or a subscription. */
export const isRootResolver = (handler: object): boolean =>
  Reflect.hasMetadata(RESOLVER_TYPE, handler);

const isFieldResolver = (handler: object): boolean =>
  Reflect.hasMetadata(RESOLVER_PROPERTY, handler) ||
  Reflect.hasMetadata(RESOLVER_REFERENCE, handler);

/**
 * Refuses what a resolver cannot keep: it is one of several that a request reaches, and runs after the content was read.
 * @throws ConfigurationError
 */
export function checkResolver({ controller, handler, policy, isProtected }: Route): void {
  if (!isRootResolver(handler) && !isFieldResolver(handler)) return;
  const name = nameOf({ controller, handler });
  if (isProtected && Reflect.getMetadata(RESOLVER_TYPE, handler) === "Subscription")
    throw new ConfigurationError(
      `HmacGuard on ${name}`,
      "cannot guard a subscription, whose events come over a connection that is no signed request.",
      "Mark it @HmacPublic(), and check who connects in onConnect.",
    );
  if (isProtected && policy.stream)
    throw new ConfigurationError(
      `@HmacProtected on ${name}: body`,
      'cannot be "stream" on a resolver, which runs when the content was read.',
      "Take the option away.",
    );
  if ([handler, controller].some((target) => Reflect.hasMetadata(HMAC_ANSWER, target)))
    throw new ConfigurationError(
      `@HmacSignedResponse on ${name}`,
      "stands on a resolver, which is one of several that make an answer.",
      "Sign all answers with signResponses: true.",
    );
}

/**
 * Refuses marks on fields that no guard is called for.
 * @throws ConfigurationError
 */
export function checkFieldResolvers(routes: readonly Route[], discovery: DiscoveryService): void {
  const marked = routes.find(
    ({ rule, handler }) => typeof rule === "object" && isFieldResolver(handler),
  );
  if (marked === undefined) return;
  const modules = discovery.getProviders().filter(({ token }) => token === MODULE_OPTIONS);
  if (modules.every(({ instance }) => callsGuards(instance as ModuleOptions | undefined))) return;
  throw new ConfigurationError(
    `@HmacProtected on ${nameOf(marked)}`,
    "stands on a field, for which GraphQLModule calls no guards.",
    'Set fieldResolverEnhancers: ["guards"] in GraphQLModule.forRoot, or mark the field @HmacPublic().',
  );
}

interface ModuleOptions {
  readonly fieldResolverEnhancers?: readonly string[];
}
const callsGuards = (options: ModuleOptions | undefined): boolean =>
  options?.fieldResolverEnhancers?.includes("guards") === true;

const nameOf = ({ controller, handler }: Pick<Route, "controller" | "handler">): string =>
  `${controller.name}.${(handler as { name?: string }).name ?? "resolver"}`;
