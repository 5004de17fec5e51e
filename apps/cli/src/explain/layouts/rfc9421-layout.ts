import { linesOf, onlyOf, pathOf, queryOf, type Values } from "../canonical-lines.js";
import type { Layout } from "../layout.js";

const LINE = /^("[^"]*"[^:]*): (.*)$/s;
const PARAMS = '"@signature-params"';
const METHOD = '"@method"';
const PATH = '"@path"';
const QUERY = '"@query"';
/** Those that show the whole target, the narrower first. */
const WHOLE = ['"@request-target"', '"@target-uri"'];
const ORIGIN = /^[a-z]+:\/\/[^/?#]*/i;

/** The names of components as headers are called: `"content-type"` is content-type, `"@authority"` the host. */
const nameOf = (identifier: string): string =>
  identifier === '"@authority"' ? "host" : identifier.replace(/^"([^"@]+)"$/, "$1");

/** The signature base of RFC 9421, section 2.5: a line for each component, then their list. */
export const RFC9421_LAYOUT: Layout = {
  title: "RFC 9421",
  rows: ["method", "target"],
  normalises: false,
  hasLines: true,
  recognises: (text) => text.split("\n").some((line) => line.startsWith(PARAMS)),

  read(text) {
    const parts = text.split("\n").map((line) => {
      const [, identifier, value = ""] = LINE.exec(line) ?? [];
      return identifier === undefined ? undefined : ([identifier, value] as const);
    });
    if (!parts.every((part) => part !== undefined)) return undefined;
    const values = new Map(parts);
    const order = parts.map(([identifier]) => identifier).filter((each) => each !== PARAMS);
    const headers = new Map<string, Values>();
    const others = new Map<string, Values>();
    for (const identifier of order) {
      const value = [values.get(identifier) ?? ""];
      if ([METHOD, PATH, QUERY, ...WHOLE].includes(identifier)) continue;
      if (identifier.startsWith('"@') && identifier !== '"@authority"')
        others.set(identifier, value);
      else headers.set(nameOf(identifier), value);
    }
    const uri = values.get('"@target-uri"');
    if (uri !== undefined) others.set("origin of @target-uri", [ORIGIN.exec(uri)?.[0] ?? ""]);
    const method = values.get(METHOD);
    const target = targetOf(values);
    return linesOf({
      method: method === undefined ? undefined : [method],
      target: target === undefined ? undefined : [target],
      headers,
      list: [values.get(PARAMS) ?? ""],
      others,
      order,
    });
  },

  write({ method, target, headers, list, others, order }) {
    const whole = onlyOf(target);
    const valueOf = (identifier: string): string | undefined => {
      if (identifier === METHOD) return onlyOf(method);
      if (identifier === PATH) return whole === undefined ? undefined : pathOf(whole);
      if (identifier === QUERY) return whole === undefined ? undefined : `?${queryOf(whole) ?? ""}`;
      if (identifier === WHOLE[0]) return whole;
      if (identifier === WHOLE[1])
        return whole === undefined
          ? undefined
          : `${onlyOf(others.get("origin of @target-uri")) ?? ""}${whole}`;
      return onlyOf(headers.get(nameOf(identifier)) ?? others.get(identifier));
    };
    const lines = [...order.map((each) => [each, valueOf(each)]), [PARAMS, onlyOf(list)]];
    if (lines.some(([, value]) => value === undefined)) return undefined;
    return lines.map((line) => line.join(": ")).join("\n");
  },
};

function targetOf(values: ReadonlyMap<string, string>): string | undefined {
  for (const identifier of WHOLE) {
    const value = values.get(identifier);
    if (value !== undefined) return identifier === WHOLE[1] ? value.replace(ORIGIN, "") : value;
  }
  const [path, query] = [values.get(PATH), values.get(QUERY)];
  if (path === undefined && query === undefined) return undefined;
  return `${path ?? ""}${query === "?" ? "" : (query ?? "")}`;
}
