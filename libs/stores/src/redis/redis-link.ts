/* A connection to Redis, whichever library it is made with. */

export type Command = readonly [name: string, ...args: string[]];

/** What a connection tells. */
export interface LinkEvents {
  /** The connection is gone. */
  readonly lost: () => void;
  /** A connection stands; not necessarily to the server that the last one went to. */
  readonly ready: () => void;
  readonly failed: (error: unknown) => void;
}

/** A Redis connection that opens again by itself. */
export interface RedisLink {
  /** Whether somebody has opened it, be it that no connection stands now. */
  readonly isOpen: boolean;
  /** Whether a command would go out now. */
  readonly isReady: boolean;
  /** Put in front of every key that this link sends. */
  readonly keyPrefix: string;
  send(command: Command): Promise<unknown>;
  /** MULTI, the commands and EXEC, in one write; what EXEC answers, and a rejection if any command failed. */
  transaction(commands: readonly Command[]): Promise<readonly unknown[]>;
  /** Resolves when the connection stands; opens it if nobody has. */
  open(): Promise<void>;
  /** The returned function ends it. */
  listen(events: LinkEvents): () => void;
  /** Closes the connection at once. */
  close(): void;
}

/** Whether a client has these methods: what it is called says little. */
export const hasMethods = (client: object, ...methods: string[]): boolean =>
  methods.every((name) => typeof (client as Record<string, unknown>)[name] === "function");

/** A client as what tells events. */
interface Emitter {
  on(event: string, listener: (...args: unknown[]) => void): unknown;
  off(event: string, listener: (...args: unknown[]) => void): unknown;
}

/** Listens; the returned function ends it. */
export function listening(
  emitter: Emitter,
  listeners: Record<string, (...args: unknown[]) => void>,
): () => void {
  for (const [event, listener] of Object.entries(listeners)) emitter.on(event, listener);
  return () => {
    for (const [event, listener] of Object.entries(listeners)) emitter.off(event, listener);
  };
}

/** Resolves when it happens. */
export function eventOf(emitter: Emitter, event: string): Promise<void> {
  return new Promise((resolve) => {
    const stop = listening(emitter, {
      [event]: () => {
        stop();
        resolve();
      },
    });
  });
}
