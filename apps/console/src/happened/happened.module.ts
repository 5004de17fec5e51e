import { Module } from "@nestjs/common";
import { Clocks } from "./clocks.js";
import { HappenedController } from "./happened.controller.js";
import { HappenedSettings } from "./happened-settings.js";
import { NearLimits } from "./near-limits.js";
import { RefusalLog } from "./refusal-log.js";
import { Replays } from "./replays.js";
import { ReportsController } from "./reports.controller.js";
import { ServiceHealth } from "./service-health.js";
import { OpenSessions } from "./tail/open-sessions.js";
import { TailController } from "./tail/tail.controller.js";
import { Tail } from "./tail/tail.js";
import { VerdictCharts } from "./verdict-charts.js";

/** What happened: verdicts that services have told. */
@Module({
  controllers: [HappenedController, ReportsController, TailController],
  providers: [
    HappenedSettings,
    Tail,
    OpenSessions,
    VerdictCharts,
    RefusalLog,
    Clocks,
    Replays,
    NearLimits,
    ServiceHealth,
  ],
  exports: [HappenedSettings],
})
export class HappenedModule {}
