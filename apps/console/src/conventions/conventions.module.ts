import { Module } from "@nestjs/common";
import { APP_INTERCEPTOR } from "@nestjs/core";
import { IdempotencyInterceptor } from "./idempotency.interceptor.js";
import { RepeatedRequests } from "./repeated-requests.js";
import { AnswerHeadersInterceptor } from "./answer-headers.interceptor.js";

/** What all operations have in common: versions, and requests that are sent again. Behind the reading of the input. */
@Module({
  providers: [
    RepeatedRequests,
    { provide: APP_INTERCEPTOR, useClass: AnswerHeadersInterceptor },
    { provide: APP_INTERCEPTOR, useClass: IdempotencyInterceptor },
  ],
})
export class ConventionsModule {}
