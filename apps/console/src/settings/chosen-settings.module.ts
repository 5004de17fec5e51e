import { Module } from "@nestjs/common";
import { ChosenSettings } from "./chosen-settings.js";

/** What people have chosen, for all who go by it. */
@Module({ providers: [ChosenSettings], exports: [ChosenSettings] })
export class ChosenSettingsModule {}
