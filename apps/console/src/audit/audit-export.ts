import { Readable } from "node:stream";
import { Inject, Injectable } from "@nestjs/common";
import { stringify } from "csv-stringify";
import { DATABASE } from "../database/database.module.js";
import type { Database } from "../database/database.js";
import type { Actor } from "./actor.js";
import { AuditLog, type AuditFilter, type NamedRow } from "./audit-log.js";
import { recordAct } from "./record-act.js";

export type ExportFormat = "csv" | "json";

const COLUMNS = [
  ...["seq", "at", "actor", "actorLogin", "act", "objectKind", "objectId"],
  ...["before", "after", "address", "previousHash", "hash"],
] as const;

/** Hands out the log. That is an act of its own, and stands in it. */
@Injectable()
export class AuditExport {
  constructor(
    @Inject(DATABASE) private readonly db: Database,
    private readonly log: AuditLog,
  ) {}

  async begin(format: ExportFormat, filter: AuditFilter, by: Actor): Promise<Readable> {
    await this.db.transaction((tx) =>
      recordAct(tx, {
        by,
        act: "audit.exported",
        object: { kind: "audit", id: format },
        after: filter,
      }),
    );
    const { seq = 0 } = (await this.log.head()) ?? {};
    const rows = await begun(this.log.all(filter, seq));
    return format === "csv" ? csvOf(rows) : Readable.from(jsonOf(rows));
  }
}

/** The same rows, once the first is there: what fails before it is answered as any other fault. */
async function begun<Row>(rows: AsyncGenerator<Row>): Promise<AsyncGenerator<Row>> {
  const first = await rows.next();
  return (async function* () {
    if (first.done === true) return;
    yield first.value;
    yield* rows;
  })();
}

function csvOf(rows: AsyncIterable<NamedRow>): Readable {
  const csv = stringify({ header: true, columns: [...COLUMNS], record_delimiter: "windows" });
  const source = Readable.from(cellsOf(rows));
  source.on("error", (error) => csv.destroy(error));
  csv.on("close", () => source.destroy()); // whoever reads it may go away
  return source.pipe(csv);
}

async function* cellsOf(rows: AsyncIterable<NamedRow>): AsyncGenerator<string[]> {
  for await (const row of rows) yield COLUMNS.map((name) => safeCell(textOf(row[name])));
}

function textOf(value: unknown): string {
  if (value === null || value === undefined) return "";
  if (value instanceof Date) return value.toISOString();
  return typeof value === "object" ? JSON.stringify(value) : String(value as string | number);
}

/** A cell that begins so is a formula to a spreadsheet, which runs it. */
const safeCell = (text: string): string => (/^[=+\-@\t\r]/.test(text) ? `'${text}` : text);

async function* jsonOf(rows: AsyncIterable<NamedRow>): AsyncGenerator<string> {
  let before = "[\n";
  for await (const { actorName: _ofToday, ...row } of rows) {
    yield `${before}${JSON.stringify(row)}`;
    before = ",\n";
  }
  yield before === "[\n" ? "[]\n" : "\n]\n";
}
