import { Logger, type ExecutionContext } from "@nestjs/common";
import type { ThrottlerGetTrackerFunction } from "@nestjs/throttler";
import { reasonOf, within } from "@lacre/core";

// What requests are counted under. Each begins with its kind, so no address can spell an app, whatever callers send.
// An AppId has no space.

/** All that an app has really sent. */
export const ofApp = (appId: string): string => `app:${appId}`;

/** All that comes from an address. */
export const ofAddress = (address: string): string => `address:${address}`;

/** What anybody may send again who has seen it: from elsewhere it must not count here. */
export const ofAppAt = (appId: string, address: string): string =>
  `${ofApp(appId)} ${ofAddress(address)}`;

const QUIET_MS = 60_000;
/** How long an address may be looked for; then it is the request's own. */
const PATIENCE_MS = 250;

const asPromise = async (value: unknown): Promise<unknown> => value;

/** Finds out where requests come from, as the application wants it. */
export class Addresses {
  readonly #ownTracker: (request: Asked) => unknown;
  readonly #logger = new Logger("HmacThrottlerGuard");
  #quietUntilMs = 0;

  /** @param ownTracker what says an address where the application's `getTracker` does not */
  constructor(ownTracker: (request: Asked) => unknown) {
    this.#ownTracker = ownTracker;
  }

  /**
   * The text of whatever `getTracker` gives. The request's own address where it gives nothing, or throws: whoever leaves
   * a header out must not escape a limit. Undefined where there is no address either, as behind a Unix socket.
   */
  async of(
    getTracker: ThrottlerGetTrackerFunction,
    request: Asked,
    context: ExecutionContext,
  ): Promise<string | undefined> {
    try {
      const text = textOf(await within(PATIENCE_MS, asPromise(getTracker(request, context))));
      if (text !== undefined) return text;
    } catch (error) {
      this.#tell(error);
    }
    try {
      return textOf(await this.#ownTracker(request));
    } catch {
      return undefined;
    }
  }

  /** Callers may be able to provoke it, so it is told once a minute. */
  #tell(error: unknown): void {
    if (Date.now() < this.#quietUntilMs) return;
    this.#quietUntilMs = Date.now() + QUIET_MS;
    this.#logger.error(
      `getTracker throws, and the address is taken in place of what it gives: ${reasonOf(error)}`,
    );
  }
}

/** As @nestjs/throttler takes it, into a text. */
function textOf(value: unknown): string | undefined {
  if (value === undefined || value === null) return undefined;
  const text = String(value);
  return text === "" ? undefined : text;
}

/** A request as the library hands it to `getTracker`. */
export type Asked = Parameters<ThrottlerGetTrackerFunction>[0];
