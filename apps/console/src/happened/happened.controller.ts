import { Controller, Get, Inject, Query } from "@nestjs/common";
import { z } from "zod";
import type { Clock } from "@lacre/core";
import { Operation, person } from "../access/operation.js";
import { Asking, type Person } from "../access/person.js";
import { PageQuery } from "../conventions/page.js";
import { PERIOD_QUERY, periodOf } from "./period.js";
import { RefusalLog, RefusalPage } from "./refusal-log.js";
import { Series, VerdictCharts, VerdictTable } from "./verdict-charts.js";
import { FILTER_QUERY } from "./verdict-filter.js";
import { CLOCK } from "../start/settings.js";

const SeriesQuery = z.strictObject({
  ...PERIOD_QUERY,
  ...FILTER_QUERY,
  points: z.coerce.number().int().min(10).max(500).default(100),
});
const TableQuery = z.strictObject({ ...PERIOD_QUERY, ...FILTER_QUERY });
const RefusalsQuery = PageQuery.extend({
  ...PERIOD_QUERY,
  ...FILTER_QUERY,
});

@Controller("v1")
export class HappenedController {
  constructor(
    @Inject(CLOCK) private readonly clock: Clock,
    private readonly charts: VerdictCharts,
    private readonly log: RefusalLog,
  ) {}

  @Get("verdicts/series")
  @Operation({
    summary: "How many requests were let in and refused, step by step",
    access: person("verdicts.read"),
    query: SeriesQuery,
    answer: Series,
  })
  series(
    @Asking() asking: Person,
    @Query() { points, ...query }: z.output<typeof SeriesQuery>,
  ): Promise<z.output<typeof Series>> {
    return this.charts.series(asking, periodOf(query, this.clock), query, points);
  }

  @Get("verdicts/table")
  @Operation({
    summary: "What was refused, by app and reason, beside the time before",
    access: person("verdicts.read"),
    query: TableQuery,
    answer: VerdictTable,
  })
  table(
    @Asking() asking: Person,
    @Query() query: z.output<typeof TableQuery>,
  ): Promise<z.output<typeof VerdictTable>> {
    return this.charts.table(asking, periodOf(query, this.clock), query);
  }

  @Get("refusals")
  @Operation({
    summary: "Refusals, the newest first",
    access: person("verdicts.read"),
    query: RefusalsQuery,
    answer: RefusalPage,
  })
  refusals(
    @Asking() asking: Person,
    @Query() { cursor, limit, ...query }: z.output<typeof RefusalsQuery>,
  ): Promise<z.output<typeof RefusalPage>> {
    return this.log.page(asking, periodOf(query, this.clock), query, { cursor, limit });
  }
}
