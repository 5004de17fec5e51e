import { Module } from "@nestjs/common";
import { APP_GUARD, APP_INTERCEPTOR, DiscoveryModule } from "@nestjs/core";
import { SignInModule } from "../sign-in/sign-in.module.js";
import { AccessGuard } from "./access.guard.js";
import { InputInterceptor } from "./input.interceptor.js";
import { Operations } from "./operations.js";

/** Who may call what. */
@Module({
  imports: [DiscoveryModule, SignInModule],
  providers: [
    Operations,
    { provide: APP_GUARD, useClass: AccessGuard },
    { provide: APP_INTERCEPTOR, useClass: InputInterceptor },
  ],
  exports: [Operations],
})
export class AccessModule {}
