import { Module } from "@nestjs/common";
import { ChosenSettingsModule } from "../settings/chosen-settings.module.js";
import { AppViews } from "./app-views.js";
import { AppsController } from "./apps.controller.js";
import { Apps } from "./apps.js";
import { KeyViews } from "./key-views.js";
import { KeyWriter } from "./key-writer.js";
import { Keys } from "./keys.js";
import { KeysController } from "./keys.controller.js";
import { Rotations } from "./rotations.js";
import { KeySecrets } from "./secrets.js";

/** Apps and their keys. */
@Module({
  imports: [ChosenSettingsModule],
  providers: [Apps, AppViews, Keys, KeyViews, KeyWriter, KeySecrets, Rotations],
  controllers: [AppsController, KeysController],
  exports: [Apps, AppViews, KeyViews, KeySecrets],
})
export class CredentialsModule {}
