import type { ClientRequest, IncomingMessage } from "node:http";
import { refuseDecoded } from "../answers/content-coding.js";
import { tooLarge } from "../answers/content-buffer.js";
import type { Answer, Attempt, Verdict } from "../exchange.js";
import { linesOfRaw } from "../header-lines.js";

/**
 * Judges an answer as it comes: its head before got is told of it, its content once got has read it. got's own hooks see
 * an answer only when all of it is in memory.
 */
export class GotAnswer {
  readonly #attempt: Attempt;
  readonly #decompress: boolean;
  #verdict: Promise<Verdict> | undefined;
  /** Takes the content that got has read. */
  #take: (content: Uint8Array) => void = () => {};

  /** @param decompress whether got decodes content, which leaves nothing to check */
  constructor(attempt: Attempt, decompress: boolean) {
    this.#attempt = attempt;
    this.#decompress = decompress;
  }

  /** Holds back the answer to one of Node's requests until its head has been judged. */
  watch(outgoing: ClientRequest): void {
    const emit = outgoing.emit.bind(outgoing);
    outgoing.emit = (event: string, ...details: unknown[]) => {
      if (event !== "response") return emit(event, ...details);
      const answer = details[0] as IncomingMessage;
      this.#judge(answer, () => emit("response", answer)).catch((error: unknown) => {
        // destroy() would not tell of it where the answer has come to its end. Nobody listens once got has given up.
        if (outgoing.listenerCount("error") > 0) emit("error", error);
        outgoing.destroy();
      });
      return true;
    };
  }

  /**
   * The judgement of an answer that got has read.
   * @param answer the same, where it came from somewhere else than from a request: from a cache
   * @throws ResponseRefusal
   */
  async verdict(content: Uint8Array, answer: Pick<Answer, "status" | "headers">): Promise<Verdict> {
    this.#take(content);
    return this.#verdict ?? this.#attempt.judge({ ...answer, content: () => content });
  }

  async #judge(answer: IncomingMessage, release: () => void): Promise<void> {
    const headers = linesOfRaw(answer.rawHeaders);
    await new Promise<void>((resolve, reject) => {
      const status = answer.statusCode as number;
      const content = (limit: number): Promise<Uint8Array> => {
        if (this.#decompress) refuseDecoded(headers, "set decompress: false");
        const whole = new Promise<Uint8Array>((take) => (this.#take = take));
        bound(answer, limit);
        resolve();
        return whole;
      };
      const beginning = (): AsyncIterable<Uint8Array> =>
        answer.iterator({ destroyOnReturn: false }) as AsyncIterableIterator<Uint8Array>;
      this.#verdict = this.#attempt.judge({ status, headers, content, beginning });
      this.#verdict.then(() => resolve(), reject);
    });
    release();
  }
}

/** Ends an answer beyond this many bytes. What reads it may be a pipe or a loop: all of them get what is pushed. */
function bound(answer: IncomingMessage, limit: number): void {
  const push = answer.push.bind(answer);
  let byteLength = 0;
  answer.push = (chunk: Uint8Array | null, encoding) => {
    byteLength += chunk?.byteLength ?? 0;
    if (byteLength <= limit) return push(chunk, encoding);
    answer.removeAllListeners("aborted"); // got would take it for an end by the server, and ask again
    answer.destroy(tooLarge(limit));
    return false;
  };
}
