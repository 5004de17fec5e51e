import { hash } from "node:crypto";
import { Inject, Injectable, type ExecutionContext } from "@nestjs/common";
import { ModuleRef, Reflector } from "@nestjs/core";
import {
  InjectThrottlerOptions,
  InjectThrottlerStorage,
  ThrottlerGuard,
  type ThrottlerLimitDetail,
  type ThrottlerModuleOptions,
  type ThrottlerRequest,
  type ThrottlerStorage,
} from "@nestjs/throttler";
import {
  ConfigurationError,
  LIMIT_NAMES,
  type AppLimits,
  type Authentic,
  type Refusal,
} from "@lacre/core";
import { attemptOf, type Attempt, type Gate } from "@lacre/node";
import { HMAC_GATE, HMAC_ROUTES } from "../hmac.tokens.js";
import type { RouteTable } from "../route-table.js";
import type { Route } from "../route.js";
import { AddressTurnstile } from "./address-turnstile.js";
import { Blocks } from "./blocks.js";
import { LenientStorage } from "./lenient-storage.js";
import { isOnRoute, isSkipped } from "./throttler-marks.js";
import { refusedLimitsOf, REFUSED } from "./refused-limits.js";

/** Whom a request counts for. */
type Caller =
  /** Nobody has asked, or can ask, who sends it: for its address, as without Lacre. */
  | { readonly kind: "stranger" }
  /** It will be refused: for its address, and no header says how much of that is left. */
  | { readonly kind: "refused"; readonly attempt: Attempt }
  /** A store is failing, which is not its fault: for nobody. */
  | { readonly kind: "doubtful" }
  | App;

interface App {
  readonly kind: "app";
  readonly appId: string;
  readonly limits: AppLimits | undefined;
  /** What it is counted under. */
  readonly tracker: string;
  /** Where a block that is found out now holds: on one route, or on all. */
  scope: string;
}

const STRANGER: Caller = { kind: "stranger" };
const DOUBTFUL: Caller = { kind: "doubtful" };

const DURATIONS_MS: Readonly<Record<keyof AppLimits, number>> = {
  perSecond: 1_000,
  perMinute: 60_000,
  perHour: 3_600_000,
  perDay: 86_400_000,
};

/**
 * `ThrottlerGuard` of `@nestjs/throttler`, which counts signed requests by their app, and only those that the app has
 * really sent; all others by their address. It may stand anywhere among the guards. A limit in the record of an app
 * (`limits: { perMinute: 600 }`) takes the place of the limits of ThrottlerModule.
 *
 * @example
 * providers: [{ provide: APP_GUARD, useClass: HmacThrottlerGuard }]
 */
@Injectable()
export class HmacThrottlerGuard extends ThrottlerGuard {
  readonly #moduleRef: ModuleRef;
  readonly #blocks = new Blocks();
  readonly #callers = new WeakMap<ExecutionContext, Caller>();
  #parts: Parts | undefined;

  constructor(
    @InjectThrottlerOptions() options: ThrottlerModuleOptions,
    @InjectThrottlerStorage() storage: ThrottlerStorage,
    @Inject(Reflector) reflector: Reflector,
    @Inject(ModuleRef) moduleRef: ModuleRef,
  ) {
    super(options, new LenientStorage(storage), reflector);
    this.#moduleRef = moduleRef;
  }

  /** @throws ConfigurationError without HmacModule, or for throttlers that cannot count refused requests */
  override async onModuleInit(): Promise<void> {
    await super.onModuleInit();
    const limits = refusedLimitsOf(this.throttlers, this.commonOptions);
    this.throttlers = this.throttlers.filter(({ name }) => name !== REFUSED);
    const parts = (this.#parts = partsOf(this.#moduleRef));
    const reject = this.throwThrottlingException.bind(this);
    const turnstile = new AddressTurnstile({ limits, storage: this.storageService, reject });
    parts.gate.entrance.standBehind(turnstile);
  }

  override async canActivate(context: ExecutionContext): Promise<boolean> {
    if (await this.shouldSkip(context)) return true;
    const caller = await this.#callerOf(context);
    if (caller.kind === "doubtful") return true; // the guard answers 503
    this.#callers.set(context, caller);
    const mayPass = await super.canActivate(context);
    if (mayPass && caller.kind === "app") await this.#countLimits(context, caller);
    return mayPass;
  }

  /** @throws what the request is answered with, where its address or its app is over a limit already */
  async #callerOf(context: ExecutionContext): Promise<Caller> {
    const { gate, table } = this.#parts as Parts;
    const attempt = attemptOf((this.getRequestResponse(context).req as object | undefined) ?? {});
    if (attempt?.owner !== gate) return STRANGER;
    const route = table.routeOf(context.getClass(), context.getHandler());
    attempt.route = route.policy;
    attempt.answerRule = route.answers;
    // Whoever let it in before has claimed its nonce.
    if (attempt.principal !== undefined) return this.#appOf(attempt, route, context);
    if (!isJudged(route, attempt, table.alternativesEverywhere)) return STRANGER;
    await gate.entrance.enter(attempt);
    try {
      await attempt.ask().authenticate(route.policy);
    } catch (error) {
      return failedOf(attempt, error);
    }
    const app = await this.#appOf(attempt, route, context);
    // Before the claim: an app that is over its limit fills no nonce store.
    const block = this.#blocks.of(app.tracker) ?? this.#blocks.of(app.scope);
    if (block !== undefined) await this.throwThrottlingException(context, block);
    try {
      await attempt.ask().admit(route.policy);
    } catch (error) {
      return failedOf(attempt, error);
    }
    return app;
  }

