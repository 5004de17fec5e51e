import type { KnownCommand } from "../command.js";
import { flagsOf, isFile, wordsOf, type Flag } from "./flags.js";

/** For zsh 5, as a file `_lacre` on the fpath or to be evaluated. */
export function zshCompletions(commands: readonly KnownCommand[]): string {
  return `#compdef lacre
# lacre for zsh: eval "$(lacre completions zsh)" in ~/.zshrc, behind compinit
_lacre() {
  local -a commands
  if (( CURRENT == 2 )); then
    commands=(
${commands.map(({ name, summary }) => `      ${quoted(`${name}:${summary}`)}`).join("\n")}
    )
    _describe command commands
    return
  fi
  local command=$words[2]
  shift words
  (( CURRENT-- ))
  case $command in
${commands.map(caseOf).join("\n")}
  esac
}
if [[ $funcstack[1] == _lacre ]]; then _lacre "$@"; else compdef _lacre lacre; fi
`;
}

function caseOf({ name, description }: KnownCommand): string {
  const words = wordsOf(description);
  const rest = words.length > 0 ? `1:argument:(${words.join(" ")})` : "*:argument:_default";
  const specs = [...flagsOf(description).flatMap(specsOf), "--help[show the help]", rest];
  return `    ${name})
      _arguments \\
${specs.map((spec) => `        ${quoted(spec)}`).join(" \\\n")} ;;`;
}

function specsOf(flag: Flag): string[] {
  const { short, long, value, summary, repeats, choices } = flag;
  const said = summary.replace(/[\\[\]:]/g, "\\$&");
  const action = choices.length > 0 ? `(${choices.join(" ")})` : isFile(flag) ? "_files" : " ";
  const behind = value === undefined ? "" : `:${value.replaceAll(":", " ")}:${action}`;
  const names = short === undefined ? [long] : [short, long];
  return names.map((name) => `${repeats ? "*" : ""}${name}[${said}]${behind}`);
}

const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;
