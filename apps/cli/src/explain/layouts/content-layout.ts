import { linesOf, onlyOf, type Values } from "../canonical-lines.js";
import type { Layout } from "../layout.js";

const escaped = (literal: string): string => literal.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");

/** What stands in place of each name; the content may be anything. */
const PATTERNS: Readonly<Record<string, string>> = {
  id: "(?<id>[^\\s]*?)",
  timestamp: "(?<timestamp>\\d{13}|\\d{10}|\\d{4}-\\d\\d-\\d\\dT[\\d:.]+Z)",
  body: "(?<body>[^]*?)",
};

/** What webhooks sign: the content, with a time and an id beside it where there are such. */
export function contentLayout(title: string, template: string): Layout {
  const parts = template.split(/\{([a-z]+)\}/); // literal, name, literal, …
  const pattern = new RegExp(
    `^${parts.map((part, i) => (i % 2 === 1 ? (PATTERNS[part] ?? "") : escaped(part))).join("")}$`,
  );
  const has = (name: string): boolean => parts.some((part, i) => i % 2 === 1 && part === name);
  const lineFor = (name: string, value: string | undefined): Values | undefined =>
    has(name) && value !== undefined ? [value] : undefined;
  return {
    title,
    rows: [
      ...(has("id") ? ["nonce" as const] : []),
      ...(has("timestamp") ? ["timestamp" as const] : []),
    ],
    normalises: false,
    hasLines: false,
    recognises: (text) => pattern.test(text),

    read(text) {
      const { id, timestamp, body } = pattern.exec(text)?.groups ?? {};
      if (body === undefined) return undefined;
      return linesOf({
        nonce: lineFor("id", id),
        timestamp: lineFor("timestamp", timestamp),
        payload: [body],
      });
    },

    write({ nonce, timestamp, payload }) {
      const values: Record<string, string | undefined> = {
        id: onlyOf(nonce),
        timestamp: onlyOf(timestamp),
        body: onlyOf(payload),
      };
      const text = parts.map((part, i) => (i % 2 === 1 ? values[part] : part));
      return text.includes(undefined) ? undefined : text.join("");
    },
  };
}
