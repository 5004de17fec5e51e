import { Module } from "@nestjs/common";
import { CredentialsModule } from "../credentials/credentials.module.js";
import { SignInModule } from "../sign-in/sign-in.module.js";
import { Configuration } from "./configuration.js";
import { ExportController } from "./export.controller.js";

/** Everything, to take along. */
@Module({
  imports: [CredentialsModule, SignInModule],
  providers: [Configuration],
  controllers: [ExportController],
  exports: [Configuration],
})
export class ExportModule {}
