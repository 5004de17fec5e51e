/** A quotation mark, or a %, as the browsers of 2018 to 2023 write one inside of quotes. */
const CARETS_IN_QUOTES = /\^\\\^"|\^%/;

/**
 * Whether a command is written for cmd of Windows, as its browsers copy one: lines that end with ^, quotes as ^", carets
 * in quotes.
 */
export const isForCmd = (command: string): boolean =>
  /[\t ]\^\r?$/m.test(command) ||
  (/^\S*curl(?:\.exe)?[\t ]+\^?"/i.test(command) &&
    (/^\S+[\t ]+\^/.test(command) || CARETS_IN_QUOTES.test(command)));

/**
 * The words of a command as cmd of Windows and then the C runtime read it, up to its end, a pipe or a redirection.
 * Names between % are not replaced: what browsers copy has none.
 */
export const cmdWords = (command: string): string[] => splitArguments(withoutCarets(command));

/**
 * What cmd does: ^ takes the next character as it is, outside of quotes; at the end of a line it joins the next. For some
 * years browsers wrote carets in quotes too, which cmd leaves there: such a command is read as it was meant, since what
 * the browser itself sent had none.
 */
function withoutCarets(command: string): string {
  const text = command.replaceAll("\r\n", "\n");
  const inQuotes = CARETS_IN_QUOTES.test(text);
  let line = "";
  let quoted = false;
  for (let at = 0; at < text.length; at++) {
    const character = text[at] ?? "";
    if (character === "\n" || (!quoted && /[&|<>]/.test(character))) return line;
    if (character === '"') quoted = !quoted;
    if (character !== "^" || (quoted && !inQuotes)) {
      line += character;
      continue;
    }
    // Behind a line that is joined the first character is as it is too, a line end among them.
    if (text[at + 1] === "\n") at += 1;
    at += 1;
    line += text[at] ?? "";
  }
  return line;
}

/** What the C runtime does: blanks part, quotes keep together, \ counts before a quote alone, "" is one in quotes. */
function splitArguments(line: string): string[] {
  const words: string[] = [];
  let word: string | undefined;
  let quoted = false;
  for (let at = 0; at < line.length; at++) {
    const [, slashes = "", quote = ""] = /^(\\*)("?)/.exec(line.slice(at)) ?? [];
    if (quote !== "") {
      word = (word ?? "") + slashes.slice(0, Math.floor(slashes.length / 2));
      at += slashes.length;
      if (slashes.length % 2 === 1) word += '"';
      else if (quoted && line[at + 1] === '"') {
        word += '"';
        at += 1;
      } else quoted = !quoted;
    } else if (slashes !== "") {
      word = (word ?? "") + slashes;
      at += slashes.length - 1;
    } else if (!quoted && /[\t ]/.test(line[at] ?? "")) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else word = (word ?? "") + (line[at] ?? "");
  }
  return word === undefined ? words : [...words, word];
}
