import {
  type Clock,
  framesOf,
  kindOf,
  lineOf,
  pageOf,
  reasonOf,
  type SafeLogger,
  systemClock,
  type Verdict,
} from "@lacre/core";
import { Repeats } from "./repeats.js";

type Refused = Extract<Verdict, { outcome: "refused" }>;

/**
 * What the log says of refused requests: a line for each. In an outage all requests are refused for one reason, so
 * those with 503 and equal causes are summed.
 */
export class RefusalLog {
  readonly #logger: SafeLogger;
  readonly #repeats: Repeats;

  /** @param clock that of the machine, as in the rest of its log */
  constructor(logger: SafeLogger, clock: Clock = systemClock) {
    this.#logger = logger;
    this.#repeats = new Repeats(logger, clock);
  }

  /**
   * A request was refused.
   * @param name method and path
   * @param cause the underlying failure, where there is one
   */
  refused(name: string, verdict: Refused, cause?: unknown): void {
    const { status, code, message, note, appId } = verdict;
    const reasons = [
      ...(note === undefined ? [] : [lineOf(note)]),
      ...(cause === undefined ? [] : [reasonOf(cause)]),
    ];
    const facts = [lineOf(name), ...factsOf(verdict)].join(", ");
    const line = [`refused ${status} ${lineOf(message)} (${facts})`, ...reasons].join(": ");
    if (status !== 503) return this.#logger.warn(line);

    // A bug, and so with where it is. A stack for each request of an outage would drown what matters.
    const isBug = code === "verifier-failed";
    const why = reasons.join(": ") || "in doubt";
    this.#repeats.say({
      level: isBug ? "error" : "warn",
      kind: `${code} ${kindOf(`${message} ${why}`, appId)}`,
      text: isBug ? line + framesOf(cause) : line,
      what: `refused ${status} ${lineOf(message)}`,
      why,
      appId,
    });
  }

  /** The observer has thrown, or its promise was rejected. */
  observerThrew(error: unknown): void {
    const what = "the observer threw";
    const why = reasonOf(error);
    this.#repeats.say({
      level: "error",
      kind: `${what} ${kindOf(why)}`,
      text: `${what}: ${why}`,
      what,
      why,
    });
  }

  /** Logs what was summed and not yet told. */
  flush(): void {
    this.#repeats.flush();
  }
}

function* factsOf(verdict: Refused): Iterable<string> {
  const { code, requestId, appId, keyFingerprints, canonicalSha256 } = verdict;
  if (requestId !== undefined) yield `request ${requestId}`;
  if (appId !== undefined) yield `app ${lineOf(appId)}`;
  if (keyFingerprints !== undefined) yield `tried key ${keyFingerprints.join(" and ")}`;
  if (canonicalSha256 !== undefined) yield `canonical sha256 ${canonicalSha256}`;
  yield `see ${code === "signature-mismatch" ? "lacre explain and " : ""}${pageOf(code)}`;
}
