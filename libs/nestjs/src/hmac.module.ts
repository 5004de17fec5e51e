import { Inject, Module, type OnApplicationShutdown, type OnModuleInit } from "@nestjs/common";
import { APP_GUARD, DiscoveryModule } from "@nestjs/core";
import { BodyCapture } from "./body/install.js";
import { HmacAppGuard } from "./hmac.guard.js";
import { ConfigurableModuleClass, HMAC_OPTIONS } from "./hmac.module-definition.js";
import type { NonceStore } from "@lacre/core";
import { readOptions, type HmacSettings } from "./hmac.options.js";
import { HmacService } from "./hmac.service.js";
import { HmacStrategy } from "./hmac.strategy.js";
import { HMAC_SETTINGS } from "./hmac.tokens.js";

/**
 * Request signing for a Nest app. Import it once, in the root module; `@HmacProtected()` then works everywhere.
 *
 * @example
 * HmacModule.forRoot({ apps: { orders: process.env.ORDERS_KEY ?? "" }, origins: ["https://api.example.com"] })
 */
@Module({
  imports: [DiscoveryModule],
  providers: [
    { provide: HMAC_SETTINGS, inject: [HMAC_OPTIONS], useFactory: readOptions },
    HmacService,
    HmacStrategy,
    BodyCapture,
    { provide: APP_GUARD, useClass: HmacAppGuard },
  ],
  exports: [HmacService, HmacStrategy],
})
export class HmacModule
  extends ConfigurableModuleClass
  implements OnModuleInit, OnApplicationShutdown
{
  readonly #nonces: NonceStore;
  readonly #service: HmacService;

  constructor(
    @Inject(HMAC_SETTINGS) settings: HmacSettings,
    @Inject(HmacService) service: HmacService,
  ) {
    super();
    this.#nonces = settings.nonces;
    this.#service = service;
  }

  /** A nonce store that cannot be used ends the start. */
  async onModuleInit(): Promise<void> {
    await this.#nonces.start?.(this.#service.needs);
  }

  async onApplicationShutdown(): Promise<void> {
    await this.#nonces.stop?.();
  }
}
