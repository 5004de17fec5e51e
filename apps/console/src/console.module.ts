import { Module, type DynamicModule } from "@nestjs/common";
import { AccessModule } from "./access/access.module.js";
import { AccessRequestsModule } from "./access-requests/access-requests.module.js";
import { AuditModule } from "./audit/audit.module.js";
import { ConventionsModule } from "./conventions/conventions.module.js";
import { CredentialsModule } from "./credentials/credentials.module.js";
import { DatabaseModule } from "./database/database.module.js";
import type { OpenDatabase } from "./database/database.js";
import { ExportModule } from "./export/export.module.js";
import { EventsModule } from "./events/events.module.js";
import { ExplainingModule } from "./explaining/explaining.module.js";
import { HappenedModule } from "./happened/happened.module.js";
import { PeopleModule } from "./people/people.module.js";
import { MetricsModule } from "./metrics/metrics.module.js";
import { PingController } from "./ping/ping.controller.js";
import { SettingsRoutesModule } from "./settings/settings-routes.module.js";
import { RegistryModule } from "./registry/registry.module.js";
import { StartModule } from "./start/start.module.js";
import { SettingsModule } from "./start/settings.module.js";
import type { ConsoleSettings } from "./start/settings.js";
import { WebhooksModule } from "./webhooks/webhooks.module.js";

export interface ConsoleParts {
  readonly settings: ConsoleSettings;
  readonly database: OpenDatabase;
}

/** The whole console. */
@Module({})
export class ConsoleModule {
  static with({ settings, database }: ConsoleParts): DynamicModule {
    return {
      module: ConsoleModule,
      imports: [
        SettingsModule.with(settings),
        DatabaseModule.with(database),
        AccessModule,
        StartModule,
        AuditModule,
        MetricsModule,
        HappenedModule,
        ConventionsModule,
        CredentialsModule,
        AccessRequestsModule,
        ExportModule,
        SettingsRoutesModule,
        PeopleModule,
        RegistryModule,
        ExplainingModule,
        EventsModule,
        WebhooksModule,
      ],
      controllers: [PingController],
    };
  }
}
