/** Those of one key put together, in the order of their keys: whoever writes them in turn waits for nobody in a circle. */
export function grouped<Row>(
  rows: readonly Row[],
  keyOf: (row: Row) => string,
  together: (a: Row, b: Row) => Row,
): Row[] {
  const byKey = new Map<string, Row>();
  for (const row of rows) {
    const key = keyOf(row);
    const known = byKey.get(key);
    byKey.set(key, known === undefined ? row : together(known, row));
  }
  return [...byKey].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, row]) => row);
}

/** As many rows as one statement takes: PostgreSQL counts the parameters of one in 16 bits. */
const PIECE = 500;

export function* inPieces<Row>(rows: readonly Row[]): Generator<Row[]> {
  for (let i = 0; i < rows.length; i += PIECE) yield rows.slice(i, i + PIECE);
}
