import { readFileSync } from "node:fs";
import { Command, CommanderError, Option } from "commander";
import { ConfigurationError } from "@lacre/core";
import type { CommandDescription, OptionDescription } from "./command.js";
import { curl } from "./commands/curl.js";
import { doctor } from "./commands/doctor.js";
import { explain } from "./commands/explain.js";
import { exportCollection } from "./commands/export.js";
import { keygen } from "./commands/keygen.js";
import { presign } from "./commands/presign.js";
import { profiles } from "./commands/profiles.js";
import { replay } from "./commands/replay.js";
import { sign } from "./commands/sign.js";
import { verify } from "./commands/verify.js";
import { refuseKeyArguments } from "./credentials.js";
import { EXIT, UsageError, withoutKeys } from "./exit.js";
import { refuseMissing } from "./inputs.js";
import type { Io } from "./io.js";
import { PROFILE_OPTION, withProfile } from "./profile.js";

const COMMANDS: readonly CommandDescription[] = [
  keygen,
  sign,
  presign,
  curl,
  verify,
  explain,
  replay,
  doctor,
  exportCollection,
  profiles,
];

const takesProfile = ({ options }: CommandDescription): boolean => options.includes(PROFILE_OPTION);

const DETAILS = `
Environment:
  LACRE_APP_ID    the AppId, where --app-id is not given
  LACRE_API_KEY   the ApiKey, where --key-file is not given; never an argument
  LACRE_PROFILE   the profile, where --profile is not given

Flags come before the environment, and the environment before the profile: lacre profiles --help.

Exit codes:
  0  done, the request was accepted, or the signature matches and nothing is wrong
  1  the request was refused, a cause or a difference was found, a server is at fault, or
     curl could not be run, or its answer is not signed rightly; lacre curl passes on
     curl's own code
  2  wrong use, or input that nothing can be done with

Example:
  lacre keygen --app-id orders
  LACRE_APP_ID=orders LACRE_API_KEY=lk1_… lacre curl https://api.example.com/v1/items`;

/** Runs one command line and says the exit code. Nothing it throws at the user has a stack or a key. */
export async function run(args: readonly string[], io: Io): Promise<number> {
  let code: number = EXIT.done;
  const program = new Command("lacre")
    .description("Keys, signatures and verdicts on the command line.")
    .version(readVersion())
    .enablePositionalOptions()
    .addHelpText("after", DETAILS);
  for (const description of COMMANDS)
    program.addCommand(
      prepare(description).action(async function (this: Command) {
        const said = this.opts<object>();
        refuseKeyArguments(said);
        const options = takesProfile(description) ? withProfile(io, said) : said;
        refuseMissingFiles(description, options);
        code = await description.run(io, { args: this.args, options });
      }),
    );
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

function prepare({
  name,
  summary,
  args,
  passesThrough,
  options,
  details,
}: CommandDescription): Command {
  const command = new Command(name).description(`${capitalised(summary)}.`).summary(summary);
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

function readVersion(): string {
  const text = readFileSync(new URL("../package.json", import.meta.url), "utf8");
  return (JSON.parse(text) as { version: string }).version;
}
