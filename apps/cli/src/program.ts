import { ConfigurationError } from "@lacre/core";
import { Command, CommanderError, Option } from "commander";
import type {
  CommandDescription,
  KnownCommand,
  KnownProgram,
  OptionDescription,
} from "./command.js";
import { COMMANDS, type ListedCommand } from "./commands.js";
import { EXIT, UsageError, withoutKeys } from "./exit.js";
import type { Io } from "./io.js";
import { refuseKeyArguments } from "./key-arguments.js";
import { PROFILE_OPTION } from "./profile-option.js";
import { PROGRAM_DETAILS } from "./program-details.js";
import { refuseMissing } from "./refuse-missing.js";
import { readVersion } from "./version.js";

const takesProfile = ({ options }: CommandDescription): boolean => options.includes(PROFILE_OPTION);

/** Runs one command line and says the exit code. Nothing it throws at the user has a stack or a key. */
export async function run(args: readonly string[], io: Io): Promise<number> {
  let code: number = EXIT.done;
  const program = new Command("lacre")
    .description("Keys, signatures and verdicts on the command line.")
    .version(readVersion())
    .enablePositionalOptions()
    .addHelpText("after", PROGRAM_DETAILS);
  const asked = nameIn(args);
  const known = COMMANDS.filter(({ name }) => name === asked);
  // The others are for the help, and for a name that is not known.
  for (const listed of known.length > 0 ? known : COMMANDS) {
    const command = listedCommand(listed);
    program.addCommand(command);
    if (listed.name !== asked) continue;
    const description = await listed.load();
    prepare(command, description).action(async function (this: Command) {
      const said = this.opts<object>();
      refuseKeyArguments(said);
      const options = takesProfile(description) ? await profiled(io, said) : said;
      refuseMissingFiles(description, options);
      code = await description.run(io, { args: this.args, options, program: loadAll });
    });
  }
  for (const command of [program, ...program.commands]) settle(command, io);

  try {
    await program.parseAsync(args, { from: "user" });
    return code;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : EXIT.unusable;
    io.stderr.write(`lacre: ${oneLine(error)}\n`);
    return EXIT.unusable;
  }
}

/** Loaded only here: most of the time that a start takes is what it loads. */
async function profiled(io: Io, said: object): Promise<object> {
  const { withProfile } = await import("./profile.js");
  return withProfile(io, said);
}

async function loadAll(): Promise<KnownProgram> {
  const commands: KnownCommand[] = [];
  for (const { name, summary, load } of COMMANDS)
    commands.push({ name, summary, description: await load() });
  return { version: readVersion(), details: PROGRAM_DETAILS, commands };
}

/** The command that is meant: the program itself has no option with a value. */
function nameIn(args: readonly string[]): string | undefined {
  const [first, second] = args.filter((word) => !word.startsWith("-"));
  return first === "help" ? second : first;
}

const listedCommand = ({ name, summary }: ListedCommand): Command =>
  new Command(name).description(`${capitalised(summary)}.`).summary(summary);

function prepare(
  command: Command,
  { args, passesThrough, options, details }: CommandDescription,
): Command {
  if (args !== undefined) command.arguments(args);
  // -h is for the other program then.
  if (passesThrough) command.passThroughOptions().allowUnknownOption().helpOption("--help");
  for (const option of options) command.addOption(readOption(option));
  return command.addHelpText("after", `\n${details}`);
}

function readOption({
  flags,
  summary,
  choices,
  repeats,
  hidden = false,
}: OptionDescription): Option {
  const option = new Option(flags, summary).hideHelp(hidden);
  if (choices !== undefined) option.choices(choices);
  if (repeats)
    option.argParser((value: string, before?: readonly string[]) => [...(before ?? []), value]);
  return option;
}

/** A file that is not there is said first: what else is missing may follow from it. */
function refuseMissingFiles({ options }: CommandDescription, given: object): void {
  for (const { flags } of options) {
    if (!flags.endsWith("<file>")) continue;
    const name = new Option(flags).attributeName();
    const said = (given as Record<string, string | readonly string[] | undefined>)[name];
    for (const path of [said ?? []].flat()) refuseMissing(path);
  }
}

/** Lets commander speak through `io`, and return instead of ending the process. */
function settle(command: Command, io: Io): void {
  command.exitOverride().configureOutput({
    writeOut: (text) => io.stdout.write(text),
    writeErr: (text) => io.stderr.write(text),
    outputError: (text, write) => write(withoutKeys(text.replace(/^error: /, "lacre: "))),
  });
}

function oneLine(error: unknown): string {
  if (error instanceof UsageError || error instanceof ConfigurationError)
    return withoutKeys(error.message);
  return `unexpected failure: ${withoutKeys(String(error).replace(/\s+/g, " "))}. Please report it.`;
}

const capitalised = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
