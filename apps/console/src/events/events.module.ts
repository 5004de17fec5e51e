import { Module } from "@nestjs/common";
import { HappenedModule } from "../happened/happened.module.js";
import { ChosenSettingsModule } from "../settings/chosen-settings.module.js";
import { Alarms } from "./alarms.js";
import { RegularWork } from "./regular-work.js";

/** What people should know of, found by the console itself. */
@Module({
  imports: [ChosenSettingsModule, HappenedModule],
  providers: [Alarms, RegularWork],
})
export class EventsModule {}
