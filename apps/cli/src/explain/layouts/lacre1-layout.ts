import { linesOf, onlyOf } from "../canonical-lines.js";
import type { Layout } from "../layout.js";
import { readHeaderLines, writeHeaderLines } from "./header-lines.js";

const one = (value: string | undefined): string[] => (value === undefined ? [] : [value]);

/** docs/protocol.md, section 6. */
export const LACRE1_LAYOUT: Layout = {
  title: "LACRE1",
  rows: ["algorithm", "appId", "timestamp", "nonce", "method", "target"],
  normalises: false,
  hasLines: true,
  recognises: (text) => /^LACRE1-/i.test(text),

  read(text) {
    const [algorithm = "", appId, timestamp, nonce, method, target, ...rest] = text.split("\n");
    if (!/^LACRE1-/i.test(algorithm) || target === undefined || rest.length === 0) return undefined;
    const named = rest.slice(0, rest.at(-2) === "" ? -2 : -1);
    return linesOf({
      algorithm: [algorithm],
      appId: one(appId),
      timestamp: one(timestamp),
      nonce: one(nonce),
      method: one(method),
      target: [target],
      headers: readHeaderLines(named),
      list: [rest.at(-1) ?? ""],
    });
  },

  write({ algorithm, appId, timestamp, nonce, method, target, headers, list }) {
    const first = [algorithm, appId, timestamp, nonce, method, target].map(onlyOf);
    const named = writeHeaderLines(headers);
    const last = onlyOf(list);
    if (named === undefined || last === undefined || first.includes(undefined)) return undefined;
    return [...first, ...named, "", last].join("\n");
  },

  lacksEmptyLine: (text) => text.split("\n").at(-2) !== "",
};
