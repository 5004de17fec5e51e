import { Inject, Injectable } from "@nestjs/common";
import { ModuleRef } from "@nestjs/core";
import { HealthIndicatorService, type HealthIndicatorResult } from "@nestjs/terminus";
import { NonceStoreClockError, within } from "@lacre/core";
import { Gate } from "@lacre/node";
import type { HmacSettings } from "./hmac.options.js";
import { HMAC_SETTINGS } from "./hmac.tokens.js";

/** How long a claim may take whose store sets itself no limit. */
const PROBE_TIMEOUT_MS = 5_000;

/** Why the module would refuse a right request now. */
export type HmacHealthReason =
  | "keys-unavailable"
  | "nonces-starting"
  | "nonces-unavailable"
  | "clock-off";

/**
 * Says whether a right request would be let in now: claims a nonce that nobody sends, and looks at the key store. After
 * a failed look-up it has the app source asked again, so it comes up without a request; that takes
 * `keyCache.timeoutMs` at most, and the claim no more than 5 s.
 *
 * @example
 * check() { return this.health.check([() => this.hmac.isHealthy("hmac")]); }
 */
@Injectable()
export class HmacHealthIndicator {
  readonly #health: HealthIndicatorService;
  readonly #moduleRef: ModuleRef;

  constructor(
    @Inject(HealthIndicatorService) health: HealthIndicatorService,
    @Inject(ModuleRef) moduleRef: ModuleRef,
  ) {
    this.#health = health;
    this.#moduleRef = moduleRef;
  }

  /** Up, or down with the reason: no detail of a failure reaches whoever asks. */
  async isHealthy<Key extends string>(key: Key): Promise<HealthIndicatorResult<Key>> {
    const check = this.#health.check(key);
    const reason = await this.#reason();
    return reason === undefined ? check.up() : check.down({ reason });
  }

  async #reason(): Promise<HmacHealthReason | undefined> {
    // Not in the constructor, which may run before theirs.
    const { verifier } = this.#moduleRef.get(Gate, { strict: false });
    const { keys } = this.#moduleRef.get<HmacSettings>(HMAC_SETTINGS, { strict: false });
    // Without requests nothing else asks the source again, and a process that is down gets none.
    if (keys.failing === true) await keys.recheck?.();
    if (keys.failing === true) return "keys-unavailable";
    try {
      await within(PROBE_TIMEOUT_MS, verifier.probeNonces());
    } catch (error) {
      return error instanceof NonceStoreClockError ? "clock-off" : "nonces-unavailable";
    }
    return verifier.fencedForSeconds > 0 ? "nonces-starting" : undefined;
  }
}
