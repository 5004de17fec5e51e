import { BEWIT_SECONDS, formatOf, type Format } from "./formats.js";

/** The parts of a request that a MAC may cover. */
export interface Parts {
  readonly method: string;
  readonly target: string;
  readonly host: string;
  /** The value of X-Tenant, where the request has one. */
  readonly tenant?: string;
  readonly content: string;
}

/** Credentials as their signer made them. */
export interface Credential {
  readonly format: Format;
  readonly appId: string;
  readonly scopes: readonly string[];
  /** Unix seconds. */
  readonly claimedAt: number;
  readonly signed: Parts;
  /** What is used once, within the app. */
  readonly onceKey: string;
  /** Whether it has a nonce or an id. */
  readonly nonce: boolean;
  /** Of a URL that carries them: its life in seconds. */
  readonly lives?: number;
}

/** A request as it is sent. `spoilt`: time, MAC or AppId are not what was signed. `open`: the documents do not say. */
export interface Letter extends Parts {
  readonly shown: readonly (Credential & { spoilt?: boolean; open?: boolean })[];
  readonly override: boolean;
}

/** The rule of a route, or the default rule. */
export interface Rule {
  readonly schemes: readonly string[];
  readonly scopes: readonly string[];
  readonly signsTenant: boolean;
  readonly maxAge?: number;
  readonly once: boolean;
  readonly presigned?: number;
}

/** What stands on the way of a request, in order: rules that must hold, and handlers. */
export type Step = { readonly rule: Rule } | { readonly run: string };
/** What a request may lead to: the handlers that ran, and the status, one of these. */
export interface Outcome {
  readonly ran: readonly string[];
  readonly statuses: readonly number[];
}
export interface Settings {
  readonly maxAge: number;
  readonly futureSkew: number;
  readonly maxBodyBytes: number;
  /** Whether every route is marked; otherwise the parsers' limits are the bound. */
  readonly isBounded: boolean;
  /** Whether the store of nonces fails from time to time: then any refusal may be a 503. */
  readonly flaky: boolean;
}

/** What is known of something used once: it ran, or never may; it may be used up; it ran where it may be repeated. */
type Used = "ran" | "perhaps" | "repeatably";
/** What a rule says. `"open"`: the documents leave it open. */
interface Verdict {
  readonly may: "yes" | "no" | "open";
  /** Of a refusal. */
  readonly statuses: readonly number[];
  readonly shown?: Credential;
  /** What a pass, or else this refusal, leaves behind. */
  readonly leaves?: Used;
}

const PARTS = ["method", "target", "host", "tenant", "content"] as const;
const isSafe = (method: string): boolean => method === "GET" || method === "HEAD";

/** The credentials that a rule judges. None, where none are of its schemes, or where two of these compete. */
function chosen(
  { schemes }: Rule,
  { shown, override }: Letter,
): Letter["shown"][number] | undefined {
  const ours = shown.find(({ format }) => schemes.includes(format.name));
  const isIn = (format: Format) => (name: string) =>
    format.name === name ||
    // Two names for what stands in one header.
    (format.reads !== "authorization" && format.reads === formatOf(name).reads);
  const competing = schemes.filter((name) => shown.some(({ format }) => isIn(format)(name)));
  const lines = shown.filter(({ format }) => format.reads === "authorization");
  return competing.length > 1 || lines.length > 1 || override ? undefined : ours;
}

/** Whether all that the MAC covers arrives as it was signed, and no content where none is covered. */
function isAuthentic(
  { format, signed, lives, spoilt }: Letter["shown"][number],
  letter: Letter,
): boolean {
  const { covers } = format;
  const isBare = covers.content === "none" || lives !== undefined;
  const changed = PARTS.filter((part) => covers[part] === true && letter[part] !== signed[part])
    // Whoever signs no tenant says nothing of it; a bewit is good for GET and HEAD, or for GET alone: not said.
    .filter((part) => part !== "tenant" || signed.tenant !== undefined)
    .filter((part) => part !== "method" || !isBewit(format, lives) || !isSafe(letter.method));
  return spoilt !== true && changed.length === 0 && !(isBare && letter.content !== "");
}

const isBewit = (format: Format, lives: number | undefined): boolean =>
  format.name === "hawk" && lives !== undefined;

/** What may run: the README, SECURITY.md, docs/protocol.md and docs/schemes in a few lines. */
export class Model {
  readonly settings: Settings;
  readonly #used = new Map<string, { used: Used; until: number }>();

  constructor(settings: Settings) {
    this.settings = settings;
  }

