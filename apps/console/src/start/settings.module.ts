import { Global, Module, type DynamicModule } from "@nestjs/common";
import { systemClock } from "@lacre/core";
import { CLOCK, SETTINGS, type ConsoleSettings } from "./settings.js";

@Global()
@Module({})
export class SettingsModule {
  static with(settings: ConsoleSettings): DynamicModule {
    const providers = [
      { provide: SETTINGS, useValue: settings },
      { provide: CLOCK, useValue: settings.clock ?? systemClock },
    ];
    return { module: SettingsModule, providers, exports: [SETTINGS, CLOCK] };
  }
}
