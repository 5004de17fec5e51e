import { Global, Module, type DynamicModule } from "@nestjs/common";
import type { OpenDatabase } from "./database.js";

/** The `Database`. */
export const DATABASE = Symbol("console:database");
/** The `OpenDatabase`: also where it is, and how to hear what others say. */
export const OPEN_DATABASE = Symbol("console:open-database");

@Global()
@Module({})
export class DatabaseModule {
  /** Whoever ends the app closes it: see `Ending`. */
  static with(database: OpenDatabase): DynamicModule {
    return {
      module: DatabaseModule,
      providers: [
        { provide: DATABASE, useValue: database.db },
        { provide: OPEN_DATABASE, useValue: database },
      ],
      exports: [DATABASE, OPEN_DATABASE],
    };
  }
}
