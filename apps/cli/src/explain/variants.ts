import { onlyOf, pathOf, queryOf, type CanonicalLines } from "./canonical-lines.js";
import { contentVariants, digestsIn, type ContentDigest } from "./content-variants.js";
import { targetVariants } from "./target-variants.js";
import { headerOf, type View } from "./view.js";

/*
 * What a client may have signed in place of what it sent, or a server seen in place of what was signed. A variant names
 * no cause: whether it is the one a MAC or a hash tells, and then both texts are known, and are compared like any two.
 */

/** A text by its lines, and the content that goes with it. */
export interface Candidate {
  readonly lines: CanonicalLines;
  readonly content: Buffer | undefined;
}

/** One way in which a candidate becomes another. */
export type Change = (candidate: Candidate) => Candidate;

/** Changes of one part: of each part one at most is made. */
export type Axis = readonly Change[];

/** Every change that is tried on a view, by the part that it changes. */
export function axesOf(view: View): Axis[] {
  const { lines, target: sent } = view;
  const target = onlyOf(lines.target);
  const { paths, queries, wholes } = targetVariants(target, sent, headerOf(view, "host")[0]);
  return [
    onlyOf(lines.method) === undefined ? [] : methodsOf(view).map(withSingle("method")),
    paths.map(withTarget((path, _old, query) => path + query)),
    queries.map(withTarget((query, path) => path + query)),
    wholes.map(withSingle("target")),
    hostsOf(view).map((host) => withHeader("host", host)),
    headerChanges(view),
    listChanges(view),
    timesOf(onlyOf(lines.timestamp)).map(withSingle("timestamp")),
    onlyOf(lines.nonce) === undefined ? [] : [withSingle("nonce")("")],
    contentChanges(view),
  ];
}

const withSingle =
  (key: "method" | "target" | "timestamp" | "nonce" | "list") =>
  (value: string): Change =>
  ({ lines, content }) => ({ lines: { ...lines, [key]: [value] }, content });

/** @param join of the new part and both old ones, the query with its `?` */
const withTarget =
  (join: (part: string, path: string, query: string) => string) =>
  (part: string): Change =>
  ({ lines, content }) => {
    const target = onlyOf(lines.target) ?? "";
    const query = queryOf(target);
    const joined = join(part, pathOf(target), query === undefined ? "" : `?${query}`);
    return { lines: { ...lines, target: [joined] }, content };
  };

const withHeader =
  (name: string, value: string): Change =>
  ({ lines, content }) => {
    if (!lines.headers.has(name)) return { lines, content };
    const headers = new Map(lines.headers).set(name, [value]);
    return { lines: { ...lines, headers }, content };
  };

const OVERRIDES = ["x-http-method-override", "x-http-method", "x-method-override"];

function methodsOf(view: View): string[] {
  const method = onlyOf(view.lines.method) ?? "";
  const overrides = OVERRIDES.flatMap((name) => headerOf(view, name));
  const capitalised = method.charAt(0).toUpperCase() + method.slice(1).toLowerCase();
  return others(method, [
    ...overrides,
    method.toUpperCase(),
    method.toLowerCase(),
    capitalised,
    ...["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"],
  ]);
}

const PORTS = [":443", ":80", ":8080", ":8443", ":3000"];

function hostsOf(view: View): string[] {
  const host = onlyOf(view.lines.headers.get("host"));
  if (host === undefined) return [];
  const bare = host.replace(/:\d+$/, "");
  const seen = [...headerOf(view, "host"), ...headerOf(view, "x-forwarded-host")];
  return others(host, [
    ...seen,
    bare,
    ...PORTS.map((port) => bare + port),
    ...(bare === host ? PORTS.map((port) => `${host}.${port}`) : []),
    host.toLowerCase(),
    host.toUpperCase(),
    host.replace(/\.(?=:|$)/, ""),
    `${bare}.`,
    "localhost",
    `http://${host}`,
    `https://${host}`,
    "",
  ]);
}

