import { Module } from "@nestjs/common";
import { APP_INTERCEPTOR } from "@nestjs/core";
import { IdempotencyInterceptor } from "./idempotency.interceptor.js";
import { RepeatedRequests } from "./repeated-requests.js";
import { VersionInterceptor } from "./version.interceptor.js";

/** What all operations have in common: versions, and requests that are sent again. Behind the reading of the input. */
@Module({
  providers: [
    RepeatedRequests,
    { provide: APP_INTERCEPTOR, useClass: VersionInterceptor },
    { provide: APP_INTERCEPTOR, useClass: IdempotencyInterceptor },
  ],
})
export class ConventionsModule {}
