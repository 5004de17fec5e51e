import type { CommandDescription } from "../command.js";
import { EXIT, UsageError } from "../exit.js";
import { bashCompletions } from "../shell/bash.js";
import { fishCompletions } from "../shell/fish.js";
import { zshCompletions } from "../shell/zsh.js";

const WRITERS = { bash: bashCompletions, zsh: zshCompletions, fish: fishCompletions };

export const completions: CommandDescription = {
  args: "<bash|zsh|fish>",
  options: [],
  details: `Commands, options, the names that an option takes, and files where one is asked for.

  bash:  eval "$(lacre completions bash)" in ~/.bashrc
  zsh:   eval "$(lacre completions zsh)" in ~/.zshrc, behind compinit
  fish:  lacre completions fish > ~/.config/fish/completions/lacre.fish`,

  async run(io, { args, program }) {
    const [shell = ""] = args;
    if (!Object.hasOwn(WRITERS, shell))
      throw new UsageError(
        `${JSON.stringify(shell)} is none of the shells: ${Object.keys(WRITERS).join(", ")}.`,
      );
    const { commands } = await program();
    io.stdout.write(WRITERS[shell as keyof typeof WRITERS](commands));
    return EXIT.done;
  },
};
