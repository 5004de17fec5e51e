import type { CommandDescription, OptionDescription } from "../command.js";

/** An option as a shell sees it. */
export interface Flag {
  /** With its dashes. */
  readonly long: string;
  readonly short?: string;
  /** What its value is, where it takes one: `file`, `name`. */
  readonly value?: string;
  readonly choices: readonly string[];
  readonly repeats: boolean;
  readonly summary: string;
}

/** The options of a command that are to be seen. */
export const flagsOf = ({ options }: CommandDescription): Flag[] =>
  options.filter(({ hidden }) => hidden !== true).map(flagOf);

function flagOf({ flags, summary, choices = [], repeats = false }: OptionDescription): Flag {
  const [, short, long = "", value] = /^(?:(-\w), )?(--[\w-]+)(?: <(.+)>)?$/.exec(flags) ?? [];
  return { long, ...(short && { short }), ...(value && { value }), choices, repeats, summary };
}

/** Whether the value names a file. */
export const isFile = ({ value }: Flag): boolean => value === "file" || value === "path";

/** What the arguments of a command may be, where they are some words: `<bash|zsh|fish>`. */
export const wordsOf = ({ args = "" }: CommandDescription): string[] =>
  /^<(\w+(?:\|\w+)+)>$/.exec(args)?.[1]?.split("|") ?? [];
