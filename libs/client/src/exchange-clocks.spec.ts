import { readFileSync } from "node:fs";
import { afterEach, describe, expect, it, jest } from "@jest/globals";
import { lacre1, readApiKey, ResponseSigner, Signer } from "@lacre/core";
import { Exchange, type Answer, type Attempt, type Verdict } from "./exchange.js";
import { KeyRing } from "./key-ring.js";
import { readClientOptions } from "./options.js";
import type { RequestSigner } from "./request-signer.js";

interface ClockCase {
  name: string;
  clock: number;
  offset: number;
  signedAt: number;
  took: number;
  sentAgain: boolean;
  verified: boolean;
  status: number;
  timestamp: number;
  signedHeaders: string[];
  lacreClock: string | null;
  newOffset: number | null;
  repeats: boolean;
}
// Written by test/vectors/lacre1.py, an independent implementation.
const { clocks } = JSON.parse(
  readFileSync(new URL("../../../docs/vectors/lacre1.json", import.meta.url), "utf8"),
) as { clocks: ClockCase[] };

const KEY = "lk1_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";
const REQUEST = { method: "POST", url: "https://api.example.test/v1/items" };
const TYPE = ["Content-Type", "text/plain"] as const;

type Given = Pick<ClockCase, "status" | "timestamp" | "verified" | "lacreClock">;

/** An answer of a server that shares the key. */
function answerTo({ signed }: Attempt, { status, timestamp, verified, lacreClock }: Given): Answer {
  const server = new ResponseSigner([lacre1], { nowMs: () => timestamp * 1000 });
  const headers =
    lacreClock === null ? [TYPE] : [TYPE, ["Lacre-Clock", lacreClock] as [string, string]];
  const authentic = { scheme: lacre1, ...signed, key: { secret: readApiKey(KEY) } } as never;
  const signature = server.sign(authentic, { status, headers });
  const spoilt = verified ? TYPE : (["Content-Type", "text/html"] as const);
  return {
    status,
    headers: [...headers.map((line) => (line === TYPE ? spoilt : line)), ...signature],
    content: () => new Uint8Array(),
  };
}

/** A client with a clock that is set by hand. */
class Client {
  readonly #own = { ms: 0 };
  readonly #times: number[] = [];
  readonly #exchange: Exchange;
  #offset = 0;

  constructor() {
    const clock = { nowMs: () => this.#own.ms };
    const options = { appId: "demo", apiKey: KEY, clock };
    const signer = new Signer(options);
    const noted: RequestSigner = {
      responseField: signer.responseField,
      sign: (request, atMs) => {
        this.#times.push(atMs / 1000);
        return signer.sign(request, atMs);
      },
      check: (signed, response) => signer.check(signed, response),
    };
    const { settings } = readClientOptions(options, "signFetch");
    this.#exchange = new Exchange(settings, new KeyRing([KEY], () => noted));
  }

  /** An attempt that is signed by this time. */
  attempt(second: number, before?: Attempt): Promise<Attempt> {
    this.#own.ms = (second - this.#offset) * 1000;
    return this.#exchange.attempt(REQUEST, before);
  }

  /** Has it learn an offset from the answer to another request. */
  async learn(offset: number, at: number): Promise<Attempt | undefined> {
    if (offset === this.#offset) return undefined;
    const attempt = await this.attempt(at + this.#offset);
    const given = { status: 401, verified: true, lacreClock: "out-of-window" };
    await attempt.judge(answerTo(attempt, { ...given, timestamp: at + offset }));
    this.#offset = offset;
    return attempt;
  }

  /** The verdict on an answer whose head comes at a time of the own clock, and the offset after that. */
  async judge(attempt: Attempt, answer: Answer, at: number): Promise<[Verdict, number]> {
    this.#own.ms = at * 1000;
    // Content that takes long: the own clock goes on, and an offset is not from that.
    const content = (): Uint8Array => {
      this.#own.ms += 60_000;
      return new Uint8Array();
    };
    const verdict = await attempt.judge({ ...answer, content });
    this.#own.ms = at * 1000;
    await this.#exchange.attempt(REQUEST);
    return [verdict, (this.#times.at(-1) as number) - at];
  }
}

/** docs/protocol.md section 11, "Setting the clock". */
describe("a client, by docs/vectors/lacre1.json: clocks", () => {
  afterEach(() => {
    jest.restoreAllMocks();
  });

  it.each(clocks.map((vector) => [vector.name, vector] as const))("%s", async (_name, it) => {
    const { clock, offset, signedAt, took, sentAgain, newOffset, repeats } = it;
    const monotonic = jest.spyOn(performance, "now").mockReturnValue(0);
    const client = new Client();
    const first = sentAgain ? await client.learn(100, clock) : undefined;
    const attempt = await client.attempt(signedAt, first);
    await client.learn(offset, clock);
    monotonic.mockReturnValue(took * 1000);
    const judged = await client.judge(attempt, answerTo(attempt, it), clock);
    expect(judged).toEqual([repeats ? "repeat" : "accept", newOffset ?? offset]);
  });
});
