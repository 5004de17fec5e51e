import { Module } from "@nestjs/common";
import { ThrottlerModule } from "@nestjs/throttler";
import { HmacModule } from "@lacre/nestjs";
import { ConsoleKeyStore, RegistryReader } from "@lacre/stores/console";
import { OPEN_DATABASE } from "../database/database.module.js";
import type { OpenDatabase } from "../database/database.js";
import { IngestController } from "../ingest/ingest.controller.js";
import { Ingest } from "../ingest/ingest.js";
import { SETTINGS, type ConsoleSettings } from "../start/settings.js";
import { RegistryChanges } from "./registry-changes.js";
import { RegistryController } from "./registry.controller.js";
import { registryDatabase } from "./registry-database.js";

/** Calls of one service to one route, all its processes together. A limit in its record takes the place of this one. */
const CALLS_A_MINUTE = 30_000;
/** From one address. */
const REFUSED_A_MINUTE = 300;

/** What verifying services may call, and the check of their signatures. People never come in here, nor services elsewhere. */
@Module({
  imports: [
    HmacModule.forRootAsync({
      inject: [OPEN_DATABASE, SETTINGS],
      useFactory: (
        database: OpenDatabase,
        { origin, trustedProxies = [], wrapper }: ConsoleSettings,
      ) => ({
        apps: new ConsoleKeyStore({
          pool: registryDatabase(database),
          wrapper,
          kind: "service",
        }),
        origins: [origin],
        trustedProxies,
        ...(database.nonces !== undefined && { nonces: database.nonces }),
        signResponses: true,
      }),
    }),
    ThrottlerModule.forRoot({
      throttlers: [
        { name: "calls", ttl: 60_000, limit: CALLS_A_MINUTE },
        { name: "refused", ttl: 60_000, limit: REFUSED_A_MINUTE },
      ],
    }),
  ],
  controllers: [RegistryController, IngestController],
  providers: [
    {
      provide: RegistryReader,
      inject: [OPEN_DATABASE, SETTINGS],
      useFactory: (database: OpenDatabase, { wrapper }: ConsoleSettings) =>
        new RegistryReader(registryDatabase(database), wrapper),
    },
    RegistryChanges,
    Ingest,
  ],
})
export class RegistryModule {}
