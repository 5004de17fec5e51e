import { Logger } from "@nestjs/common";
import { Command } from "commander";
import type { NestExpressApplication } from "@nestjs/platform-express";
import type { OpenDatabase } from "../database/database.js";
import { ConsoleLogger } from "../start/console-logger.js";
import { prepareConsole } from "../start/create-console.js";
import { knownOrigin } from "../start/known-origin.js";
import { openDatabase } from "../start/open-database.js";
import { readSettings, type StartSettings } from "../start/read-settings.js";
import { startConsole } from "../start/start-console.js";
import { MasterKeyChecks } from "../vault/master-key-checks.js";
import { AUDIT_VERIFY } from "./audit-verify.js";
import { EXPORT_APPS } from "./export-apps.js";
import { INVITE } from "./invite.js";
import { MOVE } from "./move.js";
import { REWRAP } from "./rewrap.js";
import type { TerminalCommand } from "./terminal-command.js";

const COMMANDS: readonly TerminalCommand[] = [AUDIT_VERIFY, INVITE, REWRAP, EXPORT_APPS, MOVE];

/** The command line: without a command it starts the console. */
export function program(): Command {
  const root = new Command("console")
    .description("Who may call, with which key, and what happened.")
    .exitOverride()
    .showHelpAfterError(`There are: ${COMMANDS.map(({ name }) => name).join(", ")}.`)
    .allowExcessArguments()
    .action((_options: object, { args: [unknown] }: Command) => {
      if (unknown !== undefined) root.error(`error: unknown command '${unknown}'`);
      return startConsole(process.env);
    });
  for (const command of COMMANDS) {
    const words = command.name.split(" ");
    const parent = words.slice(0, -1).reduce(groupOf, root);
    const added = parent.command(words.at(-1) ?? "").description(command.summary);
    added.showHelpAfterError(false); // that names all commands: it is for who knows none
    for (const [flags, meaning] of command.options ?? []) added.option(flags, meaning);
    for (const [flags, meaning] of command.required ?? []) added.requiredOption(flags, meaning);
    added.action((options: Record<string, string>) => run(command, options));
  }
  return root;
}

const groupOf = (parent: Command, word: string): Command =>
  parent.commands.find((known) => known.name() === word) ?? parent.command(word);

/** On the database that the environment names, where a console is. It may not be open elsewhere, if it is the embedded one. */
async function run(command: TerminalCommand, options: Record<string, string>): Promise<void> {
  const settings = readSettings(process.env, false);
  const logger = new ConsoleLogger(2);
  Logger.overrideLogger(logger);
  const database = await openDatabase(settings, false);
  const app = await prepared(settings, database, logger).catch(async (error: unknown) => {
    await database.close();
    throw error;
  });
  try {
    if (command.opensSecrets) await app.get(MasterKeyChecks, { strict: false }).run();
    process.exitCode = await command.run(app, options);
  } finally {
    await app.close();
  }
}

/** With the address that the running console has, unless the environment says another one. */
async function prepared(
  settings: StartSettings,
  database: OpenDatabase,
  logger: ConsoleLogger,
): Promise<NestExpressApplication> {
  const known = settings.isOriginGiven ? undefined : await knownOrigin(database.db);
  return prepareConsole({
    settings: { ...settings, ...(known !== undefined && { origin: known }) },
    database,
    logger,
  });
}
