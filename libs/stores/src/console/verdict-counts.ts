import type { Greeted, Verdict } from "@lacre/core";
import { LONGEST_NAME } from "./refusal-buffer.js";

/** How many verdicts of one kind there were in one minute. What the console is told. */
export interface VerdictCount {
  /** Whole minutes since 1970. */
  readonly minute: number;
  readonly appId: string;
  /** Empty unless the MAC was right. */
  readonly keyId: string;
  readonly scheme: string;
  /** `accepted`, or the code of the refusal. A repeat that was acknowledged counts as accepted. */
  readonly code: string;
  /** The address of what was accepted; empty for all else. */
  readonly source: string;
  count: number;
  /** By how many seconds the signed times were ahead, in sum; how many there were; and the largest distance. */
  driftSum: number;
  driftCount: number;
  driftMost: number;
}

/** Kinds in memory, and in one batch. */
const MOST_COUNTS = 20_000;
/** AppIds that nobody has proven, until they are told: beyond that they are counted without a name. */
const MOST_STRANGERS = 100;

/** Counts verdicts by minute, app, key, scheme, code and source. Its size is bounded, whatever strangers send. */
export class VerdictCounts {
  readonly #counts = new Map<string, VerdictCount>();
  readonly #strangers = new Set<string>();

  get size(): number {
    return this.#counts.size;
  }

  /** Whether there was room to count it. */
  add(verdict: Verdict, nowMs: number): boolean {
    if (verdict.outcome === "greeted") return true; // neither accepted nor refused

    const { kind, timestamp } = kindOf(verdict);
    if (timestamp === undefined && kind.appId !== "") kind.appId = this.#stranger(kind.appId);
    const count = this.#countOf(kind, Math.floor(nowMs / 60_000));
    if (count === undefined) return false;
    count.count += 1;
    if (timestamp !== undefined) noteDrift(count, timestamp, nowMs - verdict.durationMs);
    return true;
  }

  /** Takes the oldest of them out. */
  take(most: number): VerdictCount[] {
    const taken: VerdictCount[] = [];
    for (const [key, count] of this.#counts) {
      if (taken.length >= most) break;
      taken.push(count);
      this.#counts.delete(key);
    }
    this.#strangers.clear();
    return taken;
  }

  #stranger(appId: string): string {
    const name = appId.slice(0, LONGEST_NAME);
    if (this.#strangers.has(name)) return name;
    if (this.#strangers.size >= MOST_STRANGERS) return "";
    this.#strangers.add(name);
    return name;
  }

  #countOf({ appId, keyId, scheme, code, source }: Kind, minute: number): VerdictCount | undefined {
    const key = `${minute}\n${appId}\n${keyId}\n${scheme}\n${code}\n${source}`;
    const known = this.#counts.get(key);
    if (known !== undefined) return known;
    if (this.#counts.size >= MOST_COUNTS) {
      // Rather without the address than not at all.
      const bare = source === "" ? undefined : { appId, keyId, scheme, code, source: "" };
      return bare && this.#countOf(bare, minute);
    }
    const made = { minute, appId, keyId, scheme, code, source };
    const count = { ...made, count: 0, driftSum: 0, driftCount: 0, driftMost: 0 };
    this.#counts.set(key, count);
    return count;
  }
}

interface Kind {
  appId: string;
  readonly keyId: string;
  readonly scheme: string;
  readonly code: string;
  readonly source: string;
}

/** What a verdict is counted under, and the time that was signed where the MAC was right. */
function kindOf(verdict: Exclude<Verdict, Greeted>): { kind: Kind; timestamp: number | undefined } {
  if (verdict.outcome === "accepted") {
    const { appId, keyId, scheme, timestamp } = verdict.principal;
    const source = verdict.address ?? "";
    return { kind: { appId, keyId, scheme, code: "accepted", source }, timestamp };
  }
  const { appId = "", keyId = "", scheme = "", proven, timestamp } = verdict;
  // A repeat that is acknowledged is its app's, and nothing is wrong with it.
  const isAcknowledged = verdict.status < 400;
  const code = isAcknowledged ? "accepted" : verdict.code;
  const source = isAcknowledged ? (verdict.address ?? "") : "";
  return {
    kind: { appId, keyId, scheme, code, source },
    timestamp: proven ? timestamp : undefined,
  };
}

function noteDrift(count: VerdictCount, timestamp: number, arrivedMs: number): void {
  const ahead = timestamp - Math.floor(arrivedMs / 1_000);
  count.driftSum += ahead;
  count.driftCount += 1;
  count.driftMost = Math.max(count.driftMost, Math.abs(ahead));
}
