interface CsvColumn<Row> {
  readonly title: string;
  readonly text?: (row: Row) => string | number | null | undefined;
}

/** A spreadsheet would run what begins like this. */
const FORMULA = /^[=+\-@\t\r]/;

/** The rows as RFC 4180 text. */
export function csvOf<Row>(rows: readonly Row[], columns: readonly CsvColumn<Row>[]): string {
  const shown = columns.filter((column) => column.text !== undefined);
  const lines = [
    shown.map(({ title }) => title),
    ...rows.map((row) => shown.map(({ text }) => text?.(row) ?? "")),
  ];
  return lines.map((line) => `${line.map(fieldOf).join(",")}\r\n`).join("");
}

function fieldOf(value: string | number): string {
  const text = typeof value === "string" && FORMULA.test(value) ? `'${value}` : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
