import type { ClaimMeasured, Observer, Verdict } from "../ports/observer.js";

/**
 * Several observers as one, each told of everything. What one of them does wrong keeps nothing from the others. The text of
 * canonical requests goes to those alone that ask for it.
 *
 * @example
 * HmacModule.forRoot({ apps, origins, observer: joinObservers(openTelemetryObserver(), schemeUsage()) })
 */
export function joinObservers(...observers: readonly Observer[]): Observer {
  const meters = observers.filter((observer) => typeof observer.observeClaim === "function");
  return {
    canonicalRequests: observers.some(asksForText),
    observe: (verdict) =>
      tellAll(observers, (observer) =>
        observer.observe(asksForText(observer) ? verdict : withoutText(verdict)),
      ),
    ...(meters.length > 0 && {
      observeClaim: (claim: ClaimMeasured) =>
        tellAll(meters, (observer) => observer.observeClaim?.(claim)),
    }),
  };
}

const asksForText = ({ canonicalRequests }: Observer): boolean => canonicalRequests === true;

function withoutText(verdict: Verdict): Verdict {
  if (verdict.outcome === "greeted" || verdict.canonicalRequest === undefined) return verdict;
  const { canonicalRequest: _text, ...rest } = verdict;
  return rest;
}

/** Tells each, and passes on what the first of them did wrong: it throws, or returns a promise that is rejected. */
function tellAll(observers: readonly Observer[], tell: (observer: Observer) => unknown): void {
  const faults: unknown[] = [];
  const late: unknown[] = [];
  for (const observer of observers)
    try {
      const told = tell(observer);
      if (typeof told === "object" && told !== null) late.push(told);
    } catch (error) {
      faults.push(error);
    }
  const allTold = late.length === 0 ? undefined : Promise.all(late);
  if (faults.length === 0) return allTold as unknown as void;
  allTold?.catch(() => undefined);
  throw faults[0];
}