  async #appOf(attempt: Attempt, { policy }: Route, context: ExecutionContext): Promise<App> {
    const { app, claims } = attempt.proof as Authentic;
    const { appId, limits } = app;
    // Anybody who has a request that may be repeated can repeat it: from elsewhere it must not count here.
    const mayRepeat = claims.repeatable === true && policy.once !== true;
    const tracker = mayRepeat ? `${appId} ${await this.#addressOf(context)}` : appId;
    const scope = `${context.getClass().name}.${context.getHandler().name} ${tracker}`;
    return { kind: "app", appId, limits, tracker, scope };
  }

  async #addressOf(context: ExecutionContext): Promise<string> {
    const { getTracker = this.getTracker.bind(this) } = this.commonOptions;
    return getTracker(this.getRequestResponse(context).req, context);
  }

  protected override async handleRequest(request: ThrottlerRequest): Promise<boolean> {
    const caller = this.#callers.get(request.context);
    if (caller?.kind === "refused")
      return super.handleRequest({
        ...request,
        throttler: { ...request.throttler, setHeaders: false },
      });
    if (caller?.kind !== "app") return super.handleRequest(request);
    if (caller.limits !== undefined && !isOnRoute(this.reflector, request)) return true;
    return super.handleRequest({ ...request, getTracker: () => caller.tracker });
  }

  /** Counts a request for the limits in the record of its app, which hold for all routes together. */
  async #countLimits(context: ExecutionContext, app: App): Promise<void> {
    const { limits = {}, tracker } = app;
    if (this.commonOptions.skipIf?.(context) === true) return;
    app.scope = tracker;
    for (const name of LIMIT_NAMES) {
      const limit = limits[name];
      if (limit === undefined || isSkipped(this.reflector, name, context)) continue;
      const ttl = DURATIONS_MS[name];
      await super.handleRequest({
        context,
        limit,
        ttl,
        blockDuration: ttl,
        throttler: { name, limit, ttl, ignoreUserAgents: [] }, // which the app itself writes
        getTracker: () => tracker,
        generateKey: () => keyOf(tracker, name, limit),
      });
    }
  }

  protected override async throwThrottlingException(
    context: ExecutionContext,
    detail: ThrottlerLimitDetail,
  ): Promise<void> {
    const caller = this.#callers.get(context);
    if (caller?.kind === "app") this.#blocks.note(caller.scope, detail);
    // No guard is asked any more, and its MAC has been computed: that counts as the refusal would.
    if (caller?.kind === "refused") this.#parts?.gate.entrance.refused(caller.attempt);
    // The library says it under the throttler's name, which no client reads.
    const { res } = this.getRequestResponse(context);
    this.setResponseHeader(res, "Retry-After", detail.timeToBlockExpire);
    await super.throwThrottlingException(context, detail);
  }
}

/** Whether a guard of ours judges the request. `AuthGuard(["hmac", "jwt"])` judges what is signed. */
function isJudged(route: Route, { tap }: Attempt, alternativesEverywhere: boolean): boolean {
  const { rule, isProtected, isVerified, hasAlternatives } = route;
  if (rule === "public") return false;
  if (isProtected) return true;
  return hasAlternatives || alternativesEverywhere ? tap !== undefined : isVerified;
}

const failedOf = (attempt: Attempt, error: unknown): Caller =>
  ((error as Partial<Refusal> | undefined)?.status ?? 503) === 503
    ? DOUBTFUL
    : { kind: "refused", attempt };

/** The limit too: one that is changed begins anew. */
const keyOf = (tracker: string, name: keyof AppLimits, limit: number): string =>
  hash("sha256", `lacre app ${tracker} ${name} ${limit}`);

/** What a guard works with. */
interface Parts {
  readonly gate: Gate;
  readonly table: RouteTable;
}

function partsOf(moduleRef: ModuleRef): Parts {
  try {
    return {
      gate: moduleRef.get<Gate>(HMAC_GATE, { strict: false }),
      table: moduleRef.get<RouteTable>(HMAC_ROUTES, { strict: false }),
    };
  } catch {
    throw new ConfigurationError(
      "HmacThrottlerGuard",
      "there is no HmacModule.",
      "Import HmacModule.forRoot(…) in the root module.",
    );
  }
}
