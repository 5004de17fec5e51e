import {
  type DynamicModule,
  Inject,
  Injectable,
  Logger,
  Module,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
  type OnModuleDestroy,
  type OnModuleInit,
  Optional,
  UseGuards,
} from "@nestjs/common";
import { APP_GUARD, DiscoveryModule, DiscoveryService, ModulesContainer } from "@nestjs/core";
import { type AppDefinition, type Clock, ConfigurationError } from "@lacre/core";
import { Gate } from "@lacre/node";
import { BodyCapture } from "./body/install.js";
import { noteStandIns } from "./caller.js";
import { checkFieldResolvers } from "./graphql/check-resolver.js";
import { HmacException } from "./hmac.exception.js";
import { HmacAppGuard, HmacGlobalGuard } from "./hmac-app.guard.js";
import { HmacGuard } from "./hmac.guard.js";
import {
  type ASYNC_OPTIONS_TYPE,
  checkAsyncOptions,
  ConfigurableModuleClass,
  HMAC_OPTIONS,
  type OPTIONS_TYPE,
} from "./hmac.module-definition.js";
import { readOptions, type HmacModuleOptions, type HmacSettings } from "./hmac.options.js";
import { HmacStrategy } from "./hmac.strategy.js";
import { HMAC_CLOCK, HMAC_GATE, HMAC_ROUTES, HMAC_SETTINGS, HMAC_STRATEGY } from "./hmac.tokens.js";
import { RouteGuards } from "./route-guards.js";
import { RouteTable, scan } from "./route-table.js";

/** Makes HmacGlobalGuard a guard of the module, so that `overrideGuard` finds it. */
@UseGuards(HmacGlobalGuard)
@Injectable()
class GlobalGuardHost {}

/**
 * Request signing for a Nest app. Import it once, in the root module; `@HmacProtected()` then works everywhere.
 *
 * @example
 * HmacModule.forRoot({ apps: { orders: process.env.ORDERS_KEY ?? "" }, origins: ["https://api.example.com"] })
 */
@Module({
  imports: [DiscoveryModule],
  providers: [
    {
      provide: HMAC_CLOCK,
      inject: [{ token: HMAC_OPTIONS, optional: true }],
      useFactory: clockOf,
    },
    {
      provide: HMAC_SETTINGS,
      inject: [{ token: HMAC_OPTIONS, optional: true }, HMAC_CLOCK],
      useFactory: settingsOf,
    },
    {
      provide: RouteGuards,
      inject: [ModulesContainer],
      useFactory: (modules: ModulesContainer) =>
        RouteGuards.read(modules, { route: HmacGuard, global: HmacGlobalGuard, app: HmacAppGuard }),
    },
    {
      provide: RouteTable,
      inject: [DiscoveryService, HMAC_SETTINGS, RouteGuards],
      useFactory: scan,
    },
    { provide: Gate, inject: [HMAC_SETTINGS, RouteTable, RouteGuards], useFactory: gateOf },
    HmacStrategy,
    { provide: HMAC_STRATEGY, useExisting: HmacStrategy },
    { provide: HMAC_ROUTES, useExisting: RouteTable },
    { provide: HMAC_GATE, useExisting: Gate },
    BodyCapture,
    GlobalGuardHost,
    HmacGlobalGuard,
    { provide: APP_GUARD, useClass: HmacAppGuard },
  ],
  exports: [Gate, HMAC_GATE, HmacStrategy, HMAC_STRATEGY, RouteTable, HMAC_ROUTES],
})
export class HmacModule
  extends ConfigurableModuleClass
  implements OnModuleInit, OnApplicationBootstrap, OnModuleDestroy, OnApplicationShutdown
{
  /** @throws ConfigurationError without options */
  static override forRoot(options: typeof OPTIONS_TYPE): DynamicModule {
    const given: unknown = options;
    if (typeof given === "object" && given !== null) return super.forRoot(options);
    throw new ConfigurationError(
      "HmacModule.forRoot",
      "must be given options.",
      "Give at least apps and origins.",
    );
  }

  /** @throws ConfigurationError for what is neither a way to the options nor asked of the module itself */
  static override forRootAsync(options: typeof ASYNC_OPTIONS_TYPE): DynamicModule {
    checkAsyncOptions(options);
    return super.forRootAsync(options);
  }

  readonly #options: HmacModuleOptions;
  readonly #settings: HmacSettings;
  readonly #gate: Gate;
  readonly #table: RouteTable;
  readonly #discovery: DiscoveryService;

  constructor(
    @Optional() @Inject(HMAC_OPTIONS) options: HmacModuleOptions,
    @Inject(HMAC_SETTINGS) settings: HmacSettings,
    @Inject(Gate) gate: Gate,
    @Inject(RouteTable) table: RouteTable,
    @Inject(DiscoveryService) discovery: DiscoveryService,
  ) {
    super();
    this.#options = options;
    this.#settings = settings;
    this.#gate = gate;
    this.#table = table;
    this.#discovery = discovery;
  }

  /** A store or a source that cannot be used ends the start, and so does a mark that nobody keeps. */
  async onModuleInit(): Promise<void> {
    checkFieldResolvers(this.#table.routes, this.#discovery);
    await this.#gate.start(new Logger("HmacModule"));
  }

  /** By now whatever counts requests is there. */
  onApplicationBootstrap(): void {
    const limited = appWithLimits(this.#options.apps);
    if (limited === undefined || this.#gate.entrance.isAttended) return;
    new Logger("HmacModule").warn(
      `the app ${limited} has limits, and nothing counts its requests. Register HmacThrottlerGuard of @lacre/nestjs/throttler, or take the limits away.`,
    );
  }

  /** Before the source is gone, which may have a connection of its own. */
  async onModuleDestroy(): Promise<void> {
    await this.#settings.keys.stop?.();
  }

  async onApplicationShutdown(): Promise<void> {
    this.#gate.verdicts.flushLog(); // nothing that was counted is lost
    await this.#settings.nonces.stop?.();
  }
}

/** The first app of a configuration that has limits. Of a source nobody knows before it is asked. */
function appWithLimits(apps: HmacModuleOptions["apps"]): string | undefined {
  if (!Array.isArray(apps)) return undefined;
  return (apps as readonly AppDefinition[]).find(({ limits }) => limits !== undefined)?.appId;
}

/** The clock of the options: a provider of its own, so that a test can put another in its place. */
function clockOf(options: HmacModuleOptions | undefined): Clock | undefined {
  if (typeof options === "object" && options !== null) return options.clock;
  throw new ConfigurationError(
    "HmacModule",
    "has no options.",
    "Import HmacModule.forRoot(…), or let the factory of forRootAsync return them.",
  );
}

function settingsOf(options: HmacModuleOptions, clock: Clock | undefined): HmacSettings {
  return readOptions(clock === options.clock ? options : { ...options, clock });
}

function gateOf(settings: HmacSettings, table: RouteTable, guards: RouteGuards): Gate {
  const gate = new Gate(settings, table, {
    log: new Logger("HmacModule"),
    toError: (answer) => new HmacException(answer),
    // For good: no guard, no filter and no handler has anything to do with it. One each, which keeps nothing else alive.
    answered: () => new Promise(() => undefined),
  });
  if (guards.hasStandIns) noteStandIns(gate);
  return gate;
}
