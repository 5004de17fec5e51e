import { linesOf, onlyOf, type Values } from "../canonical-lines.js";
import type { Layout } from "../layout.js";

const METHOD = /^(?:GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS)$/i;
const HEADER = /^([a-z][a-z0-9-]*):(.*)$/;

/**
 * Any text of lines: the first that is a method is the method, the first that begins with / is the target,
 * `name:value` is a header; the rest are lines with a number.
 */
export function plainLayout(title: string): Layout {
  return {
    title,
    rows: ["method", "target"],
    normalises: false,
    hasLines: true,
    recognises: () => true,

    read(text) {
      let method: Values | undefined;
      let target: Values | undefined;
      const headers = new Map<string, Values>();
      const others = new Map<string, Values>();
      const order = text.split("\n").map((line, i) => {
        const [, name, value = ""] = HEADER.exec(line) ?? [];
        if (method === undefined && METHOD.test(line)) {
          method = [line];
          return "method";
        }
        if (target === undefined && line.startsWith("/")) {
          target = [line];
          return "target";
        }
        if (name !== undefined && !headers.has(name)) {
          headers.set(name, [value]);
          return `header ${name}`;
        }
        others.set(`line ${i + 1}`, [line]);
        return `line ${i + 1}`;
      });
      return linesOf({ method, target, headers, others, order });
    },

    write({ method, target, headers, others, order }) {
      const lines = order.map((slot) => {
        if (slot === "method") return onlyOf(method);
        if (slot === "target") return onlyOf(target);
        const name = /^header (.*)$/.exec(slot)?.[1];
        if (name === undefined) return onlyOf(others.get(slot));
        const value = onlyOf(headers.get(name));
        return value === undefined ? undefined : `${name}:${value}`;
      });
      return lines.includes(undefined) ? undefined : lines.join("\n");
    },
  };
}
