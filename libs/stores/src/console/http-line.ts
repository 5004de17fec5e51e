import { type AppDefinition, UnreadableAppError } from "@lacre/core";
import type { RegistryLine, RegistryNews } from "./registry-line.js";
import {
  type Call,
  type CallerTerms,
  refusalOf,
  type SignedAnswer,
  SignedCalls,
} from "./signed-calls.js";

const READ_TIMEOUT_MS = 2_000;
/** Beyond the time that the console was asked to wait. */
const NEWS_MARGIN_MS = 3_000;
/** As the console writes it where there is no such app. */
const NOT_FOUND = "not-found";

/** A signed answer of the console that is no success. */
class ConsoleRefusal extends Error {
  override readonly name = "ConsoleRefusal";
  constructor(readonly status: number) {
    super(`the console answers ${status}`);
  }
}

/** Asks the console over HTTP. Answers carry keys, and none is believed that is not signed. */
export class HttpLine implements RegistryLine {
  readonly waits = true;
  readonly #calls: SignedCalls;
  readonly #waitSeconds: number;

  /** @param waitSeconds how long the console holds the question for changes back until there is one */
  constructor(terms: CallerTerms, waitSeconds: number) {
    this.#calls = new SignedCalls(terms);
    this.#waitSeconds = waitSeconds;
  }

  async read(appId: string): Promise<AppDefinition | undefined> {
    const path = `/v1/registry/apps/${encodeURIComponent(appId)}`;
    const answer = await this.#ask({ method: "GET", path, timeoutMs: READ_TIMEOUT_MS });
    if (answer.status === 404 && fieldOf(answer, "code") === NOT_FOUND) return undefined;
    if (answer.status !== 200) throw new ConsoleRefusal(answer.status);
    const unreadable = fieldOf(answer, "unreadable");
    if (typeof unreadable === "string") throw new UnreadableAppError(unreadable);
    const app = fieldOf(answer, "app");
    if (typeof app !== "object" || app === null) throw new Error("the console's answer has no app");
    return app as AppDefinition; // the module reads it like any other, and refuses what it cannot use
  }

  async news(
    after: number | undefined,
    mayWait: boolean,
    given: AbortSignal,
  ): Promise<RegistryNews> {
    const wait = mayWait ? this.#waitSeconds : 0;
    const answer = await this.#ask({
      method: "GET",
      path: `/v1/registry/changes${after === undefined ? "" : `?after=${after}&wait=${wait}`}`,
      timeoutMs: wait * 1_000 + NEWS_MARGIN_MS,
      given,
      isIdle: after !== undefined, // but for the first one, which a start waits for
    });
    if (answer.status !== 200) throw new ConsoleRefusal(answer.status);
    const [seq, changed] = [fieldOf(answer, "seq"), fieldOf(answer, "changed")];
    if (typeof seq !== "number" || !Number.isSafeInteger(seq))
      throw new Error("the console's answer has no seq");
    return { seq, changed: Array.isArray(changed) ? changed.map(String) : "all" };
  }

  async #ask(call: Call): Promise<SignedAnswer> {
    try {
      const answer = await this.#calls.send(call);
      if (answer.status === 403) throw new ConsoleRefusal(answer.status);
      return answer;
    } catch (error) {
      throw refusalOf(error) ?? error;
    }
  }

  async close(): Promise<void> {
    this.#calls.close();
  }
}

const fieldOf = ({ body }: SignedAnswer, name: string): unknown =>
  (body as Record<string, unknown> | null | undefined)?.[name];
