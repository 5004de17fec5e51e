import {
  Inject,
  Injectable,
  type CanActivate,
  type ExecutionContext,
  type OnModuleInit,
} from "@nestjs/common";
import { ModuleRef } from "@nestjs/core";
import { ConfigurationError } from "@lacre/core";
import { attemptOf } from "./attempt.js";
import { HmacService } from "./hmac.service.js";
import { HmacStrategy } from "./hmac.strategy.js";
import type { RouteRule } from "./routes.js";

/**
 * Lets only signed requests through. It calls the strategy itself, without Passport in between.
 * Every way out but the right one throws.
 */
@Injectable()
export class HmacGuard implements CanActivate, OnModuleInit {
  readonly #moduleRef: ModuleRef;
  #strategy: HmacStrategy | undefined;
  #service: HmacService | undefined;

  constructor(@Inject(ModuleRef) moduleRef: ModuleRef) {
    this.#moduleRef = moduleRef;
  }

  /** Finds the module's services, wherever the guard is used; without HmacModule the app does not start. */
  onModuleInit(): void {
    try {
      this.#strategy = this.#moduleRef.get(HmacStrategy, { strict: false });
      this.#service = this.#moduleRef.get(HmacService, { strict: false });
    } catch {
      throw new ConfigurationError(
        "HmacGuard",
        "there is no HmacModule.",
        "Import HmacModule.forRoot(…) in the root module.",
      );
    }
  }

  async canActivate(context: ExecutionContext): Promise<true> {
    const { strategy, service } = this.parts();
    const rule = service.routes.ruleOf(context.getClass(), context.getHandler());
    if (!this.guards(rule, service)) return true;
    const request = this.getRequest(context);
    service.answers.holdTo(context, request);
    const route = service.routes.policyOf(rule);
    (request as { user?: unknown }).user = await strategy.validate(request, route);
    return true;
  }

  /** The request of Express or Fastify. To be overridden for another kind of context. */
  protected getRequest(context: ExecutionContext): object {
    const type: string = context.getType();
    if (type !== "http")
      throw new ConfigurationError(
        "HmacGuard",
        `cannot guard "${type}".`,
        "Use it on HTTP routes.",
      );
    return context.switchToHttp().getRequest<object>();
  }

  /** Whether a route with this rule is guarded here. */
  protected guards(rule: RouteRule, _service: HmacService): boolean {
    return rule !== "public";
  }

  protected parts(): { strategy: HmacStrategy; service: HmacService } {
    if (this.#strategy === undefined || this.#service === undefined) this.onModuleInit();
    return { strategy: this.#strategy as HmacStrategy, service: this.#service as HmacService };
  }
}

/**
 * Runs before the guards of every controller: tells each request the rule of its route, for those who ask without
 * naming one, and with `globalGuard` lets only signed requests through to whatever is not public.
 */
@Injectable()
export class HmacAppGuard extends HmacGuard {
  override async canActivate(context: ExecutionContext): Promise<true> {
    if (context.getType() === "http") {
      const { service } = this.parts();
      const request = this.getRequest(context);
      const attempt = attemptOf(request);
      const rule = service.routes.ruleOf(context.getClass(), context.getHandler());
      if (attempt !== undefined) attempt.route = service.routes.policyOf(rule);
      service.answers.holdTo(context, request);
    }
    return super.canActivate(context);
  }

  protected override guards(rule: RouteRule, service: HmacService): boolean {
    return service.guardsAll && super.guards(rule, service);
  }
}
