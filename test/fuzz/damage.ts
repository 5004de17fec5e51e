import fc from "fast-check";

/** A request on the wire: a request line, header lines, content. */
export interface Wire {
  readonly method: string;
  readonly target: string;
  readonly headers: readonly (readonly [string, string])[];
  readonly content: Buffer;
}

/** Characters that a lenient parser trips over, more often than the others. */
export const byte = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.constantFrom(
      ..."\0\t\n\r \"#%&'+,-./:;=?@\\_`aA01\u007f\u0080\u0085\u00a0\u00ff",
    ),
  },
  {
    weight: 1,
    arbitrary: fc.integer({ min: 0, max: 255 }).map((code) => String.fromCharCode(code)),
  },
);
/** One change of one character. */
export interface Damage {
  readonly where: number;
  readonly kind: "replace" | "insert" | "delete" | "flip case" | "swap" | "repeat";
  readonly with: string;
}
export const damage: fc.Arbitrary<Damage> = fc.record({
  where: fc.nat({ max: 999_999 }).map((millionths) => millionths / 1e6),
  kind: fc.constantFrom("replace", "insert", "delete", "flip case", "swap", "repeat"),
  with: byte,
});

function damaged(text: string, { where, kind, with: other }: Damage): string {
  const i = Math.floor(where * (text.length + (kind === "insert" ? 1 : 0)));
  const [before, at, after] = [text.slice(0, i), text.slice(i, i + 1), text.slice(i + 1)];
  switch (kind) {
    case "replace":
      return before + other + after;
    case "insert":
      return before + other + at + after;
    case "delete":
      return before + after;
    case "flip case":
      return before + (at === at.toLowerCase() ? at.toUpperCase() : at.toLowerCase()) + after;
    case "swap":
      return before + after.slice(0, 1) + at + after.slice(1);
    case "repeat":
      return before + at + at + after;
  }
}

/** Damages the bytes of a whole request: request line, header names, header values, content. */
export function damageWire(wire: Wire, hits: readonly Damage[]): Wire {
  const parts = [wire.method, wire.target, ...wire.headers.flat(), wire.content.toString("latin1")];
  for (const hit of hits) {
    const total = parts.reduce((sum, part) => sum + part.length + 1, 0);
    let offset = hit.where * total;
    const place = parts.findIndex((part) => (offset -= part.length + 1) < 0);
    const part = parts[place] ?? "";
    const within = Math.min(Math.max((offset + part.length + 1) / (part.length + 1), 0), 0.999_999);
    parts[place] = damaged(part, { ...hit, where: within });
  }
  const [method = "", target = ""] = parts;
  const flat = parts.slice(2, -1);
  const headers = Array.from(
    { length: flat.length / 2 },
    (_, i) => [flat[2 * i] ?? "", flat[2 * i + 1] ?? ""] as const,
  );
  return { method, target, headers, content: Buffer.from(parts.at(-1) ?? "", "latin1") };
}
