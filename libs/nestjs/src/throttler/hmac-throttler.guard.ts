import type { Server, Socket } from "node:net";
import { Inject, Injectable, type ExecutionContext } from "@nestjs/common";
import { HttpAdapterHost, ModuleRef, Reflector } from "@nestjs/core";
import {
  InjectThrottlerOptions,
  InjectThrottlerStorage,
  ThrottlerGuard,
  type ThrottlerGetTrackerFunction,
  type ThrottlerLimitDetail,
  type ThrottlerModuleOptions,
  type ThrottlerRequest,
  type ThrottlerStorage,
} from "@nestjs/throttler";
import { LIMIT_NAMES, type AppLimits, type Authentic } from "@lacre/core";
import { attemptOf, type Attempt, type Gate } from "@lacre/node";
import { requestOf } from "../graphql/request-of.js";
import type { HmacSettings } from "../hmac.options.js";
import { HMAC_GATE, HMAC_ROUTES, HMAC_SETTINGS } from "../hmac.tokens.js";
import type { RouteTable } from "../route-table.js";
import type { Route } from "../route.js";
import { withoutModule } from "../without-module.js";
import { AddressTurnstile } from "./address-turnstile.js";
import { Blocks } from "./blocks.js";
import {
  failedOf,
  isJudged,
  keyOf,
  onAll,
  onRoute,
  STRANGER,
  type App,
  type Caller,
} from "./counted-caller.js";
import { LenientStorage } from "./lenient-storage.js";
import { refusedLimitsOf, REFUSED } from "./refused-limits.js";
import { SharedCount } from "./shared-count.js";
import { isLeftOut, isOnRoute, isSkipped } from "./throttler-marks.js";
import { Addresses, ofAddress, ofApp, ofAppAt, type Asked } from "./trackers.js";

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
  readonly #queries = new WeakMap<Attempt, SharedCount>();
  readonly #addresses = new Addresses((request) => super.getTracker(this.#asSent(request)));
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
    const { storageService: storage } = this;
    const addresses = this.#addresses;
    this.#noteAddresses();
    parts.gate.entrance.standBehind(new AddressTurnstile({ limits, storage, addresses, reject }));
  }

  /** Node knows the address of a connection that was reset only where somebody has asked before. */
  #noteAddresses(): void {
    const { httpAdapter } = this.#moduleRef.get(HttpAdapterHost, { strict: false });
    const server = httpAdapter?.getHttpServer() as Server | undefined;
    for (const event of ["connection", "secureConnection"])
      server?.on?.(event, (socket: Socket) => void socket.remoteAddress);
  }

  /** What no HTTP request carries, such as a message of a broker or a WebSocket, is let through. */
  override async canActivate(context: ExecutionContext): Promise<boolean> {
    const { req } = this.getRequestResponse(context) as { req?: object };
    if (req === undefined) return true;
    if (!isGraphql(context)) return this.#count(context, undefined);
    const attempt = attemptOf(req);
    if (attempt === undefined) return this.#count(context, undefined);
    const known = this.#queries.get(attempt) ?? new SharedCount();
    this.#queries.set(attempt, known);
    return known.onceFor(context.getHandler(), () => this.#count(context, known));
  }

  async #count(context: ExecutionContext, query: SharedCount | undefined): Promise<boolean> {
    if (await this.shouldSkip(context)) return true;
    const caller = await this.#callerOf(context);
    if (caller.kind === "doubtful") return true; // the guard answers 503
    this.#callers.set(context, caller);
    const mayPass = await super.canActivate(context);
    if (mayPass && caller.kind === "app") await this.#countLimits(context, caller, query);
    return mayPass;
  }

  /** @throws what the request is answered with, where its address or its app is over a limit already */
  async #callerOf(context: ExecutionContext): Promise<Caller> {
    const { gate, table } = this.#parts as Parts;
    const attempt = attemptOf(this.getRequestResponse(context).req);
    if (attempt?.owner !== gate) return STRANGER;
    const route = table.routeOf(context.getClass(), context.getHandler());
    if (isGraphql(context)) attempt.isShared = true;
    else {
      attempt.route = route.policy;
      attempt.answerRule = route.answers;
    }
    // Whoever let it in before has claimed its nonce.
    if (attempt.principal !== undefined) return this.#appOf(attempt, route, context);
    if (!isJudged(route, attempt, table.alternativesEverywhere)) return STRANGER;
    await gate.entrance.enterUnder(attempt, route.policy);
    try {
      await attempt.ask().authenticate(route.policy);
    } catch (error) {
      return failedOf(attempt, error);
    }
    const app = await this.#appOf(attempt, route, context);
    // Before the claim: an app that is over its limit fills no nonce store.
    const block = this.#blockOf(app, context);
    if (block !== undefined) await this.throwThrottlingException(context, block);
    try {
      const isContact = gate.contacts.isProven(attempt, route.policy);
      if (isContact !== false && (await isContact)) return app; // it claims nothing
      await attempt.ask().admit(route.policy);
    } catch (error) {
      return failedOf(attempt, error);
    }
    return app;
  }

  /** What is known to stop an app on this route: each limit by its own name, since a route may leave any of them out. */
  #blockOf(app: App, context: ExecutionContext): ThrottlerLimitDetail | undefined {
    if (this.#blocks.isEmpty) return undefined;
    const { req } = this.getRequestResponse(context);
    const userAgent = String(req.headers?.["user-agent"]);
    for (const throttler of this.throttlers) {
      const block = this.#blocks.of(onRoute(app, throttler.name, context));
      if (block === undefined) continue;
      const { commonOptions: common, reflector } = this;
      if (!isLeftOut(reflector, throttler, common, context, userAgent)) return block;
    }
    for (const [name, limit] of this.#limitsOf(app, context)) {
      const block = this.#blocks.of(onAll(app, name, limit));
      if (block !== undefined) return block;
    }
    return undefined;
  }

  /** The limits in the record of an app that hold on this route. */
  #limitsOf({ limits = {} }: App, context: ExecutionContext): [keyof AppLimits, number][] {
    const found: [keyof AppLimits, number][] = [];
    if (this.commonOptions.skipIf?.(context) === true) return found;
    for (const name of LIMIT_NAMES) {
      const limit = limits[name];
      if (limit !== undefined && !isSkipped(this.reflector, name, context))
        found.push([name, limit]);
    }
    return found;
  }

  async #appOf(attempt: Attempt, { policy }: Route, context: ExecutionContext): Promise<App> {
    const { app, claims } = attempt.proof as Authentic;
    const { appId, limits } = app;
    // Anybody who has a request that may be repeated can repeat it.
    const mayRepeat = claims.repeatable === true && policy.once !== true;
    const tracker = mayRepeat ? ofAppAt(appId, await this.#addressOf(context)) : ofApp(appId);
    return { kind: "app", limits, tracker, asking: "" };
  }

  /** The address that is counted: the one that `trustedProxies` of the module name; without them, the framework's. */
  protected override getTracker(request: Asked): Promise<string> {
    return super.getTracker(this.#asSent(request));
  }

  #asSent(request: Asked): Asked {
    const address =
      this.#parts?.hasTrustedProxies === true ? attemptOf(request)?.address : undefined;
    return address === undefined ? request : { ip: address };
  }

  #addressOf(
    context: ExecutionContext,
    getTracker: ThrottlerGetTrackerFunction = this.commonOptions.getTracker ??
      this.getTracker.bind(this),
  ): Promise<string> {
    const { req } = this.getRequestResponse(context);
    return this.#addresses.of(getTracker, req, context).then(String);
  }

  protected override async handleRequest(request: ThrottlerRequest): Promise<boolean> {
    const { context, throttler } = request;
    const caller = this.#callers.get(context);
    if (caller?.kind === "app") {
      if (caller.limits !== undefined && !isOnRoute(this.reflector, request)) return true;
      caller.asking = onRoute(caller, throttler.name, context);
      return super.handleRequest({ ...request, getTracker: () => caller.tracker });
    }
    const address = (): Promise<string> => this.#addressOf(context, request.getTracker);
    if (caller?.kind !== "refused")
      return super.handleRequest({
        ...request,
        getTracker: async () => ofAddress(await address()),
      });
    const { appId } = caller;
    return super.handleRequest({
      ...request,
      throttler: { ...throttler, setHeaders: false },
      getTracker: async () =>
        appId === undefined ? ofAddress(await address()) : ofAppAt(appId, await address()),
    });
  }

  /** Counts a request for the limits in the record of its app, which hold for all routes together. */
  async #countLimits(
    context: ExecutionContext,
    app: App,
    query: SharedCount | undefined,
  ): Promise<void> {
    const { tracker } = app;
    for (const [name, limit] of this.#limitsOf(app, context)) {
      app.asking = onAll(app, name, limit);
      const ttl = DURATIONS_MS[name];
      const count = () =>
        super.handleRequest({
          context,
          limit,
          ttl,
          blockDuration: ttl,
          throttler: { name, limit, ttl, ignoreUserAgents: [] }, // which the app itself writes
          getTracker: () => tracker,
          generateKey: () => keyOf(tracker, name, limit),
        });
      await (query === undefined ? count() : query.share(app.asking, count));
    }
  }

  protected override async throwThrottlingException(
    context: ExecutionContext,
    detail: ThrottlerLimitDetail,
  ): Promise<void> {
    const caller = this.#callers.get(context);
    if (caller?.kind === "app") this.#blocks.note(caller.asking, detail);
    // No guard is asked any more, and its MAC has been computed: that counts as the refusal would.
    if (caller?.kind === "refused")
      this.#parts?.gate.entrance.refused(caller.attempt, caller.status);
    // The library says it under the throttler's name, which no client reads.
    const { res } = this.getRequestResponse(context);
    this.setResponseHeader(res, "Retry-After", detail.timeToBlockExpire);
    try {
      await super.throwThrottlingException(context, detail);
    } catch (error) {
      if (isGraphql(context)) Object.assign(error as object, { extensions: TOO_MANY });
      throw error;
    }
  }

  /** Of a handler or a resolver, and of a request that has not reached one; none where there is no HTTP request. */
  protected override getRequestResponse(
    context: ExecutionContext,
  ): ReturnType<ThrottlerGuard["getRequestResponse"]> {
    if (context.getType() === "http") return super.getRequestResponse(context);
    const req = requestOf(context);
    return { req, res: req && attemptOf(req)?.response } as never;
  }
}

const isGraphql = (context: ExecutionContext): boolean =>
  (context.getType() as string) === "graphql";

/** What a driver of GraphQL tells callers beside the message. */
const TOO_MANY = { code: "TOO_MANY_REQUESTS" };

/** What a guard works with. */
interface Parts {
  readonly gate: Gate;
  readonly table: RouteTable;
  readonly hasTrustedProxies: boolean;
}

function partsOf(moduleRef: ModuleRef): Parts {
  try {
    return {
      gate: moduleRef.get<Gate>(HMAC_GATE, { strict: false }),
      table: moduleRef.get<RouteTable>(HMAC_ROUTES, { strict: false }),
      hasTrustedProxies: moduleRef.get<HmacSettings>(HMAC_SETTINGS, { strict: false })
        .hasTrustedProxies,
    };
  } catch {
    throw withoutModule("HmacThrottlerGuard");
  }
}
