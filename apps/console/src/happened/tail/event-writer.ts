/** What events are written to: an answer of HTTP. */
export interface EventSink {
  /** How many bytes wait to be sent. */
  readonly writableLength: number;
  write(text: string): boolean;
  on(event: "drain" | "error", listener: () => void): unknown;
  end(): unknown;
}

/** How much waits for a slow reader; events that come then are counted, and dropped. */
const MOST_WAITING_BYTES = 262_144;

/** Writes server-sent events. However slow the reader is, no more than so much waits for it. */
export class EventWriter {
  readonly #sink: EventSink;
  #missed = 0;
  #isEnded = false;

  constructor(sink: EventSink) {
    this.#sink = sink;
    sink.on("drain", () => this.#tellMissed());
    sink.on("error", () => (this.#isEnded = true)); // the reader is gone
  }

  /** Whether something waits for the reader. */
  get isBehind(): boolean {
    return this.#sink.writableLength > 0;
  }

  send(event: string, data: unknown): void {
    if (this.#sink.writableLength > MOST_WAITING_BYTES) this.#missed += 1;
    else this.#write(frameOf(event, data));
  }

  /** Says that so many events were dropped before they came here. */
  skip(count: number): void {
    this.#missed += count;
    if (!this.isBehind) this.#tellMissed();
  }

  /** A comment, so that whatever stands between does not end a silent connection. */
  beat(): void {
    if (!this.isBehind) this.#write(": \n\n");
  }

  end(reason: string): void {
    this.#write(frameOf("end", { reason }));
    if (!this.#isEnded) this.#sink.end();
    this.#isEnded = true;
  }

  #tellMissed(): void {
    if (this.#missed === 0) return;
    const count = this.#missed;
    this.#missed = 0;
    this.#write(frameOf("missed", { count }));
  }

  #write(text: string): void {
    if (!this.#isEnded) this.#sink.write(text);
  }
}

// JSON has no line end outside of texts, and writes those in texts as \n.
const frameOf = (event: string, data: unknown): string =>
  `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
