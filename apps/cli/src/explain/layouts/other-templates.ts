/** A template that a sender may have signed by, and what is other in it. */
export interface OtherTemplate {
  readonly template: string;
  /** The names of the mistakes. */
  readonly mistakes: readonly string[];
}

const SEPARATORS = ["", ".", ":", "|", "\n", ",", ";", "-", "_", "+", "&", "/", " "];
/** Of more parts there are too many orders. */
const MOST_ORDERED = 4;

/**
 * Templates with the parts of this one in another order, with another text between all of them, or without one of them.
 * None for a template with brackets, or of one part.
 */
export function otherTemplates(template: string): readonly OtherTemplate[] {
  const parts = template.split(/\{([^{}]*)\}/); // literal, name, literal, …
  const names = parts.filter((_, i) => i % 2 === 1);
  if (names.length < 2 || /[[\]]/.test(template)) return [];
  const between = parts.filter((_, i) => i % 2 === 0).slice(1, -1);
  const join = (order: readonly string[], texts: readonly string[]): string =>
    [parts[0], ...order.flatMap((name, i) => [`{${name}}`, texts[i] ?? ""]), parts.at(-1)].join("");
  const found = new Map<string, readonly string[]>();
  for (const order of names.length > MOST_ORDERED ? [names] : ordersOf(names)) {
    const moved = order.every((name, i) => name === names[i]) ? [] : ["template-order"];
    const texts = [between, ...SEPARATORS.map((separator) => between.map(() => separator))];
    for (const [i, each] of texts.entries()) {
      const other = join(order, each);
      const mistakes = i === 0 ? moved : [...moved, "template-separator"];
      if (other !== template && !found.has(other)) found.set(other, mistakes);
    }
  }
  for (const left of names.map((_, i) => withoutPart(parts, i)))
    if (!found.has(left)) found.set(left, ["template-part"]);
  return [...found].map(([other, mistakes]) => ({ template: other, mistakes }));
}

/** A part goes with what stands behind it; the last one with what stands before it. */
function withoutPart(parts: readonly string[], i: number): string {
  const isLast = 2 * i + 1 === parts.length - 2;
  const from = isLast ? 2 * i : 2 * i + 1;
  const kept = [...parts.slice(0, from), ...parts.slice(from + 2)];
  return kept.map((text, at) => (at % 2 === 0 ? text : `{${text}}`)).join("");
}

/** All orders, the given one first. */
function ordersOf(names: readonly string[]): string[][] {
  if (names.length < 2) return [[...names]];
  return names.flatMap((first, i) =>
    ordersOf(names.filter((_, j) => j !== i)).map((others) => [first, ...others]),
  );
}