  outcomes(steps: readonly Step[], letter: Letter, now: number, storeFails: boolean): Outcome[] {
    const outcomes: Outcome[] = [];
    let ran: string[] = [];
    let first: Credential | undefined;
    for (const step of steps) {
      if ("run" in step) ran = [...ran, step.run];
      else {
        const { may, statuses, shown } = this.#judge(step.rule, letter, now, storeFails);
        first ??= shown;
        if (may === "no") {
          // The early refusal may come before it, with what a later rule says.
          const later = this.#refusalsBefore(
            steps.slice(steps.indexOf(step) + 1),
            letter,
            now,
            storeFails,
          );
          outcomes.push({
            ran,
            statuses: [...statuses, ...later, ...(this.settings.flaky ? [503] : [])],
          });
          return outcomes;
        }
        // Whether two rules may be kept by two kinds of credentials is not said.
        if (may !== "yes" || shown !== first)
          outcomes.push({ ran, statuses: [...statuses, ...(this.settings.flaky ? [503] : [])] });
      }
    }
    return [...outcomes, { ran, statuses: [200] }];
  }

  /** What the rules say that stand before the next handler. */
  #refusalsBefore(
    steps: readonly Step[],
    letter: Letter,
    now: number,
    storeFails: boolean,
  ): readonly number[] {
    const end = steps.findIndex((step) => "run" in step);
    return steps
      .slice(0, end < 0 ? undefined : end)
      .flatMap((step) => ("rule" in step ? [this.#judge(step.rule, letter, now, storeFails)] : []))
      .flatMap(({ may, statuses }) => (may === "no" ? statuses : []));
  }

  #judge(rule: Rule, letter: Letter, now: number, storeFails: boolean): Verdict {
    const isTooLarge = Buffer.byteLength(letter.content) > this.settings.maxBodyBytes;
    const shown = chosen(rule, letter);
    if (shown === undefined || !isAuthentic(shown, letter))
      return { may: "no", statuses: isTooLarge ? [401, 413] : [401] };
    const { format, claimedAt, lives, signed } = shown;
    const skew = format.futureSkew ?? this.settings.futureSkew;
    const age = rule.maxAge ?? format.maxAge ?? this.settings.maxAge;
    const timed = format.remember === undefined;
    const bewit = isBewit(format, lives);
    const left = bewit ? claimedAt + (lives ?? 0) - now : (lives ?? 0);
    const longest = bewit ? Math.min(rule.presigned ?? 0, BEWIT_SECONDS) : (rule.presigned ?? 0);

    const unfit =
      (rule.signsTenant && !(format.covers.tenant && signed.tenant !== undefined)) ||
      // How much longer than it may a bewit lives is not said, where its maker's clock is ahead.
      (lives !== undefined &&
        (rule.presigned === undefined || left > longest + (bewit ? skew : 0)));
    const old = timed && now > claimedAt + (lives === undefined ? age : lives - 1);
    const future = timed && !bewit && now < claimedAt - skew;
    const poor = !rule.scopes.every((scope) => shown.scopes.includes(scope));
    const repeats = isSafe(letter.method) && !rule.once && !shown.nonce && format.covers.method;
    const used = this.#usedBefore(shown.onceKey, now);
    const again = used === "ran" && !repeats;
    const tooLarge = isTooLarge && this.settings.isBounded;
    const doubtful = shown.open === true || isTooLarge || used === "perhaps";
    const open =
      doubtful ||
      (bewit && (longest < Math.max(left, BEWIT_SECONDS) || letter.method !== signed.method)) ||
      used === (repeats ? "ran" : "repeatably") ||
      (storeFails && repeats);
    if (unfit || old || future || poor || again || tooLarge || (storeFails && !repeats)) {
      const statuses = [
        ...(unfit || old || future || again || open ? [401] : []),
        ...(poor ? [403] : []),
        ...(isTooLarge ? [413] : []),
        ...(storeFails && !repeats ? [503] : []),
      ];
      const burns = !(unfit || old || poor || repeats || storeFails || doubtful);
      // Whether a bewit that ends too late is one from the future is not said either.
      const late = bewit && left > longest;
      const leaves = future && burns ? "ran" : "perhaps";
      return { may: "no", statuses, shown, ...((future || late) && { leaves }) };
    }
    const leaves = repeats ? "repeatably" : "ran";
    return { may: open ? "open" : "yes", statuses: [401, 413, 503], shown, leaves };
  }

  #usedBefore(onceKey: string, now: number): Used | undefined {
    const before = this.#used.get(onceKey);
    return before !== undefined && now > before.until ? "perhaps" : before?.used;
  }

  /** Remembers what became of a request. */
  note(
    steps: readonly Step[],
    letter: Letter,
    now: number,
    storeFails: boolean,
    ran: readonly string[],
  ): void {
    const verdicts: Verdict[] = [];
    let runs = 0;
    for (const step of steps) {
      if ("run" in step) {
        if (runs++ >= ran.length) break;
        for (const { shown, leaves } of verdicts.splice(0)) this.#use(shown, leaves, now);
        continue;
      }
      const verdict = this.#judge(step.rule, letter, now, storeFails);
      if (verdict.may !== "no") {
        verdicts.push(verdict);
        continue;
      }
      // Refused early, by what a later rule says, it leaves nothing.
      const rest = steps.slice(steps.indexOf(step) + 1);
      const isEarly = this.#refusalsBefore(rest, letter, now, storeFails).length > 0;
      verdicts.push(
        isEarly && verdict.leaves === "ran" ? { ...verdict, leaves: "perhaps" } : verdict,
      );
      break;
    }
    // What passed, or may have passed, and no handler ran after it.
    for (const { may, shown, leaves } of verdicts)
      this.#use(shown, may === "no" || leaves !== "ran" ? leaves : "perhaps", now);
  }

  #use(shown: Credential | undefined, used: Used | undefined, now: number): void {
    if (shown === undefined || used === undefined) return;
    const before = this.#used.get(shown.onceKey);
    if (before?.used === "ran" && now <= before.until) return;
    if (before?.used === "perhaps" && used !== "ran") return;
    this.#used.set(shown.onceKey, { used, until: now + (shown.format.remember ?? Infinity) });
  }
}
