import { Module } from "@nestjs/common";
import { CredentialsModule } from "../credentials/credentials.module.js";
import { Problem } from "../problems/problem.js";
import { Configuration } from "./configuration.js";
import { ExportController } from "./export.controller.js";
import { SECOND_FACTOR, type SecondFactor } from "./second-factor.js";

/** Nobody can prove it yet, so nobody can. */
const CLOSED: SecondFactor = {
  confirmSecondFactor: () => Promise.reject(new Problem("unavailable")),
};

/** Everything, to take along. */
@Module({
  imports: [CredentialsModule],
  providers: [Configuration, { provide: SECOND_FACTOR, useFactory: () => ({ ...CLOSED }) }],
  controllers: [ExportController],
  exports: [Configuration],
})
export class ExportModule {}
