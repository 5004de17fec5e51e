import { createHash } from "node:crypto";
import { textOf, type CanonicalLines, type Values } from "./view.js";

/** Hex SHA-256 of a text of bytes. */
export const sha256Of = (text: string): string =>
  createHash("sha256").update(Buffer.from(text, "latin1")).digest("hex");

/** A change that is known to happen on the way, by the id of its cause. */
interface Change {
  readonly id: string;
  readonly make: (lines: CanonicalLines) => readonly CanonicalLines[];
}

const withValue =
  (key: "target" | "method" | "timestamp", change: (value: string) => readonly string[]) =>
  (lines: CanonicalLines): CanonicalLines[] =>
    change(lines[key]?.[0] ?? "").map((value) => ({ ...lines, [key]: [value] }));

const withHeader =
  (wanted: string, change: (value: string) => readonly string[]) =>
  (lines: CanonicalLines): CanonicalLines[] =>
    change(lines.headers.get(wanted)?.[0] ?? "").map((value) => ({
      ...lines,
      headers: new Map<string, Values | undefined>([...lines.headers]).set(wanted, [value]),
    }));

/** Every path that is left when the first segments are stripped. */
const suffixesOf = (target: string): string[] =>
  [...target.split("?", 1).join().matchAll(/\//g)]
    .map(({ index }) => target.slice(index))
    .slice(1, 8);

const parsed = (target: string): string[] => {
  const url = URL.canParse(target, "http://any.invalid") && new URL(target, "http://any.invalid");
  return url === false ? [] : [url.pathname + url.search];
};

const CHANGES: readonly Change[] = [
  {
    id: "url-signed-whole",
    make: withValue("target", (t) => (/^https?:/.test(t) ? parsed(t) : [])),
  },
  { id: "fragment-sent", make: withValue("target", (t) => t.split("#", 1)) },
  {
    id: "trailing-slash",
    make: withValue("target", (t) => [t.replace(/\/(?=\?|$)/, ""), t.replace(/(?=\?|$)/, "/")]),
  },
  { id: "question-mark", make: withValue("target", (t) => [t.replace(/\?$/, "")]) },
  { id: "dots-folded", make: withValue("target", parsed) },
  { id: "slashes-folded", make: withValue("target", (t) => [t.replace(/\/{2,}/g, "/")]) },
  {
    id: "escapes-case",
    make: withValue("target", (t) => [
      t.replace(/%[0-9a-f]{2}/gi, (escape) => escape.toUpperCase()),
      t.replace(/%[0-9a-f]{2}/gi, (escape) => escape.toLowerCase()),
    ]),
  },
  {
    id: "space-plus",
    make: withValue("target", (t) => [t.replaceAll("%20", "+"), t.replaceAll("+", "%20")]),
  },
  {
    id: "double-encoding",
    make: withValue("target", (t) => [t.replaceAll("%", "%25"), t.replaceAll("%25", "%")]),
  },
  { id: "slash-decoded", make: withValue("target", (t) => [t.replace(/%2f/gi, "/")]) },
  { id: "query-unsigned", make: withValue("target", (t) => t.split("?", 1)) },
  {
    id: "query-order",
    make: withValue("target", (t) => {
      const [path = "", ...query] = t.split("?");
      return [`${path}?${query.join("?").split("&").sort().join("&")}`];
    }),
  },
  { id: "path-prefix-stripped", make: withValue("target", suffixesOf) },
  { id: "head-as-get", make: withValue("method", (m) => (m === "HEAD" ? ["GET"] : ["HEAD"])) },
  { id: "method-case", make: withValue("method", (m) => [m.toUpperCase()]) },
  { id: "redirect-followed", make: withValue("method", () => ["GET"]) },
  { id: "host-case", make: withHeader("host", (host) => [host.toLowerCase()]) },
  {
    id: "host-default-port",
    make: withHeader("host", (host) => [host.replace(/:(?:80|443)$/, "")]),
  },
  { id: "host-port", make: withHeader("host", (host) => [host.replace(/:\d+$/, "")]) },
  { id: "host-trailing-dot", make: withHeader("host", (host) => [host.replace(/\.(?=:|$)/, "")]) },
  {
    id: "charset-added",
    make: withHeader("content-type", (type) =>
      ["; charset=utf-8", ";charset=utf-8", "; charset=UTF-8", ";charset=UTF-8"].flatMap((more) => [
        type + more,
        type.replace(more, ""),
      ]),
    ),
  },
  {
    id: "header-spaces",
    make: ({ headers, ...lines }) => [
      {
        ...lines,
        headers: new Map(
          [...headers].map(([name, values]) => [
            name,
            values?.map((value) => value.trim().replace(/\s+/g, " ")),
          ]),
        ),
      },
    ],
  },
  {
    id: "timestamp-in-milliseconds",
    make: withValue("timestamp", (t) => [String(Math.floor(Number(t) / 1000))]),
  },
];

/** The causes whose change gives these lines a text of this hash. */
export function causesByHash(lines: CanonicalLines, sha256: string): string[] {
  return CHANGES.filter(({ make }) =>
    make(lines).some((changed) => {
      const text = textOf(changed);
      return text !== undefined && sha256Of(text) === sha256;
    }),
  ).map(({ id }) => id);
}
