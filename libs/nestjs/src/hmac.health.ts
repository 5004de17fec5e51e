import { randomUUID } from "node:crypto";
import { Inject, Injectable } from "@nestjs/common";
import { ModuleRef } from "@nestjs/core";
import { HealthIndicatorService, type HealthIndicatorResult } from "@nestjs/terminus";
import { fenceOf, NonceStoreClockError } from "@lacre/core";
import type { HmacSettings } from "./hmac.options.js";
import { HMAC_SETTINGS } from "./hmac.tokens.js";

/** Why the module would refuse a right request now. */
export type HmacHealthReason =
  | "keys-unavailable"
  | "nonces-starting"
  | "nonces-unavailable"
  | "clock-off";

/**
 * Says whether a right request would be let in now: claims a nonce that nobody sends, and looks at the key store. After
 * a failed look-up it has the app source asked again, so it comes up without a request; that takes
 * `keyCache.timeoutMs` at most.
 *
 * @example
 * check() { return this.health.check([() => this.hmac.isHealthy("hmac")]); }
 */
@Injectable()
export class HmacHealthIndicator {
  readonly #health: HealthIndicatorService;
  readonly #settings: HmacSettings;

  constructor(
    @Inject(HealthIndicatorService) health: HealthIndicatorService,
    @Inject(ModuleRef) moduleRef: ModuleRef,
  ) {
    this.#health = health;
    this.#settings = moduleRef.get<HmacSettings>(HMAC_SETTINGS, { strict: false });
  }

  /** Up, or down with the reason: no detail of a failure reaches whoever asks. */
  async isHealthy<Key extends string>(key: Key): Promise<HealthIndicatorResult<Key>> {
    const check = this.#health.check(key);
    const reason = await this.#reason();
    return reason === undefined ? check.up() : check.down({ reason });
  }

  async #reason(): Promise<HmacHealthReason | undefined> {
    const { nonces, keys, window, clock } = this.#settings;
    // Without requests nothing else asks the source again, and a process that is down gets none.
    if (keys.failing === true) await keys.recheck?.();
    if (keys.failing === true) return "keys-unavailable";
    try {
      // The line feed is in no AppId, so no request can have this key.
      await nonces.claim(`\nhealth ${randomUUID()}`, clock.nowMs() + 1000);
    } catch (error) {
      return error instanceof NonceStoreClockError ? "clock-off" : "nonces-unavailable";
    }
    return clock.nowMs() / 1000 < fenceOf(nonces, window) + 1 ? "nonces-starting" : undefined;
  }
}
