import type { Axis, Candidate } from "./candidate.js";

/** The first candidate that fits, with one part changed or two. */
export function searchVariants(
  own: Candidate,
  axes: readonly Axis[],
  fits: (candidate: Candidate) => boolean,
): Candidate | undefined {
  const singles = axes.map((axis) => axis.map((change) => change(own)));
  const single = singles.flat().find(fits);
  if (single !== undefined) return single;
  for (const [i, axis] of axes.entries())
    for (const change of axis)
      for (const other of singles.slice(0, i).flat()) {
        const candidate = change(other);
        if (fits(candidate)) return candidate;
      }
  return undefined;
}
