import { Module } from "@nestjs/common";
import { CredentialsModule } from "../credentials/credentials.module.js";
import { Clocks } from "./clocks.js";
import { EndingKeys } from "./ending-keys.js";
import { HappenedController } from "./happened.controller.js";
import { ChosenSettingsModule } from "../settings/chosen-settings.module.js";
import { NearLimits } from "./near-limits.js";
import { OldRows } from "./old-rows.js";
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
  imports: [ChosenSettingsModule, CredentialsModule],
  controllers: [HappenedController, ReportsController, TailController],
  exports: [RefusalLog, OldRows],
  providers: [
    Tail,
    OpenSessions,
    VerdictCharts,
    RefusalLog,
    Clocks,
    Replays,
    NearLimits,
    OldRows,
    EndingKeys,
    ServiceHealth,
  ],
})
export class HappenedModule {}
