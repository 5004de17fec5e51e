import { Module } from "@nestjs/common";
import { CredentialsModule } from "../credentials/credentials.module.js";
import { AccessRequests } from "./access-requests.js";
import { RequestViews } from "./request-views.js";
import { RequestsController } from "./requests.controller.js";

/** Developers ask, operators answer. */
@Module({
  imports: [CredentialsModule],
  providers: [AccessRequests, RequestViews],
  controllers: [RequestsController],
})
export class AccessRequestsModule {}
