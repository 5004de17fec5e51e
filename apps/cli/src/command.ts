import type { Io } from "./io.js";

/** One option of a command, as commander writes it. */
export interface OptionDescription {
  /** `-H, --header <line>` */
  readonly flags: string;
  readonly summary: string;
  readonly choices?: readonly string[];
  /** Given any number of times; the command gets a list. */
  readonly repeats?: boolean;
  /** Understood, in order to be refused with a reason. */
  readonly hidden?: boolean;
}

/** What the user wrote. */
export interface Call<Options extends object = object> {
  readonly args: readonly string[];
  readonly options: Options;
  /** The program itself, for commands that speak of all of it. */
  readonly program: () => Promise<KnownProgram>;
}

/** What the program is to those that speak of all of it. */
export interface KnownProgram {
  readonly version: string;
  /** What its help says below the commands. */
  readonly details: string;
  readonly commands: readonly KnownCommand[];
}

/** A command with its name, as the program lists it. */
export interface KnownCommand {
  readonly name: string;
  readonly summary: string;
  readonly description: CommandDescription;
}

/** A command as data: the program makes its grammar and its help from this. */
export interface CommandDescription<Options extends object = object> {
  /** `<METHOD> <URL>` */
  readonly args?: string;
  /** Everything after the first argument that is none of the options belongs to another program. */
  readonly passesThrough?: boolean;
  readonly options: readonly OptionDescription[];
  /** Printed below the options. */
  readonly details: string;
  /** Says the exit code. Throws `UsageError`, `ConfigurationError`. */
  run(io: Io, call: Call<Options>): Promise<number>;
}
