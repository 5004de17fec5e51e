import { NestFactory } from "@nestjs/core";
import type { NestExpressApplication } from "@nestjs/platform-express";
import type { LoggerService } from "@nestjs/common";
import { ConsoleModule, type ConsoleParts } from "../console.module.js";
import { serveDocument } from "../documents/document.js";
import { ProblemFilter } from "../problems/problem.filter.js";
import { protect } from "./protect.js";
import { StartupTasks } from "./startup-task.js";

export interface ConsoleTerms extends ConsoleParts {
  readonly logger?: LoggerService | false;
}

/** The console, ready to listen. */
export async function createConsole({
  logger,
  ...parts
}: ConsoleTerms): Promise<NestExpressApplication> {
  const app = await NestFactory.create<NestExpressApplication>(ConsoleModule.with(parts), {
    bufferLogs: false,
    ...(logger !== undefined && { logger }),
  });
  protect(app);
  app.useGlobalFilters(new ProblemFilter());
  app.enableShutdownHooks();
  serveDocument(app);
  await app.init();
  await app.get(StartupTasks).run();
  return app;
}