const CHARSETS = ["; charset=utf-8", ";charset=utf-8", "; charset=UTF-8", ";charset=UTF-8"];
const TYPES = [
  "application/json",
  "application/x-www-form-urlencoded",
  "text/plain",
  "application/octet-stream",
];

function headerChanges(view: View): Change[] {
  const { headers } = view.lines;
  return [...headers].flatMap(([name, values]) => {
    const value = onlyOf(values);
    if (name === "host" || value === undefined) return [];
    const written = [
      ...headerOf(view, name),
      ...spacedOtherwise(value),
      ...recodedOtherwise(value),
      ...(name === "content-type" ? typesLike(value) : []),
      value.toLowerCase(),
      value.replace(/^"(.*)"$/, "$1"),
      "",
    ];
    return [
      ...others(value, written).map((each) => withHeader(name, each)),
      withoutHeader(name),
      withName(name, (each) => each.replace(/(?:^|-)[a-z]/g, (start) => start.toUpperCase())),
      withName(name, (each) => each.toUpperCase()),
    ];
  });
}

/** Blanks folded, doubled, at the ends, round commas. */
const spacedOtherwise = (value: string): string[] => [
  value.trim().replace(/[\t ]+/g, " "),
  value.replace(/[\t ]+/g, ""),
  value.replaceAll(" ", "  "),
  value.replaceAll(" ", "\t"),
  ` ${value}`,
  `${value} `,
  value.replace(/,[\t ]+/g, ","),
  value.replace(/,[\t ]*/g, ", "),
];

const recodedOtherwise = (value: string): string[] =>
  /^[\0-\x7f]*$/.test(value)
    ? []
    : [
        Buffer.from(value, "utf8").toString("latin1"),
        Buffer.from(value, "latin1").toString("utf8"),
      ].filter((each) => /^[\0-\xff]*$/.test(each));

const typesLike = (value: string): string[] => [
  value.split(";", 1)[0] ?? "",
  ...CHARSETS.map((charset) => value.split(";", 1)[0] + charset),
  ...TYPES.flatMap((type) => [type, ...CHARSETS.map((charset) => type + charset)]),
];

/** A line that was left out, though the list may name it. */
const withoutHeader =
  (name: string): Change =>
  ({ lines, content }) => {
    const headers = new Map(lines.headers);
    headers.delete(name);
    const order = lines.order.filter((slot) => slot !== name && slot !== `header ${name}`);
    return { lines: { ...lines, headers, order }, content };
  };

const withName =
  (name: string, spell: (name: string) => string): Change =>
  ({ lines, content }) => {
    const headers = new Map(
      [...lines.headers].map(([each, values]) => [each === name ? spell(each) : each, values]),
    );
    return { lines: { ...lines, headers }, content };
  };

function listChanges(view: View): Change[] {
  const list = onlyOf(view.lines.list);
  if (list === undefined) return [];
  if (list.startsWith("(")) return paramsLike(list).map(withSingle("list"));
  const names = list.split(";");
  const arrived = (view.headers ?? []).map(([name]) => name.toLowerCase());
  const sent = arrived.filter((name) => names.includes(name));
  const texts = [
    names.toSorted().join(";"),
    names.toReversed().join(";"),
    sent.join(";"),
    list.toLowerCase(),
    names.map((name) => name.replace(/(?:^|-)[a-z]/g, (start) => start.toUpperCase())).join(";"),
    names.join(","),
    names.join(", "),
    names.join(" "),
    "",
  ];
  const orders = [names.toSorted(), names.toReversed(), sent];
  return [
    ...others(list, texts).map(withSingle("list")),
    ...orders.filter((order) => order.length === names.length).map(inOrder),
    ...orders.filter((order) => order.length === names.length).map(linesInOrder),
    ...names.map((name) => without(name)),
    ...unsigned(view, names).map(([name, value]) => withMore(name, value)),
  ];
}

