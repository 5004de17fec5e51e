import { once } from "node:events";
import { get, type IncomingMessage } from "node:http";

/** One server-sent event. */
export interface HeardEvent {
  readonly event: string;
  readonly data: any; // oxlint-disable-line typescript/no-explicit-any -- a test reads what it likes
}

/** Reads server-sent events off an answer. */
export class EventReader {
  readonly heard: HeardEvent[] = [];
  readonly ended: Promise<void>;
  #wake: () => void = () => undefined;
  #isEnded = false;

  private constructor(readonly answer: IncomingMessage) {
    this.ended = this.#read().finally(() => {
      this.#isEnded = true;
      this.#wake();
    });
  }

  static async open(url: string, headers: Record<string, string>): Promise<EventReader> {
    const request = get(url, { headers, agent: false });
    const [answer] = (await once(request, "response")) as [IncomingMessage];
    return new EventReader(answer);
  }

  /** Waits until there is such an event, and gives the first. */
  async until(wanted: (event: HeardEvent) => boolean): Promise<HeardEvent> {
    for (;;) {
      const found = this.heard.find(wanted);
      if (found !== undefined) return found;
      if (this.#isEnded) throw new Error("the events have ended");
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }

  close(): void {
    this.answer.destroy();
  }

  async #read(): Promise<void> {
    let text = "";
    try {
      for await (const chunk of this.answer.setEncoding("utf8")) {
        text += chunk as string;
        for (let end = text.indexOf("\n\n"); end >= 0; end = text.indexOf("\n\n")) {
          const [, event, data] = /^event: (.+)\ndata: (.*)$/.exec(text.slice(0, end)) ?? [];
          text = text.slice(end + 2);
          if (event !== undefined) this.heard.push({ event, data: JSON.parse(data ?? "") });
        }
        this.#wake();
      }
    } catch {
      // It was closed.
    }
  }
}
