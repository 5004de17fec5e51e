import type { KnownCommand } from "../command.js";
import { flagsOf, isFile, wordsOf, type Flag } from "./flags.js";

/** For fish 3. */
export function fishCompletions(commands: readonly KnownCommand[]): string {
  const lines = commands.flatMap((command) => {
    const { name, summary, description } = command;
    const within = `-n ${quoted(`__fish_seen_subcommand_from ${name}`)}`;
    const words = wordsOf(description);
    return [
      `complete -c lacre -f -n __fish_use_subcommand -a ${name} -d ${quoted(summary)}`,
      ...(words.length > 0 ? [`complete -c lacre -f ${within} -a ${quoted(words.join(" "))}`] : []),
      ...flagsOf(description).map((flag) => `complete -c lacre ${within} ${optionOf(flag)}`),
    ];
  });
  return `# lacre for fish: lacre completions fish > ~/.config/fish/completions/lacre.fish\n${lines.join("\n")}\n`;
}

function optionOf(flag: Flag): string {
  const { short, long, value, choices, summary } = flag;
  const behind =
    value === undefined
      ? ""
      : isFile(flag)
        ? " -r -F"
        : ` -x${choices.length > 0 ? ` -a ${quoted(choices.join(" "))}` : ""}`;
  return `${short === undefined ? "" : `-s ${short.slice(1)} `}-l ${long.slice(2)}${behind} -d ${quoted(summary)}`;
}

const quoted = (text: string): string => `'${text.replace(/['\\]/g, "\\$&")}'`;
