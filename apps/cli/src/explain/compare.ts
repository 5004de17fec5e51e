import type { SingleLine, Values } from "./canonical-lines.js";
import { headerOf, type View } from "./view.js";

/** One line of the canonical request in both views. */
export interface Row {
  /** `target`, `header:content-type`, … */
  readonly key: string;
  /** For people. */
  readonly label: string;
  /** Undefined where the view does not tell; empty where there is no such line. */
  readonly client: Values | undefined;
  readonly server: Values | undefined;
  readonly state: "equal" | "differs" | "unknown";
}

const LABELS: Readonly<Record<SingleLine, string>> = {
  algorithm: "algorithm",
  appId: "AppId",
  timestamp: "timestamp",
  nonce: "nonce",
  method: "method",
  target: "target",
  list: "list of names",
  payload: "hash of content",
};

/** The lines of two canonical requests of one format side by side, by their meaning; the content last, where both tell. */
export function compareViews(client: View, server: View): Row[] {
  const labels = client.layout.normalises ? { ...LABELS, target: "path and query" } : LABELS;
  const single = (key: SingleLine): Row =>
    rowOf(key, labels[key], client.lines[key], server.lines[key]);
  const rows = client.layout.rows.map(single);
  const names = new Set([...namesOf(client), ...namesOf(server)]);
  for (const name of [...names].sort()) {
    const [one, other] = [headerIn(client, name), headerIn(server, name)];
    // A name in capitals is another line, whatever its value.
    const spelt = one.spelling !== other.spelling;
    const [left, right] = [one, other].map(({ spelling, values }) =>
      spelt ? values?.map((value) => `${spelling}:${value}`) : values,
    );
    rows.push(rowOf(`header:${name}`, name, left, right));
  }
  const places = new Set([...client.lines.others.keys(), ...server.lines.others.keys()]);
  for (const place of places)
    rows.push(
      rowOf(
        `other:${place}`,
        place,
        client.lines.others.get(place) ?? [],
        server.lines.others.get(place) ?? [],
      ),
    );
  if (isTold(client, "list") || isTold(server, "list")) rows.push(single("list"));
  // What is content itself is shown as content.
  if (client.layout.hasLines && (isTold(client, "payload") || isTold(server, "payload")))
    rows.push(single("payload"));
  if (client.content !== undefined && server.content !== undefined)
    rows.push(rowOf("content", "content", [latin1(client.content)], [latin1(server.content)]));
  return rows;
}

/** LACRE1 has a list always, so that a view without one says so. */
const isTold = ({ lines, layout }: View, key: "list" | "payload"): boolean =>
  lines[key] !== undefined || (key === "list" && layout.title === "LACRE1");

const namesOf = ({ lines }: View): string[] =>
  [...lines.headers.keys()].map((name) => name.toLowerCase());

interface SpeltHeader {
  readonly spelling: string;
  readonly values: Values | undefined;
}

/** A header of a view by its name in lower case. */
function headerIn(view: View, name: string): SpeltHeader {
  for (const [spelling, values] of view.lines.headers)
    if (spelling.toLowerCase() === name) return { spelling, values };
  // Not in this side's list. It may have come all the same: then the lists are what differs.
  const values = view.kind === "headers" ? undefined : headerOf(view, name);
  return { spelling: name, values };
}

const latin1 = (bytes: Buffer): string => bytes.toString("latin1");

function rowOf(
  key: string,
  label: string,
  client: Values | undefined,
  server: Values | undefined,
): Row {
  if (client === undefined || server === undefined)
    return { key, label, client, server, state: "unknown" };
  const equal = client.length === server.length && client.every((value, i) => value === server[i]);
  return { key, label, client, server, state: equal ? "equal" : "differs" };
}

/** The first byte in which two texts differ; undefined where they do not. */
export function firstDifference(a: string, b: string): number | undefined {
  if (a === b) return undefined;
  let at = 0;
  while (at < a.length && at < b.length && a[at] === b[at]) at += 1;
  return at;
}
