import {
  Inject,
  Injectable,
  type CanActivate,
  type ExecutionContext,
  type OnModuleInit,
} from "@nestjs/common";
import { ModuleRef } from "@nestjs/core";
import { after, ConfigurationError, type Principal } from "@lacre/core";
import { attemptOf } from "@lacre/node";
import { requestOf } from "./graphql/request-of.js";
import { sharedRequestOf } from "./graphql/shared-request.js";
import type { HmacStrategy } from "./hmac.strategy.js";
import { HMAC_ROUTES, HMAC_STRATEGY } from "./hmac.tokens.js";
import type { RouteTable } from "./route-table.js";
import type { Route } from "./route.js";
import { withoutModule } from "./without-module.js";

/**
 * Lets only signed requests through. It calls the strategy itself, without Passport in between.
 * Every way out but the right one throws.
 */
@Injectable()
export class HmacGuard implements CanActivate, OnModuleInit {
  protected readonly moduleRef: ModuleRef;
  #parts: GuardParts | undefined;

  constructor(@Inject(ModuleRef) moduleRef: ModuleRef) {
    this.moduleRef = moduleRef;
  }

  /** Finds the module's parts, wherever the guard is used; without HmacModule the app does not start. */
  onModuleInit(): void {
    try {
      this.#parts = {
        strategy: this.moduleRef.get<HmacStrategy>(HMAC_STRATEGY, { strict: false }),
        table: this.moduleRef.get<RouteTable>(HMAC_ROUTES, { strict: false }),
      };
    } catch {
      throw withoutModule("HmacGuard");
    }
  }

  /** At once where nothing has to be waited for. */
  canActivate(context: ExecutionContext): true | Promise<true> {
    const route = this.routeOf(context);
    return route.rule === "public" ? true : this.admit(context, route);
  }

  protected admit(context: ExecutionContext, route: Route): true | Promise<true> {
    const request = this.getRequest(context);
    const { strategy } = this.parts();
    if ((context.getType() as string) === "graphql")
      return sharedRequestOf(request)
        .admit(route.policy, (policy) => strategy.admit(request, policy))
        .then((known) => noteUser(request, known));
    noteRoute(request, route);
    const principal = strategy.admit(request, route.policy);
    return after(principal, (known) => noteUser(request, known));
  }

  /**
   * The request of Express or Fastify, for a handler as for a resolver. To be overridden for another kind of context.
   * @throws ConfigurationError where there is none
   */
  protected getRequest(context: ExecutionContext): object {
    const request = requestOf(context);
    if (request !== undefined) return request;
    const type: string = context.getType();
    throw type === "graphql"
      ? new ConfigurationError(
          "HmacGuard",
          "finds no HTTP request in the context of GraphQL.",
          "Let the context of GraphQLModule have it as `req`. It cannot guard what comes over WebSocket.",
        )
      : new ConfigurationError(
          "HmacGuard",
          `cannot guard "${type}".`,
          "Use it on HTTP routes and on resolvers.",
        );
  }

  protected routeOf(context: ExecutionContext): Route {
    return this.parts().table.routeOf(context.getClass(), context.getHandler());
  }

  protected parts(): GuardParts {
    if (this.#parts === undefined) this.onModuleInit();
    return this.#parts as GuardParts;
  }
}

/** What a guard works with. */
interface GuardParts {
  readonly strategy: HmacStrategy;
  readonly table: RouteTable;
}

/** Tells a request what is done with the answers of the route that Nest has chosen. */
function noteRoute(request: object, { answers }: Route): void {
  const attempt = attemptOf(request);
  if (attempt !== undefined) attempt.answerRule = answers;
}

/** Where Passport leaves it too. */
function noteUser(request: object, principal: Principal): true {
  (request as { user?: unknown }).user = principal;
  return true;
}
