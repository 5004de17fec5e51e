import { NestFactory } from "@nestjs/core";
import type { NestExpressApplication } from "@nestjs/platform-express";
import type { LoggerService } from "@nestjs/common";
import { Operations } from "../access/operations.js";
import { ConsoleModule, type ConsoleParts } from "../console.module.js";
import { DOCUMENT_PATH, serveDocument } from "../documents/document.js";
import { ConsoleMetrics } from "../metrics/console-metrics.js";
import { readPage } from "../page-files/built-page.js";
import { servePage } from "../page-files/serve-page.js";
import { sendProblemStyle, STYLE_PATH } from "../problems/problem-page.js";
import { ProblemFilter } from "../problems/problem.filter.js";
import { endConnections } from "./end-connections.js";
import { MethodsByPath } from "./methods-by-path.js";
import { protect } from "./protect.js";
import { readBodies } from "./read-bodies.js";
import { requestIds } from "./request-id.js";
import { requestLog } from "./request-log.js";
import { StartupTasks } from "./startup-task.js";

export interface ConsoleTerms extends ConsoleParts {
  readonly logger?: LoggerService | false;
  /** Where the page was built to; for tests. */
  readonly pageFolder?: string;
}

/** The console, ready to listen. */
export async function createConsole(terms: ConsoleTerms): Promise<NestExpressApplication> {
  const app = await prepareConsole(terms);
  try {
    await app.get(StartupTasks).run();
  } catch (error) {
    // First what works by itself, and then the database: it would complain that there is none.
    await app.close().catch(() => undefined);
    throw error;
  }
  return app;
}

/** The console without its initial tasks: for commands of the terminal, which do not listen. */
export async function prepareConsole({
  logger,
  pageFolder,
  ...parts
}: ConsoleTerms): Promise<NestExpressApplication> {
  const app = await NestFactory.create<NestExpressApplication>(ConsoleModule.with(parts), {
    bodyParser: false,
    // Who has opened the database closes it, and says what is wrong.
    abortOnError: false,
    ...(logger !== undefined && { logger }),
  });
  const methods = new MethodsByPath(app.get(Operations), [["GET", DOCUMENT_PATH]]);
  app.useGlobalFilters(new ProblemFilter((path) => methods.at(path)));
  app.use(requestIds);
  protect(app, parts.settings);
  app.use(STYLE_PATH, sendProblemStyle);
  app.use(servePage(readPage(pageFolder)));
  app.use(requestLog(app.get(ConsoleMetrics)));
  readBodies(app);
  serveDocument(app);
  endConnections(app);
  app.enableShutdownHooks();
  await app.init();
  return app;
}
