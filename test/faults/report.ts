import { appendFileSync } from "node:fs";

/** Prints a table of Markdown, and adds it to the file that FAULTS_FILE names. */
export function report(
  title: string,
  columns: readonly string[],
  rows: readonly (readonly (string | number)[])[],
): void {
  const lines = [columns, columns.map(() => "---"), ...rows].map(
    (cells) => `| ${cells.join(" | ")} |`,
  );
  const text = `## ${title}\n\n${lines.join("\n")}\n`;
  console.log(text);
  const file = process.env["FAULTS_FILE"];
  if (file !== undefined) appendFileSync(file, `${text}\n`);
}
