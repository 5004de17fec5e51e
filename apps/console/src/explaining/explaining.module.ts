import { Module } from "@nestjs/common";
import { CredentialsModule } from "../credentials/credentials.module.js";
import { HappenedModule } from "../happened/happened.module.js";
import { ExplainingController } from "./explaining.controller.js";
import { ExplainThreads } from "./explain-threads.js";

/** Why requests are refused. */
@Module({
  imports: [CredentialsModule, HappenedModule],
  controllers: [ExplainingController],
  providers: [ExplainThreads],
})
export class ExplainingModule {}
