import type { Row } from "../compare.js";
import type { Trial } from "../trial.js";
import type { View } from "../view.js";

/** What is known when causes are looked for. */
export interface Findings {
  /** What was signed. */
  readonly client: View;
  /** What arrived. */
  readonly server: View;
  readonly rows: readonly Row[];
  /** What came of the client's signature under the key; undefined without key or signature. */
  readonly trial: Trial | undefined;
  /** When the server judged; undefined where nobody said. */
  readonly judgedAtSeconds: number | undefined;
  readonly maxAgeSeconds: number;
}

/** Who has a hand in a request. `proxy`: whatever stands between the two, a gateway or a cache among it. */
export type Party = "caller" | "proxy" | "server";

/** Something that is known to happen. */
export interface Cause {
  readonly id: string;
  /** Pure: looks at the findings and nothing else. */
  readonly when: (findings: Findings) => boolean;
  readonly says: string;
  readonly cure: string;
  /** Who can mend it, the likeliest first; the caller alone unless said. */
  readonly concerns?: readonly Party[];
  /** Fits nearly always: said only where nothing of its kind says more. */
  readonly wide?: true;
  /** No fault: said only where nothing else is. */
  readonly alone?: true;
}

/** Causes of which each is one only where none before it is. */
export const firstOf = (causes: readonly Cause[]): readonly Cause[] =>
  causes.map((cause, i) => ({
    ...cause,
    when: (findings) =>
      cause.when(findings) && !causes.slice(0, i).some(({ when }) => when(findings)),
  }));

/** Both values of a line that differs and is on both sides exactly once. */
export interface Pair {
  readonly client: string;
  readonly server: string;
}

export function rowOf({ rows }: Findings, key: string): Row | undefined {
  const row = rows.find((each) => each.key === key);
  return row?.state === "differs" ? row : undefined;
}

export function pairOf(findings: Findings, key: string): Pair | undefined {
  const row = rowOf(findings, key);
  const [client, ...moreOfClient] = row?.client ?? [];
  const [server, ...moreOfServer] = row?.server ?? [];
  return client === undefined ||
    server === undefined ||
    moreOfClient.length + moreOfServer.length > 0
    ? undefined
    : { client, server };
}

/** Whether a line differs in this way. */
export const differs =
  (key: string, how: (pair: Pair, findings: Findings) => boolean = () => true) =>
  (findings: Findings): boolean => {
    const pair = pairOf(findings, key);
    return pair !== undefined && how(pair, findings);
  };

/** Whether two values differ and become the same under this. */
export const sameUnder =
  (change: (value: string) => string) =>
  ({ client, server }: Pair): boolean =>
    client !== server && change(client) === change(server);

/** The rows of headers that differ, host aside. */
export const headerRows = ({ rows }: Findings): Row[] =>
  rows.filter(({ key, state }) => state === "differs" && /^header:(?!host$)/.test(key));

/** Whether some signed header differs in this way. */
export const someHeader =
  (how: (pair: Pair, name: string) => boolean) =>
  (findings: Findings): boolean =>
    headerRows(findings).some(({ key }) => {
      const pair = pairOf(findings, key);
      return pair !== undefined && how(pair, key.slice("header:".length));
    });

/** UTF-8 read as Latin-1 and written again, or the reverse. */
export function recoded(text: string): string[] {
  const bytes = Buffer.from(text, "latin1");
  return [
    Buffer.from(text, "utf8").toString("latin1"), // é as bytes C3 A9, each taken for a character
    Buffer.from(bytes.toString("utf8"), "latin1").toString("latin1"),
  ].filter((each) => each !== text);
}
