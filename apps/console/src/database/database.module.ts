import { Global, Module, type DynamicModule, type OnApplicationShutdown } from "@nestjs/common";
import type { OpenDatabase } from "./database.js";

/** The `Database`. */
export const DATABASE = Symbol("console:database");
/** The `OpenDatabase`: also where it is, and how to hear what others say. */
export const OPEN_DATABASE = Symbol("console:open-database");

class Closing implements OnApplicationShutdown {
  constructor(private readonly database: OpenDatabase) {}
  onApplicationShutdown(): Promise<void> {
    return this.database.close();
  }
}

@Global()
@Module({})
export class DatabaseModule {
  /** Closes the database when the app ends. */
  static with(database: OpenDatabase): DynamicModule {
    return {
      module: DatabaseModule,
      providers: [
        { provide: DATABASE, useValue: database.db },
        { provide: OPEN_DATABASE, useValue: database },
        { provide: Closing, useFactory: () => new Closing(database) },
      ],
      exports: [DATABASE, OPEN_DATABASE],
    };
  }
}
