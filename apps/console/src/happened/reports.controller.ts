import { Controller, Get, Inject, Query } from "@nestjs/common";
import { z } from "zod";
import type { Clock } from "@lacre/core";
import { Operation, person } from "../access/operation.js";
import { Asking, type Person } from "../access/person.js";
import { ClockList, Clocks } from "./clocks.js";
import { EndingKeyList, EndingKeys } from "./ending-keys.js";
import { NearLimitList, NearLimits } from "./near-limits.js";
import { LONGEST_BY_MINUTE_DAYS, PERIOD_QUERY, periodOf, type Period } from "./period.js";
import { ReplayList, Replays } from "./replays.js";
import { ServiceHealth, ServiceHealthList } from "./service-health.js";
import { FILTER_QUERY } from "./verdict-filter.js";
import { CLOCK } from "../start/settings.js";

const EndingQuery = z.strictObject({
  withinDays: z.coerce.number().int().min(1).max(3650).default(30),
});
const PeriodQuery = z.strictObject(PERIOD_QUERY);
const { app, scheme, service } = FILTER_QUERY;
const ReportQuery = z.strictObject({ ...PERIOD_QUERY, app, scheme, service });

@Controller("v1")
export class ReportsController {
  constructor(
    @Inject(CLOCK) private readonly clock: Clock,
    private readonly clocksOfApps: Clocks,
    private readonly replayed: Replays,
    private readonly nearLimits: NearLimits,
    private readonly serviceHealth: ServiceHealth,
    private readonly endingKeys: EndingKeys,
  ) {}

  @Get("clocks")
  @Operation({
    summary: "How far the clocks of apps are off",
    access: person("verdicts.read"),
    query: ReportQuery,
    answer: ClockList,
  })
  clocks(
    @Asking() asking: Person,
    @Query() query: z.output<typeof ReportQuery>,
  ): Promise<z.output<typeof ClockList>> {
    return this.clocksOfApps.list(asking, this.#byMinute(query), query);
  }

  @Get("replays")
  @Operation({
    summary: "Refused replays, by app",
    access: person("verdicts.read"),
    query: ReportQuery,
    answer: ReplayList,
  })
  replays(
    @Asking() asking: Person,
    @Query() query: z.output<typeof ReportQuery>,
  ): Promise<z.output<typeof ReplayList>> {
    return this.replayed.list(asking, this.#byMinute(query), query);
  }

  @Get("limits")
  @Operation({
    summary: "Apps that come near their limits",
    access: person("verdicts.read"),
    query: PeriodQuery,
    answer: NearLimitList,
  })
  limits(
    @Asking() asking: Person,
    @Query() query: z.output<typeof PeriodQuery>,
  ): Promise<z.output<typeof NearLimitList>> {
    return this.nearLimits.list(asking, this.#byMinute(query));
  }

  @Get("keys/ending")
  @Operation({
    summary: "Keys that end soon, the next first",
    access: person("keys.read"),
    query: EndingQuery,
    answer: EndingKeyList,
  })
  ending(
    @Asking() asking: Person,
    @Query() { withinDays }: z.output<typeof EndingQuery>,
  ): Promise<z.output<typeof EndingKeyList>> {
    return this.endingKeys.list(asking, withinDays);
  }

  @Get("services/health")
  @Operation({
    summary: "Whether services still tell what happens",
    access: person("verdicts.read"),
    query: PeriodQuery,
    answer: ServiceHealthList,
  })
  health(
    @Asking() asking: Person,
    @Query() query: z.output<typeof PeriodQuery>,
  ): Promise<z.output<typeof ServiceHealthList>> {
    return this.serviceHealth.list(asking, periodOf(query, this.clock));
  }

  #byMinute(query: z.output<typeof PeriodQuery>): Period {
    return periodOf(query, this.clock, LONGEST_BY_MINUTE_DAYS);
  }
}
