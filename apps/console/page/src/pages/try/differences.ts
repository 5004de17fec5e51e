/** A line in which two texts differ, from the first character that does. */
interface Difference {
  /** From 1. */
  readonly line: number;
  readonly same: string;
  readonly signed: string;
  readonly came: string;
}

/** Where what was signed is not what came. */
export function differences(signed: string, came: string): Difference[] {
  const [left, right] = [signed, came].map((text) => text.split("\n")) as [string[], string[]];
  return Array.from({ length: Math.max(left.length, right.length) }, (_, i) => i).flatMap((i) => {
    const [a = "", b = ""] = [left[i], right[i]];
    if (left[i] === right[i]) return [];
    let at = 0;
    while (at < a.length && a[at] === b[at]) at += 1;
    return [
      { line: i + 1, same: a.slice(0, at), signed: shown(a.slice(at)), came: shown(b.slice(at)) },
    ];
  });
}

/** Blanks, and what nobody sees, are shown. */
const shown = (text: string): string =>
  text.replaceAll("\r", "␍").replaceAll("\t", "␉").replaceAll(" ", "·");
