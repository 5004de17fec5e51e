import type { INestApplicationContext } from "@nestjs/common";

/** What somebody does at the terminal of the console's machine, on its database, without signing in. */
export interface TerminalCommand {
  /** As it is typed: `audit verify`. */
  readonly name: string;
  readonly summary: string;
  /** In the words of commander: `--expect <hash>`, and what it means. */
  readonly options?: readonly (readonly [flags: string, meaning: string])[];
  /** Those without which it does nothing. */
  readonly required?: readonly (readonly [flags: string, meaning: string])[];
  /** Whether it opens what is sealed, and so is refused without the master keys of the database. */
  readonly opensSecrets?: true;
  /** @returns the exit code. What it has to say it prints to standard output */
  run(app: INestApplicationContext, options: Readonly<Record<string, string>>): Promise<number>;
}
