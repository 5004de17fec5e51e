import { Inject, Injectable, type ExecutionContext } from "@nestjs/common";
import { Reflector } from "@nestjs/core";
import {
  InjectThrottlerOptions,
  InjectThrottlerStorage,
  ThrottlerGuard,
  type ThrottlerLimitDetail,
  type ThrottlerModuleOptions,
  type ThrottlerStorage,
} from "@nestjs/throttler";
import { Problem } from "../problems/problem.js";
import { DEFAULT_ADDRESS_LIMITS, type ConsoleSettings } from "../start/settings.js";
import { OPERATION, type OperationTerms } from "./operation.js";

/** The limits for one address. All routes count together; those by which people sign in also count by themselves. */
export const addressLimits = ({
  addressLimits: { perMinute, signInPerMinute } = DEFAULT_ADDRESS_LIMITS,
}: ConsoleSettings): ThrottlerModuleOptions => ({
  setHeaders: false,
  generateKey: (_context, tracker, name) => `${name} ${tracker}`,
  throttlers: [
    { name: "all", ttl: 60_000, limit: perMinute },
    { name: "sign-in", ttl: 60_000, limit: signInPerMinute, skipIf: isNoSignIn },
  ],
});

const accessOf = (context: ExecutionContext): string | undefined =>
  (Reflect.getMetadata(OPERATION, context.getHandler()) as OperationTerms | undefined)?.access.by;

const isNoSignIn = (context: ExecutionContext): boolean => accessOf(context) !== "sign-in";

/** Stands before every other guard. What services sign is counted by their app, elsewhere. */
@Injectable()
export class AddressLimitsGuard extends ThrottlerGuard {
  constructor(
    @InjectThrottlerOptions() options: ThrottlerModuleOptions,
    @InjectThrottlerStorage() storage: ThrottlerStorage,
    @Inject(Reflector) reflector: Reflector,
  ) {
    super(options, storage, reflector);
  }

  protected override shouldSkip(context: ExecutionContext): Promise<boolean> {
    return Promise.resolve(accessOf(context) === "service");
  }

  protected override throwThrottlingException(
    _context: ExecutionContext,
    { timeToBlockExpire }: ThrottlerLimitDetail,
  ): Promise<void> {
    throw new Problem("slow-down", { retryAfterSeconds: timeToBlockExpire });
  }
}
