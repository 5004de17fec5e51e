import type { ResponseRefusal } from "@lacre/core/portable";
import type { AxiosProgressEvent, InternalAxiosRequestConfig } from "axios";
import { tooLarge } from "../answers/content-buffer.js";
import type { Attempt } from "../exchange.js";

/**
 * Ends what XMLHttpRequest receives beyond the limit: it holds all of an answer before it gives any. axios tells how far
 * it has come three times a second, so it may receive what comes in a third of a second more.
 */
export class XhrLimit {
  readonly #attempt: Attempt;
  readonly #tell: InternalAxiosRequestConfig["onDownloadProgress"];
  /** Why the request was ended; undefined where it was not, or by somebody else. */
  error: ResponseRefusal | undefined;

  /** @param tell the caller's own listener */
  constructor(attempt: Attempt, tell: InternalAxiosRequestConfig["onDownloadProgress"]) {
    this.#attempt = attempt;
    this.#tell = tell;
  }

  readonly onDownloadProgress = (progress: AxiosProgressEvent): void => {
    const request = (progress.event as { target?: Receiving } | undefined)?.target;
    const head = request?.getAllResponseHeaders?.() ?? "";
    const limit = this.#attempt.limitOf(linesIn(head));
    if (progress.loaded > limit && request?.abort !== undefined) {
      this.error = tooLarge(limit);
      request.abort();
    } else this.#tell?.(progress);
  };
}

/** The part of an XMLHttpRequest that is used here. Old versions of axios do not give it. */
interface Receiving {
  getAllResponseHeaders?(): string;
  abort?(): void;
}

const linesIn = (head: string): (readonly [string, string])[] =>
  head.split("\r\n").map((line) => {
    const at = line.indexOf(":");
    return [line.slice(0, at), line.slice(at + 1).trim()];
  });
