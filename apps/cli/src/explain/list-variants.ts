import { onlyOf } from "./canonical-lines.js";
import { othersThan, withSingle, withoutHeader, type Change } from "./candidate.js";
import type { View } from "./view.js";

/** The list in another order or spelling, with more names or fewer, and the lines with it. */
export function listChanges(view: View): Change[] {
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
    ...othersThan(list, texts).map(withSingle("list")),
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
  return othersThan(list, [...written, `sig1=${list}`, list.replaceAll(";", "; ")]);
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
