import type { AppDefinition } from "@lacre/core";

/** What has changed in the registry. */
export interface RegistryNews {
  /** The number of the last change. */
  readonly seq: number;
  /** The apps that changed after the number that was asked for; `all` where it cannot be said which. */
  readonly changed: readonly string[] | "all";
}

/** How the console's registry is reached. */
export interface RegistryLine {
  /** Whether `news` waits for a change by itself where it may. */
  readonly waits: boolean;
  /**
   * The app as the registry has it now; undefined where there is none, or it is disabled.
   * @throws UnreadableAppError for a record that is there and cannot be opened; any other error where it cannot know
   */
  read(appId: string): Promise<AppDefinition | undefined>;
  /**
   * What has changed after a number; without one, the number of the last change.
   * @param mayWait whether the answer may take its time until there is a change: not where any answer is news
   * @param given ends the question: nobody waits for its answer any more
   * @throws where it cannot know
   */
  news(after: number | undefined, mayWait: boolean, given: AbortSignal): Promise<RegistryNews>;
  /** Has somebody told at once when `news` is worth asking. Without it they ask now and then. */
  listen?(wake: () => void): Promise<void>;
  close(): Promise<void>;
}
