import { and, eq, gte, isNull, lt, or, type Column, type SQL } from "drizzle-orm";
import { z } from "zod";
import type { Person } from "../access/person.js";
import { refusals, verdictHours, verdictMinutes } from "../database/tables.js";
import type { Period } from "./period.js";
import { withinReach } from "./verdict-reach.js";

const name = z.string().max(256).optional();

/** What narrows verdicts down. An empty `app`: those that name no app. */
export const FILTER_QUERY = { app: name, code: name, scheme: name, service: name };

export type VerdictFilter = Readonly<Partial<Record<keyof typeof FILTER_QUERY, string>>>;

/** Which rows of `verdict_minutes` somebody asks for, and may see. */
export const minutesWhere = (person: Person, period: Period, filter: VerdictFilter) =>
  countsWhere(verdictMinutes, verdictMinutes.minute, person, period, filter);

/** Which rows of `verdict_hours`. */
export const hoursWhere = (person: Person, period: Period, filter: VerdictFilter) =>
  countsWhere(verdictHours, verdictHours.hour, person, period, filter);

const countsWhere = (
  table: typeof verdictMinutes | typeof verdictHours,
  at: Column,
  person: Person,
  { from, to }: Period,
  { app, code, scheme, service }: VerdictFilter,
): SQL | undefined =>
  and(
    gte(at, from),
    lt(at, to),
    app === undefined ? undefined : eq(table.appId, app),
    code === undefined ? undefined : eq(table.code, code),
    scheme === undefined ? undefined : eq(table.scheme, scheme),
    service === undefined ? undefined : eq(table.service, service),
    withinReach(person, table.appId),
  );

/** Which refusals somebody asks for, and may see, whenever they were. */
export const refusalsWhere = (
  person: Person,
  { app, code, scheme, service }: VerdictFilter,
): SQL | undefined =>
  and(
    app === undefined
      ? undefined
      : app === ""
        ? or(isNull(refusals.appId), eq(refusals.appId, ""))
        : eq(refusals.appId, app),
    code === undefined ? undefined : eq(refusals.code, code),
    scheme === undefined ? undefined : eq(refusals.scheme, scheme),
    service === undefined ? undefined : eq(refusals.service, service),
    withinReach(person, refusals.appId),
  );
