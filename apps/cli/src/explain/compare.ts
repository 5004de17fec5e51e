import { headerOf, type CanonicalLines, type Values, type View } from "./view.js";

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

const SINGLE = {
  algorithm: "algorithm",
  appId: "AppId",
  timestamp: "timestamp",
  nonce: "nonce",
  method: "method",
  target: "target",
} as const satisfies Partial<Record<keyof CanonicalLines, string>>;

/** The lines of two canonical requests side by side, by their meaning; the content last, where both views have it. */
export function compareViews(client: View, server: View): Row[] {
  const rows = Object.entries(SINGLE).map(([key, label]) => {
    const name = key as keyof typeof SINGLE;
    return rowOf(key, label, client.lines[name], server.lines[name]);
  });
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
  rows.push(rowOf("list", "list of names", client.lines.list, server.lines.list));
  if (client.content !== undefined && server.content !== undefined)
    rows.push(rowOf("content", "content", [latin1(client.content)], [latin1(server.content)]));
  return rows;
}

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
