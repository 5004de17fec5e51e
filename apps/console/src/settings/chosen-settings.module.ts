import { Module } from "@nestjs/common";
import { ChosenSettings } from "./chosen-settings.js";

/** What people choose in the console. */
@Module({ providers: [ChosenSettings], exports: [ChosenSettings] })
export class ChosenSettingsModule {}
