/** What the program says to its caller when it ends. */
export const EXIT = {
  /** Done; the request was accepted; the signature matches and nothing is wrong. */
  done: 0,
  /** The request was refused, a cause or a difference was found, a server is at fault, or a program that was to be run could not be. */
  refused: 1,
  /** Wrong use, or input that nothing can be done with. */
  unusable: 2,
} as const;

/** The user's mistake: one line that says what is wrong and how to mend it. Never holds a key. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** Takes out what might be a key that somebody typed where none belongs. */
export function withoutKeys(message: string): string {
  return message.replace(/lk1_[\w-]+/g, "lk1_…").replace(/(--[\w-]*key[\w-]*=)[^'\s]*/gi, "$1…");
}
