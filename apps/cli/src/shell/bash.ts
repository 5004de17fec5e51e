import type { KnownCommand } from "../command.js";
import { flagsOf, isFile, wordsOf, type Flag } from "./flags.js";

/** For bash 3.2 and newer, with or without the package bash-completion. */
export function bashCompletions(commands: readonly KnownCommand[]): string {
  const names = commands.map(({ name }) => name);
  return `# lacre for bash: eval "$(lacre completions bash)" in ~/.bashrc
_lacre() {
  local cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD-1]} command= i
  COMPREPLY=()
  for ((i = 1; i < COMP_CWORD; i++)); do
    case \${COMP_WORDS[i]} in
      -*) ;;
      *) command=\${COMP_WORDS[i]}; break ;;
    esac
  done
  case $command in
    "" | help) ${replies(["help", ...names, "--help", "--version"])} ;;
${commands.map(caseOf).join("\n")}
  esac
}
complete -o default -F _lacre lacre
`;
}

function caseOf({ name, description }: KnownCommand): string {
  const flags = flagsOf(description);
  const byValue = flags.filter(({ value }) => value !== undefined).map(valueCase);
  const words = [...wordsOf(description), ...flags.map(({ long }) => long), "--help"];
  return `    ${name})
      case $prev in
${byValue.map((line) => `        ${line}\n`).join("")}        *) ${replies(words)} ;;
      esac ;;`;
}

function valueCase(flag: Flag): string {
  const { short, long, choices } = flag;
  const pattern = [...(short === undefined ? [] : [short]), long].join(" | ");
  if (choices.length > 0) return `${pattern}) ${replies(choices)} ;;`;
  return `${pattern}) ${isFile(flag) ? 'COMPREPLY=($(compgen -f -- "$cur"))' : "compopt +o default 2>/dev/null"} ;;`;
}

const replies = (words: readonly string[]): string =>
  `COMPREPLY=($(compgen -W "${words.join(" ")}" -- "$cur"))`;
