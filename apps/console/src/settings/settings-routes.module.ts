import { Module } from "@nestjs/common";
import { VaultModule } from "../vault/vault.module.js";
import { ChosenSettingsModule } from "./chosen-settings.module.js";
import { SettingsController } from "./settings.controller.js";

/** Settings for people: what they choose, and the master key. */
@Module({ imports: [ChosenSettingsModule, VaultModule], controllers: [SettingsController] })
export class SettingsRoutesModule {}
