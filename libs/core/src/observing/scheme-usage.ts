import type { Observer, Verdict } from "../ports/observer.js";

/** What one app has been let in with. */
export interface SchemeUse {
  readonly appId: string;
  readonly scheme: string;
  readonly requests: number;
  /** The latest timestamp of such a request. Whole seconds since 1970. */
  readonly lastTimestamp: number;
}

/** An observer that knows which app calls with which scheme. */
export interface SchemeUsage extends Observer {
  /** A line for each app and scheme that was let in, sorted; of these schemes alone where some are named. */
  report(...schemes: string[]): readonly SchemeUse[];
}

/**
 * Counts what is let in by app and scheme: who still calls the old way, while two are taken side by side. In this
 * process and since its start.
 */
export function schemeUsage(): SchemeUsage {
  const uses = new Map<string, SchemeUse>();
  return {
    observe(verdict: Verdict) {
      if (verdict.outcome !== "accepted") return;
      const { appId, scheme, timestamp } = verdict.principal;
      const key = `${appId}\n${scheme}`;
      const known = uses.get(key);
      uses.set(key, {
        appId,
        scheme,
        requests: (known?.requests ?? 0) + 1,
        lastTimestamp: Math.max(known?.lastTimestamp ?? 0, timestamp),
      });
    },
    report: (...schemes) =>
      [...uses]
        .filter(([, { scheme }]) => schemes.length === 0 || schemes.includes(scheme))
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([, use]) => use),
  };
}
