import {
  type Clock,
  framesOf,
  type Greeted,
  kindOf,
  lineOf,
  type LogFields,
  pageOf,
  reasonOf,
  type SafeLogger,
  systemClock,
  type Refused,
} from "@lacre/core";
import { Repeats } from "./repeats.js";

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
   * @param path what it asked for, where that could be read
   * @param cause the underlying failure, where there is one
   */
  refused(verdict: Refused, path?: string, cause?: unknown): void {
    const { status, code, message, note, appId } = verdict;
    const reasons = [
      ...(note === undefined ? [] : [lineOf(note)]),
      ...(cause === undefined ? [] : [reasonOf(cause)]),
    ];
    const isRefused = status >= 400;
    const what = `${isRefused ? "refused" : "acknowledged"} ${status} ${lineOf(message)}`;
    const text = [`${what} (${factsOf(verdict, path).join(", ")})`, ...reasons].join(": ");
    const reason = reasons.join(": ");
    const fields = fieldsOf(verdict, { msg: what, path, reason });
    if (!isRefused) return this.#logger.log(text, fields);
    if (status !== 503) return this.#logger.warn(text, fields);

    // A bug, and so with where it is. A stack for each request of an outage would drown what matters.
    const stack = code === "verifier-failed" ? framesOf(cause) : "";
    const why = reason || "in doubt";
    this.#repeats.say({
      level: code === "verifier-failed" ? "error" : "warn",
      kind: `${code} ${kindOf(`${message} ${why}`, appId)}`,
      text: text + stack,
      fields: stack === "" ? fields : { ...fields, stack: stack.slice(1) },
      what,
      why,
      shared: { code, status },
      appId,
    });
  }

  /** A first contact was answered, which is rare, and what whoever sets a webhook up waits for. */
  greeted(verdict: Greeted, path?: string): void {
    const { scheme, contact, proven, status, method, requestId, appId } = verdict;
    const what = `answered the first contact "${contact}" of ${scheme} with ${status}`;
    const signed = proven ? "signed" : "unsigned";
    const asked = lineOf(path === undefined ? method : `${method} ${path}`);
    const app = lineOf(appId);
    this.#logger.log(`${what} (${asked}, request ${requestId}, app ${app}, ${signed})`, {
      msg: what,
      status,
      method: lineOf(method),
      ...(path !== undefined && { path: lineOf(path) }),
      requestId,
      appId: app,
      scheme,
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
      fields: { msg: what, reason: why },
      what,
      why,
      shared: {},
    });
  }

  /**
   * What became of a request could not be noted, so its message counts as under way until it is forgotten: repeats are
   * turned away meanwhile. A command that was given up may still be carried out.
   */
  outcomeLost({ name, requestId }: Named, error: unknown): void {
    const what = "what became of a message could not be noted";
    const why = reasonOf(error);
    this.#repeats.say({
      level: "warn",
      kind: `${what} ${kindOf(why)}`,
      text: `${what} (${lineOf(name)}, request ${requestId}): ${why}. It counts as under way until it is forgotten, unless the command reaches the store after all`,
      fields: { msg: what, requestId, reason: why },
      what,
      why,
      shared: {},
    });
  }

  /** Logs what was summed and not yet told. */
  flush(): void {
    this.#repeats.flush();
  }
}

/** A request as the log calls it. */
interface Named {
  readonly name: string;
  readonly requestId: string;
}

/** The keys that did not make the MAC: by their fingerprints, and by the ids that they have where they make one. */
const triedKeysOf = ({ keyFingerprints, keyIds }: Refused): readonly string[] | undefined =>
  keyFingerprints?.map((fingerprint, i) => {
    const id = keyIds?.[i] ?? fingerprint;
    return id === fingerprint ? fingerprint : `${fingerprint} (${lineOf(id)})`;
  });

/** What the line says of the request, in brackets. */
function factsOf(verdict: Refused, path: string | undefined): readonly string[] {
  const { code, method, requestId, appId, canonicalSha256 } = verdict;
  const tried = triedKeysOf(verdict);
  return [
    lineOf(path === undefined ? method : `${method} ${path}`),
    `request ${requestId}`,
    ...(appId === undefined ? [] : [`app ${lineOf(appId)}`]),
    ...(tried === undefined ? [] : [`tried key ${tried.join(" and ")}`]),
    ...(canonicalSha256 === undefined ? [] : [`canonical sha256 ${canonicalSha256}`]),
    `see ${code === "signature-mismatch" ? "lacre explain and " : ""}${pageOf(code)}`,
  ];
}

/** The same for those who read JSON, and what would make the line too long. */
function fieldsOf(
  verdict: Refused,
  { msg, path, reason }: { msg: string; path: string | undefined; reason: string },
): LogFields {
  const { code, status, method, route, requestId, scheme, durationMs, bytes } = verdict;
  const { appId, keyId, canonicalSha256 } = verdict;
  const tried = triedKeysOf(verdict);
  return {
    msg,
    code,
    status,
    method: lineOf(method),
    ...(path !== undefined && { path: lineOf(path) }),
    ...(route !== undefined && { route: lineOf(route) }),
    requestId,
    ...(appId !== undefined && { appId: lineOf(appId) }),
    ...(keyId !== undefined && { keyId: lineOf(keyId) }),
    ...(scheme !== undefined && { scheme }),
    durationMs: Math.round(durationMs * 1000) / 1000,
    ...(bytes !== undefined && { bytes }),
    ...(tried !== undefined && { triedKeys: tried }),
    ...(canonicalSha256 !== undefined && { canonicalSha256 }),
    ...(reason !== "" && { reason }),
    docs: pageOf(code),
  };
}
