import { onlyOf, pathOf, queryOf, type CanonicalLines } from "./canonical-lines.js";
import { othersThan, withHeader, withSingle, type Axis, type Change } from "./candidate.js";
import { contentVariants, digestsIn, type ContentDigest } from "./content-variants.js";
import { headerChanges } from "./header-variants.js";
import { listChanges } from "./list-variants.js";
import { targetVariants } from "./target-variants.js";
import { headerOf, type View } from "./view.js";

/*
 * What a client may have signed in place of what it sent, or a server seen in place of what was signed. A variant names
 * no cause: whether it is the one a MAC or a hash tells, and then both texts are known, and are compared like any two.
 */

/** What is known beside the view. */
export interface Hints {
  /** Names by which the server is reached, with their ports. */
  readonly hosts: readonly string[];
  /** Who signs, as the user says it. */
  readonly appId: string | undefined;
}

export const NO_HINTS: Hints = { hosts: [], appId: undefined };

/** Every change that is tried on a view, by the part that it changes. */
export function axesOf(view: View, { hosts, appId }: Hints = NO_HINTS): Axis[] {
  const { lines, target: sent } = view;
  const target = onlyOf(lines.target);
  const { paths, queries, wholes } = targetVariants(target, sent, {
    host: headerOf(view, "host")[0] ?? "",
    prefixes: headerOf(view, "x-forwarded-prefix"),
    rewritten: ["x-original-uri", "x-original-url"].flatMap((name) => headerOf(view, name)),
  });
  return [
    onlyOf(lines.method) === undefined ? [] : methodsOf(view).map(withSingle("method")),
    paths.map(withTarget((path, _old, query) => path + query)),
    queries.map(withTarget((query, path) => path + query)),
    wholes.map(withSingle("target")),
    hostsOf(view, hosts).map((host) => withHeader("host", host)),
    originChanges(view, hosts),
    onlyOf(lines.algorithm) === undefined ? [] : algorithmsOf(view).map(withSingle("algorithm")),
    onlyOf(lines.appId) === undefined ? [] : appIdsOf(view, appId).map(withSingle("appId")),
    headerChanges(view),
    listChanges(view),
    timesOf(onlyOf(lines.timestamp)).map(withSingle("timestamp")),
    onlyOf(lines.nonce) === undefined ? [] : [withSingle("nonce")("")],
    lines.others.has("port") ? PORT_NUMBERS.map((port) => withOther("port", port)) : [],
    contentChanges(view),
  ];
}

const PORT_NUMBERS = ["80", "443", "8080", "8443", "3000", ""];

const withOther =
  (place: string, value: string): Change =>
  ({ lines, content }) => ({
    lines: { ...lines, others: new Map(lines.others).set(place, [value]) },
    content,
  });

/** For formats that have the scheme of the URL in the text, alone or before the target. */
function originChanges({ lines }: View, hosts: readonly string[]): Change[] {
  const swapped = (text: string): string =>
    text.startsWith("https") ? `http${text.slice(5)}` : `https${text.slice(4)}`;
  return [...lines.others].flatMap(([place, values]) => {
    const value = onlyOf(values);
    if (value === undefined || !/^https?(?::\/\/|$)/.test(value)) return [];
    const elsewhere = value.includes("://")
      ? hosts.flatMap((host) => [`https://${host}`, `http://${host}`])
      : [];
    return othersThan(value, [swapped(value), ...elsewhere]).map((each) => withOther(place, each));
  });
}

function algorithmsOf({ lines }: View): string[] {
  const algorithm = onlyOf(lines.algorithm) ?? "";
  const [, hash = ""] = /-(SHA\d+)$/i.exec(algorithm) ?? [];
  const written = [algorithm.toUpperCase(), algorithm.toLowerCase(), `HMAC-${hash}`, hash, ""];
  return othersThan(algorithm, written);
}

function appIdsOf({ lines }: View, said: string | undefined): string[] {
  const appId = onlyOf(lines.appId) ?? "";
  return othersThan(appId, [said ?? "", appId.toLowerCase(), appId.toUpperCase(), ""]);
}

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

const OVERRIDES = ["x-http-method-override", "x-http-method", "x-method-override"];

function methodsOf(view: View): string[] {
  const method = onlyOf(view.lines.method) ?? "";
  const overrides = OVERRIDES.flatMap((name) => headerOf(view, name));
  const capitalised = method.charAt(0).toUpperCase() + method.slice(1).toLowerCase();
  return othersThan(method, [
    ...overrides,
    method.toUpperCase(),
    method.toLowerCase(),
    capitalised,
    ...["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"],
  ]);
}

const PORTS = [":443", ":80", ":8080", ":8443", ":3000"];

function hostsOf(view: View, known: readonly string[]): string[] {
  const host = onlyOf(view.lines.headers.get("host"));
  if (host === undefined) return [];
  const bare = host.replace(/:\d+$/, "");
  const seen = [...headerOf(view, "host"), ...headerOf(view, "x-forwarded-host")];
  return othersThan(host, [
    ...seen,
    ...known,
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

function timesOf(timestamp: string | undefined): string[] {
  if (timestamp === undefined || !/^\d{10,13}$/.test(timestamp)) return [];
  const milliseconds = Number(timestamp.padEnd(13, "0"));
  const date = new Date(milliseconds);
  return othersThan(timestamp, [
    String(milliseconds),
    `${timestamp}.0`,
    `${timestamp}.000`,
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
