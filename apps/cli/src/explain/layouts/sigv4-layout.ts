import { linesOf, onlyOf, pathOf, queryOf } from "../canonical-lines.js";
import type { Layout } from "../layout.js";
import { readHeaderLines, writeHeaderLines } from "./header-lines.js";

/**
 * The canonical request of AWS Signature Version 4: method, path, query, a line for each header, none, the list, the
 * hash of the content.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 */
export const SIGV4_LAYOUT: Layout = {
  title: "AWS Signature Version 4",
  rows: ["method", "target"],
  normalises: true,
  hasLines: true,
  recognises: (text) =>
    /^[A-Za-z-]+\n[^\n]*\n[^\n]*\n(?:[^\n:]+:[^\n]*\n)+\n?[^\n:]+\n(?:[0-9A-Fa-f]{64}|[A-Z0-9-]+)?$/.test(
      text,
    ),

  read(text) {
    const [method, path, query, ...rest] = text.split("\n");
    if (method === undefined || path === undefined || query === undefined || rest.length < 3)
      return undefined;
    return linesOf({
      method: [method],
      target: [query === "" ? path : `${path}?${query}`],
      headers: readHeaderLines(rest.slice(0, rest.at(-3) === "" ? -3 : -2)),
      list: [rest.at(-2) ?? ""],
      payload: [rest.at(-1) ?? ""],
    });
  },

  write({ method, target, headers, list, payload }) {
    const [verb, whole, names, hash] = [method, target, list, payload].map(onlyOf);
    const named = writeHeaderLines(headers);
    if (verb === undefined || whole === undefined || named === undefined) return undefined;
    if (names === undefined || hash === undefined) return undefined;
    return [verb, pathOf(whole), queryOf(whole) ?? "", ...named, "", names, hash].join("\n");
  },

  lacksEmptyLine: (text) => text.split("\n").at(-3) !== "",
};
