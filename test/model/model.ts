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

type May = "yes" | "no" | "open";
/** What is known of something used once: it ran, or never may; it may be used up; it ran where it may be repeated. */
type Used = "ran" | "perhaps" | "repeatably";
interface Verdict {
  readonly may: May;
  readonly statuses: readonly number[];
  readonly shown?: Credential;
  /** What a pass, or else this refusal, leaves behind. */
  readonly leaves?: Used;
}

const AUTHORIZATION = "authorization";
const PARTS = ["method", "target", "host", "tenant", "content"] as const;
/** Whether two schemes read one header under two names. */
const isTwin = (one: Format, other: Format): boolean =>
  one.reads === other.reads && one.reads !== AUTHORIZATION;

/** What may run: the README, SECURITY.md, docs/protocol.md and docs/schemes in a few lines. */
export class Model {
  readonly #used = new Map<string, { used: Used; until: number }>();
  constructor(readonly settings: Settings) {}

  outcomes(steps: readonly Step[], letter: Letter, now: number, storeFails: boolean): Outcome[] {
    const outcomes: Outcome[] = [];
    let ran: string[] = [];
    for (const step of steps) {
      if ("run" in step) ran = [...ran, step.run];
      else {
        const { may, statuses } = this.#judge(step.rule, letter, now, storeFails);
        const doubt = this.settings.flaky ? [503] : [];
        if (may !== "yes") outcomes.push({ ran, statuses: [...statuses, ...doubt] });
        if (may === "no") return outcomes;
      }
    }
    return [...outcomes, { ran, statuses: [200] }];
  }

  #judge(rule: Rule, letter: Letter, now: number, storeFails: boolean): Verdict {
    const shown = letter.shown.find(({ format }) => rule.schemes.includes(format.name));
    const readers = rule.schemes.filter((name) =>
      letter.shown.some(({ format }) => format.name === name || isTwin(format, formatOf(name))),
    );
    const lines = letter.shown.filter(({ format }) => format.reads === AUTHORIZATION);
    const { maxBodyBytes, isBounded, futureSkew } = this.settings;
    const isTooLarge = Buffer.byteLength(letter.content) > maxBodyBytes;
    const refused = { may: "no", statuses: isTooLarge ? [401, 413] : [401] } as const;
    if (shown === undefined || readers.length > 1 || lines.length > 1 || letter.override)
      return refused;
    const { format, signed, claimedAt, lives, scopes } = shown;
    const { covers } = format;
    const isBewit = format.name === "hawk" && lives !== undefined;
    const safe = letter.method === "GET" || letter.method === "HEAD";
    const changed = PARTS.filter((part) => covers[part] === true && letter[part] !== signed[part])
      .filter((part) => part !== "tenant" || signed.tenant !== undefined)
      .filter((part) => part !== "method" || !isBewit || !safe);
    const isBare = covers.content === "none" || lives !== undefined;
    if (shown.spoilt === true || changed.length > 0 || (isBare && letter.content !== ""))
      return refused;

    const skew = format.futureSkew ?? futureSkew;
    const presigned = rule.presigned ?? 0;
    const left = isBewit ? claimedAt + lives - now : (lives ?? 0);
    const same = letter.method === signed.method;
    // How much longer than it may a bewit lives is not said, where its maker's clock is ahead.
    const longest = isBewit ? Math.min(presigned, BEWIT_SECONDS) + skew : presigned;
    const forbidden =
      (rule.signsTenant && !(covers.tenant && signed.tenant !== undefined)) ||
      (lives !== undefined && (presigned === 0 || left > longest));
    const maxAge = rule.maxAge ?? format.maxAge ?? this.settings.maxAge;
    const timeless = format.remember !== undefined;
    const old = !timeless && now > claimedAt + (lives === undefined ? maxAge : lives - 1);
    const future = !timeless && !isBewit && now < claimedAt - skew;
    const poor = !rule.scopes.every((scope) => scopes.includes(scope));
    const repeats = safe && !rule.once && !shown.nonce && covers.method;
    const before = this.#used.get(shown.onceKey);
    const used = before !== undefined && now > before.until ? "perhaps" : before?.used;
    const again = used === "ran" && !repeats;
    const statuses = [
      ...(isTooLarge && isBounded ? [413] : []),
      ...(forbidden || old || future || again ? [401] : []),
      ...(poor ? [403] : []),
      ...(storeFails && !repeats ? [503] : []),
    ];
    if (isTooLarge && statuses.length > 0) statuses.push(413);
    if (statuses.length > 0) {
      const claims = future && !forbidden && !old;
      const leaves = claims && !poor && !isTooLarge && !storeFails && !repeats ? "ran" : "perhaps";
      return { may: "no", statuses, shown, ...(future && { leaves }) };
    }
    const isOpen =
      shown.open === true ||
      isTooLarge ||
      (isBewit && (Math.min(presigned, BEWIT_SECONDS) < Math.max(left, BEWIT_SECONDS) || !same)) ||
      used === "perhaps" ||
      (used === "ran" && repeats) ||
      (used === "repeatably" && !repeats) ||
      (storeFails && repeats);
    const leaves = repeats ? "repeatably" : "ran";
    return { may: isOpen ? "open" : "yes", statuses: [401, 413, 503], shown, leaves };
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
      verdicts.push(this.#judge(step.rule, letter, now, storeFails));
      if (verdicts.at(-1)?.may === "no") break;
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
