import { Controller, Get, Query, StreamableFile } from "@nestjs/common";
import type { Response } from "express";
import { z } from "zod";
import { Operation, person } from "../access/operation.js";
import { Changing, type ActingPerson } from "../access/acting-person.js";
import { Cursors } from "../conventions/cursors.js";
import { AuditExport } from "./audit-export.js";
import { AuditLog, type NamedRow } from "./audit-log.js";
import { AuditPage, AuditQuery, ExportQuery, Report, VerifyQuery } from "./audit-shapes.js";

const CURSORS = new Cursors("audit", z.tuple([z.int().min(1)]));
const TYPES = { csv: "text/csv; charset=utf-8", json: "application/json" } as const;

/** What people did here, and when. */
@Controller("v1/audit")
export class AuditController {
  constructor(
    private readonly log: AuditLog,
    private readonly exports: AuditExport,
  ) {}

  @Get()
  @Operation({
    summary: "Lists administrative acts, the newest first",
    access: person("audit.read"),
    query: AuditQuery,
    answer: AuditPage,
  })
  async list(@Query() query: z.output<typeof AuditQuery>): Promise<z.output<typeof AuditPage>> {
    const { cursor, limit, ...filter } = query;
    const [before] = CURSORS.read(cursor) ?? [];
    const rows = await this.log.newest(filter, limit + 1, before);
    return CURSORS.cut(rows, limit, ({ seq }) => [seq], shown);
  }

  @Get("verify")
  @Operation({
    summary: "Says whether the log is what was written",
    access: person("audit.read"),
    query: VerifyQuery,
    answer: Report,
  })
  verify(@Query() { expect }: z.output<typeof VerifyQuery>): Promise<z.output<typeof Report>> {
    return this.log.verify(expect);
  }

  @Get("export")
  @Operation({
    summary: "Hands out the log as a file",
    access: person("audit.export"),
    query: ExportQuery,
    answer: z.string(),
    contentType: "text/csv",
  })
  async export(
    @Query() { format, ...filter }: z.output<typeof ExportQuery>,
    @Changing() by: ActingPerson,
  ): Promise<StreamableFile> {
    const rows = await this.exports.begin(format, filter, by);
    const disposition = `attachment; filename="audit.${format}"`;
    const file = new StreamableFile(rows, { type: TYPES[format], disposition });
    // Part of it is out: cut off, it does not look like all of it.
    return file.setErrorHandler((error, response) => void (response as Response).destroy(error));
  }
}

const shown = (row: NamedRow): z.output<typeof AuditPage>["items"][number] => ({
  seq: row.seq,
  at: row.at.toISOString(),
  actor: { id: row.actor, login: row.actorLogin, name: row.actorName },
  act: row.act,
  object: { kind: row.objectKind, id: row.objectId },
  before: row.before,
  after: row.after,
  address: row.address,
  hash: row.hash,
});
