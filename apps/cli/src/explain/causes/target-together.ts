import { pathOf, queryOf } from "../canonical-lines.js";
import { pairOf, type Cause, type Findings } from "./cause.js";
import {
  decoded,
  foldedDots,
  foldedSlashes,
  onPath,
  TARGET_CAUSES,
  upperEscapes,
} from "./target.js";

type Change = (target: string) => string;

const onQuery =
  (change: (query: string) => string): Change =>
  (target) => {
    const query = queryOf(target);
    return query === undefined ? target : `${pathOf(target)}?${change(query)}`;
  };

/** What takes a difference away that may come together with others, by the cause that names it; in the order of use. */
const UNDONE: readonly (readonly [id: string, Change])[] = [
  ["dots-folded", foldedDots],
  ["slashes-folded", foldedSlashes],
  ["trailing-slash", onPath((path) => path.replace(/\/+$/, ""))],
  ["question-mark", (target) => target.replace(/\?$/, "")],
  ["escapes-case", upperEscapes],
  ["space-plus", onQuery((query) => query.replaceAll("+", "%20"))],
  ["target-decoded", decoded],
  ["query-order", onQuery((query) => query.split("&").sort().join("&"))],
  ["target-case", (target) => target.toLowerCase()],
];

/** The fewest causes, two to four, that together make all the difference between two targets; none where none do. */
export function targetCausesTogether(findings: Findings): Cause[] {
  const pair = pairOf(findings, "target");
  if (pair === undefined) return [];
  const explains = (changes: readonly (readonly [string, Change])[]): boolean => {
    const undo: Change = (target) => changes.reduce((text, [, change]) => change(text), target);
    return undo(pair.client) === undo(pair.server);
  };
  const found = [2, 3, 4].flatMap((count) => subsetsOf(UNDONE, count)).find(explains) ?? [];
  return found.flatMap(([id]) => TARGET_CAUSES.filter((cause) => cause.id === id));
}

/** Every choice of so many of a list, in its order. */
function subsetsOf<Item>(all: readonly Item[], count: number): Item[][] {
  if (count === 0) return [[]];
  return all.flatMap((first, i) =>
    subsetsOf(all.slice(i + 1), count - 1).map((rest) => [first, ...rest]),
  );
}
