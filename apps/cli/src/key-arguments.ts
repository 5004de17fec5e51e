import { UsageError } from "./exit.js";

/** A key where none belongs: understood in order to be refused. */
export interface KeyArguments {
  readonly apiKey?: string | true;
  readonly key?: string | true;
}

/**
 * Refuses a key on the command line, before anything else is looked at.
 * @throws UsageError
 */
export function refuseKeyArguments({ apiKey, key }: KeyArguments): void {
  if (apiKey !== undefined || key !== undefined)
    throw new UsageError(
      "A key is never given as an argument: other users see it in the list of processes, and the shell keeps it in its history. Use --key-file FILE or the environment variable LACRE_API_KEY.",
    );
}
