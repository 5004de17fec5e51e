import { Logger } from "@nestjs/common";
import { Client, type ClientConfig } from "pg";

const FIRST_WAIT_MS = 100;
const LONGEST_WAIT_MS = 10_000;
/** A connection whose other end is gone says nothing by itself. */
const LOOK_MS = 15_000;
const LOOK_TIMEOUT_MS = 5_000;

interface Ear {
  readonly channel: string;
  readonly heard: (payload: string) => void;
  readonly missed: () => void;
}

/**
 * LISTEN over one connection of its own, for all channels. A lost connection is opened again; whoever listens is then
 * told that something may have been missed.
 */
export class ServerListener {
  readonly #log = new Logger("Database");
  readonly #ears = new Set<Ear>();
  #client: Promise<Client> | undefined;
  #look: NodeJS.Timeout | undefined;
  #wake: (() => void) | undefined;
  #closed = false;

  constructor(private readonly config: ClientConfig) {}

  /** @throws what the server says where it cannot be reached now */
  async listen(
    channel: string,
    heard: (payload: string) => void,
    missed: () => void = () => undefined,
  ): Promise<() => Promise<void>> {
    const ear = { channel, heard, missed };
    this.#ears.add(ear);
    try {
      const client = await (this.#client ??= this.#connectFirst());
      await client.query(`LISTEN ${client.escapeIdentifier(channel)}`);
    } catch (error) {
      this.#ears.delete(ear);
      throw error;
    }
    // The channel stays open: another may listen to it, and one that nobody hears costs nothing.
    return async () => void this.#ears.delete(ear);
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearInterval(this.#look);
    this.#wake?.();
    const client = await this.#client?.catch(() => undefined);
    await client?.end().catch(() => undefined);
  }

  /** Whoever listens next tries anew where this fails. */
  async #connectFirst(): Promise<Client> {
    try {
      return await this.#connect();
    } catch (error) {
      this.#client = undefined;
      throw error;
    }
  }

  async #connect(): Promise<Client> {
    const client = new Client({ ...this.config, query_timeout: LOOK_TIMEOUT_MS });
    let isLost = false;
    const lost = (): void => {
      if (isLost) return;
      isLost = true;
      clearInterval(this.#look);
      if (this.#closed) return;
      this.#client = this.#connectAgain();
      this.#client.catch(() => undefined); // closed meanwhile, and nobody need have waited
    };
    client.on("error", () => undefined);
    client.on("notification", ({ channel, payload = "" }) => {
      for (const ear of this.#ears) if (ear.channel === channel) ear.heard(payload);
    });
    await client.connect();
    client.on("end", lost);
    this.#look = setInterval(() => {
      client.query("select 1").catch(() => {
        lost();
        void client.end().catch(() => undefined);
      });
    }, LOOK_MS).unref();
    return client;
  }

  async #connectAgain(): Promise<Client> {
    this.#log.warn("The connection that hears of changes is lost, and is opened again");
    for (let wait = FIRST_WAIT_MS; ; wait = Math.min(wait * 2, LONGEST_WAIT_MS)) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
        setTimeout(resolve, wait * (0.5 + Math.random() / 2)).unref();
      });
      if (this.#closed) throw new Error("closed");
      try {
        const client = await this.#connect();
        for (const channel of new Set([...this.#ears].map((ear) => ear.channel)))
          await client.query(`LISTEN ${client.escapeIdentifier(channel)}`);
        this.#log.log("Changes are heard again");
        for (const { missed } of this.#ears) missed();
        return client;
      } catch {
        // Later.
      }
    }
  }
}
