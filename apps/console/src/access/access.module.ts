import { Module } from "@nestjs/common";
import { APP_GUARD, APP_INTERCEPTOR, DiscoveryModule } from "@nestjs/core";
import { ThrottlerModule } from "@nestjs/throttler";
import { SignInModule } from "../sign-in/sign-in.module.js";
import { SETTINGS } from "../start/settings.js";
import { AccessGuard } from "./access.guard.js";
import { addressLimits, AddressLimitsGuard } from "./address-limits.guard.js";
import { InputInterceptor } from "./input.interceptor.js";
import { Operations } from "./operations.js";

/** Who may call what, and how often. */
@Module({
  imports: [
    DiscoveryModule,
    SignInModule,
    ThrottlerModule.forRootAsync({ inject: [SETTINGS], useFactory: addressLimits }),
  ],
  providers: [
    Operations,
    // In this order: who is over their limit is not looked at.
    { provide: APP_GUARD, useClass: AddressLimitsGuard },
    { provide: APP_GUARD, useClass: AccessGuard },
    { provide: APP_INTERCEPTOR, useClass: InputInterceptor },
  ],
  exports: [Operations],
})
export class AccessModule {}
