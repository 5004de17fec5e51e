import { Injectable, Logger } from "@nestjs/common";
import { DiscoveryService } from "@nestjs/core";

/** What a start does once, before anybody is let in. */
export interface RunsAtStart {
  /** What goes wrong here stops the start. */
  run(): Promise<void> | void;
}

/**
 * Marks a provider as an initial task: a class with `run()`. Add it to the providers of any module. Tasks run one after
 * the other, once the database is open and before the console listens; lower `order` first. Commands of the terminal do
 * not run them, so it is also the place to start what then runs by itself.
 *
 * @example
 * \@StartupTask({ name: "announce the address" })
 * \@Injectable()
 * class Announce implements RunsAtStart {
 *   async run() { … }
 * }
 */
export const StartupTask = DiscoveryService.createDecorator<{ name: string; order?: number }>();

/** Finds and runs them. */
@Injectable()
export class StartupTasks {
  readonly #log = new Logger("Start");

  constructor(private readonly discovery: DiscoveryService) {}

  async run(): Promise<void> {
    const tasks = this.discovery
      .getProviders({ metadataKey: StartupTask.KEY })
      .map((wrapper) => ({
        task: wrapper.instance as RunsAtStart,
        terms: this.discovery.getMetadataByDecorator(StartupTask, wrapper),
      }))
      .sort((a, b) => (a.terms?.order ?? 0) - (b.terms?.order ?? 0));
    for (const { task, terms } of tasks) {
      await task.run();
      this.#log.log(`Done: ${terms?.name}`);
    }
  }
}