/** The list of RFC 9421 with its parameters in another order, without one of them, or with its label. */
function paramsLike(list: string): string[] {
  const [inner = "", ...params] = list.split(/;(?=(?:[^"]*"[^"]*")*[^"]*$)(?![^(]*\))/);
  const orders = [
    params.toSorted(),
    params.toReversed(),
    ...params.map((_, i) => params.filter((__, at) => at !== i)),
    ...params.map((each, i) => [each, ...params.filter((__, at) => at !== i)]),
    [],
  ];
  const written = orders.map((order) => [inner, ...order].join(";"));
  return others(list, [...written, `sig1=${list}`, list.replaceAll(";", "; ")]);
}

/** Names and lines in another order. */
const inOrder = (names: readonly string[]): Change => {
  const lineOrder = linesInOrder(names);
  return (candidate) => withSingle("list")(names.join(";"))(lineOrder(candidate));
};

const linesInOrder =
  (names: readonly string[]): Change =>
  ({ lines, content }) => {
    const headers = new Map(names.map((name) => [name, lines.headers.get(name)]));
    return { lines: { ...lines, headers }, content };
  };

const without = (name: string): Change => {
  const dropLine = withoutHeader(name);
  return (candidate) => {
    const { lines, content } = dropLine(candidate);
    const names = (onlyOf(lines.list) ?? "").split(";").filter((each) => each !== name);
    return { lines: { ...lines, list: [names.join(";")] }, content };
  };
};

const withMore =
  (name: string, value: string): Change =>
  ({ lines, content }) => {
    const headers = new Map(lines.headers).set(name, [value]);
    const names = [...headers.keys()].toSorted();
    const sorted = new Map(names.map((each) => [each, headers.get(each)]));
    return { lines: { ...lines, headers: sorted, list: [names.join(";")] }, content };
  };

/** Headers that came and are not in the list, a few of them. */
const unsigned = ({ headers = [] }: View, names: readonly string[]): [string, string][] =>
  headers
    .map(([name, value]): [string, string] => [name.toLowerCase(), value])
    .filter(([name]) => !names.includes(name) && name !== "authorization")
    .slice(0, 24);

function timesOf(timestamp: string | undefined): string[] {
  if (timestamp === undefined || !/^\d{10,13}$/.test(timestamp)) return [];
  const milliseconds = Number(timestamp.padEnd(13, "0"));
  const date = new Date(milliseconds);
  return others(timestamp, [
    String(milliseconds),
    timestamp.slice(0, 10),
    date.toISOString(),
    date.toISOString().replace(".000", ""),
    date.toUTCString(),
    "",
  ]);
}

/** Other bytes of the content, and the digests of them in place of those of the content. */
function contentChanges(view: View): Change[] {
  const { content, layout, lines } = view;
  if (content === undefined) return [];
  if (!layout.hasLines)
    return contentVariants(content).map((other) => (candidate) => ({
      lines: { ...candidate.lines, payload: [other.toString("latin1")] },
      content: other,
    }));
  const digests = digestsIn(lines, content);
  const words = lines.payload === undefined ? [] : ["UNSIGNED-PAYLOAD", ""];
  return [
    ...(digests.length === 0 ? [] : contentVariants(content).map(withDigests(digests))),
    ...words.map((word): Change => ({ lines: old, content: bytes }) => ({
      lines: { ...old, payload: [word] },
      content: bytes,
    })),
  ];
}

const withDigests =
  (digests: readonly ContentDigest[]) =>
  (other: Buffer): Change =>
  ({ lines }) => {
    const rewrite = (text: string): string =>
      digests.reduce((all, { written, of }) => all.replaceAll(written, () => of(other)), text);
    const all = (values: readonly string[] | undefined) => values?.map(rewrite);
    const each = (map: CanonicalLines["headers"]) =>
      new Map([...map].map(([name, values]) => [name, all(values)]));
    return {
      lines: {
        ...lines,
        headers: each(lines.headers),
        others: each(lines.others),
        payload: all(lines.payload),
      },
      content: other,
    };
  };

const others = (value: string, variants: readonly string[]): string[] =>
  [...new Set(variants)].filter((each) => each !== value);
