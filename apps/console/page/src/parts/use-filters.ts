import { useCallback, useMemo } from "react";
import { useSearchParams } from "wouter";

/**
 * What a list is filtered and sorted by, kept in the address: it can be sent to somebody, and going back finds it again.
 * `defaults` names all filters; what is as by default is not in the address. It must stay the same object.
 */
export function useFilters<Filters extends Readonly<Record<string, string>>>(
  defaults: Filters,
): [filters: Filters, set: (change: Partial<Filters>) => void, filtered: boolean] {
  const [params, setParams] = useSearchParams();
  const filters = useMemo(() => {
    const entries = Object.entries(defaults).map(([name, fallback]) => [
      name,
      params.get(name) ?? fallback,
    ]);
    return Object.fromEntries(entries) as Filters;
  }, [defaults, params]);
  const set = useCallback(
    (change: Partial<Filters>) =>
      setParams(
        (before) => {
          const next = new URLSearchParams(before);
          for (const [name, value] of Object.entries(change)) {
            if (value === undefined || value === defaults[name]) next.delete(name);
            else next.set(name, value);
          }
          return next;
        },
        { replace: true },
      ),
    [defaults, setParams],
  );
  const filtered = Object.keys(defaults).some((name) => filters[name] !== defaults[name]);
  return [filters, set, filtered];
}
