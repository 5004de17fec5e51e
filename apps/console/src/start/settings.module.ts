import { Global, Module, type DynamicModule } from "@nestjs/common";
import { SETTINGS, type ConsoleSettings } from "./settings.js";

@Global()
@Module({})
export class SettingsModule {
  static with(settings: ConsoleSettings): DynamicModule {
    const provider = { provide: SETTINGS, useValue: settings };
    return { module: SettingsModule, providers: [provider], exports: [provider] };
  }
}
