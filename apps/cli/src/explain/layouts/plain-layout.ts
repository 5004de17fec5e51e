import { linesOf, onlyOf, type SingleLine, type Values } from "../canonical-lines.js";
import type { Layout } from "../layout.js";

const SINGLES = ["timestamp", "nonce", "method", "target"] as const satisfies SingleLine[];
const METHOD = /^(?:GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS)$/i;
const HEADER = /^([a-z][a-z0-9-]*):(.*)$/;

/** What a line is by its look. */
function nameBySight(line: string, place: string, taken: ReadonlySet<string>): string {
  if (METHOD.test(line) && !taken.has("method")) return "method";
  if (line.startsWith("/") && !taken.has("target")) return "target";
  const name = HEADER.exec(line)?.[1];
  return name !== undefined && !taken.has(`header ${name}`) ? `header ${name}` : place;
}

/**
 * Any text of lines. Where nobody says what they are, the first that is a method is the method, the first that begins
 * with / is the target, and `name:value` is a header; the rest have a number.
 * @param names what the first lines are: a single line by its name, `header host`, or any other words
 */
export function plainLayout(title: string, names: readonly string[] = []): Layout {
  return {
    title,
    rows: SINGLES.filter((name) => names.length > 0 || name === "method" || name === "target"),
    normalises: false,
    hasLines: true,
    recognises: () => true,

    read(text) {
      const slots = new Map<string, string>();
      const taken = new Set<string>();
      for (const [i, line] of text.split("\n").entries()) {
        const slot = names[i] ?? nameBySight(line, `line ${i + 1}`, taken);
        taken.add(slot);
        slots.set(slot, line);
      }
      const single = (name: string): Values | undefined => valuesOf(slots.get(name));
      const headers = new Map<string, Values>();
      const others = new Map<string, Values>();
      for (const [slot, line] of slots) {
        const name = headerIn(slot);
        // A header that is a line by its name has its value alone there.
        if (name !== undefined) headers.set(name, [isNamed(slot) ? line : valueOf(line)]);
        else if (!isSingle(slot)) others.set(slot, [line]);
      }
      return linesOf({
        timestamp: single("timestamp"),
        nonce: single("nonce"),
        method: single("method"),
        target: single("target"),
        headers,
        others,
        order: [...slots.keys()],
      });
    },

    write(lines) {
      const texts = lines.order.map((slot) => {
        const name = headerIn(slot);
        if (isSingle(slot)) return onlyOf(lines[slot]);
        if (name === undefined) return onlyOf(lines.others.get(slot));
        const value = onlyOf(lines.headers.get(name));
        return value === undefined || isNamed(slot) ? value : `${name}:${value}`;
      });
      return texts.includes(undefined) ? undefined : texts.join("\n");
    },
  };

  function isNamed(slot: string): boolean {
    return names.includes(slot);
  }
}

const isSingle = (slot: string): slot is (typeof SINGLES)[number] =>
  (SINGLES as readonly string[]).includes(slot);
const headerIn = (slot: string): string | undefined => /^header (.*)$/.exec(slot)?.[1];
const valuesOf = (line: string | undefined): Values | undefined =>
  line === undefined ? undefined : [line];
const valueOf = (line: string): string => line.slice(line.indexOf(":") + 1);
