/** How much of one text a line of the log takes. */
const MAX_LENGTH = 1000;
/** How much of a text is looked at: what is cut off before it is masked must be beyond what is shown. */
const MAX_READ = 4 * MAX_LENGTH;

/** What ends a line, moves the cursor or turns the direction of writing. */
const CONTROL = /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

/** A text as part of one line: control characters are escaped, and what is too long is cut. */
export function lineOf(text: string): string {
  const line = text.slice(0, MAX_LENGTH).replace(CONTROL, escaped);
  return text.length > MAX_LENGTH ? `${line}…` : line;
}

function escaped(character: string): string {
  if (character === "\n") return "\\n";
  const code = character.charCodeAt(0).toString(16);
  return `\\u${code.padStart(4, "0")}`;
}

// A password may have spaces, and any number of "@" that nobody has encoded: the last one ends it. A number behind the
// colon that stands alone is a port.
const PASSWORD_IN_URL = /:\/\/[^\s/:@]*:(?!\d{1,5}(?:[\s/,;)\]}'"`?#]|$))[^@]*@(?:\S*@)?/g;
const USER_IN_URL = /:\/\/(?!\/)\S*@/g;
/** Without a scheme: what is left of a URL that a library has taken for the name of a host. */
const PASSWORD_BEFORE_HOST = /[^\s:/@"'`(]*:[^\s/@][^\s@]*@(?:\S*@)?/g;
/** As in a URL, a DSN of libpq or an object that was printed: quoted values may hold escapes, and be cut off. */
const PASSWORD_PARAM =
  /((?:password|passwd|pwd|passphrase|secret|token)["']?\s*[=:]\s*)(?:"(?:[^"\\]|\\.)*"?|'(?:[^'\\]|\\.)*'?|[^\s&;,"'`]+)/gi;

/** A text without the credentials of the URLs and connection strings in it. */
function withoutCredentials(text: string): string {
  const kept = text.replace(PASSWORD_PARAM, "$1***");
  if (!kept.includes("@")) return kept;
  return kept
    .replace(PASSWORD_IN_URL, "://***@")
    .replace(USER_IN_URL, "://***@")
    .replace(PASSWORD_BEFORE_HOST, "***@");
}

/** What a log says of an error, whatever it is: its message as part of one line, without credentials. Never throws. */
export function reasonOf(error: unknown): string {
  return lineOf(withoutCredentials(messageOf(error).slice(0, MAX_READ)));
}

/** Where an error was made, a line for each call, each with a line feed before it. Never throws. */
export function framesOf(error: unknown): string {
  try {
    const { stack = "", message } = error as Error;
    // The message may say what a stranger chose, and must not pass for a call: only what is behind it may begin a line.
    const at = stack.indexOf(message);
    if (at < 0 || stack.slice(0, at).includes("\n")) return "";
    const frames = stack.slice(at + message.length).split("\n");
    return frames
      .filter((line) => /^ +at /.test(line))
      .map((line) => `\n${lineOf(line)}`)
      .join("");
  } catch {
    return "";
  }
}

function messageOf(error: unknown): string {
  try {
    // Not instanceof: errors of another realm are none of ours.
    const { message, name, code, errors } = (error ?? {}) as Partial<NodeJS.ErrnoException> &
      Partial<AggregateError>;
    if (typeof message !== "string") return String(error);
    if (message !== "") return message;
    // Node's own, for a host of several addresses of which none answers, has no message but theirs.
    const parts = Array.isArray(errors) ? errors.map(messageOf) : [];
    return [...new Set(parts)].join("; ") || String(code ?? name);
  } catch {
    return "a value without text"; // an object without a prototype, or with a getter that throws
  }
}

/**
 * What is equal of texts that say the same: numbers, ids and whatever else differs from request to request left out.
 * @param appId which such texts may name too
 */
export function kindOf(text: string, appId = ""): string {
  return text.replace(WORD, (word) => (isChangeable(word, appId) ? "#" : word));
}

const WORD = /[^\s"'`()[\]{}<>,;:=]+/g;
/** Longer than words are. */
const LONG = 40;

const isChangeable = (word: string, appId: string): boolean =>
  /\d/.test(word) ||
  word.length > LONG ||
  word === appId ||
  (appId.length > 3 && word.includes(appId));
