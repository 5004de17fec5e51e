import { Module } from "@nestjs/common";
import { HappenedController } from "./happened.controller.js";
import { RefusalLog } from "./refusal-log.js";
import { VerdictCharts } from "./verdict-charts.js";

/** What happened: verdicts that services have told. */
@Module({
  controllers: [HappenedController],
  providers: [VerdictCharts, RefusalLog],
})
export class HappenedModule {}
