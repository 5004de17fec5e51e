import { z } from "zod";
import { Moment } from "../conventions/moment.js";
import { PageQuery } from "../conventions/page.js";
import { Words } from "../conventions/texts.js";
import { AppIdText, Schemes, Scopes } from "../credentials/shapes.js";

const STATES = ["open", "approved", "refused", "withdrawn"] as const;
const Named = z.object({ id: z.string(), name: z.string() });

export const RequestView = z.object({
  id: z.string(),
  person: Named,
  team: Named,
  appId: z.string(),
  /** Whether the app is to be made. */
  isNew: z.boolean(),
  scopes: z.array(z.string()),
  reason: z.string(),
  state: z.enum(STATES),
  answer: z.string().nullable(),
  answeredBy: Named.nullable(),
  createdAt: Moment,
  answeredAt: Moment.nullable(),
  version: z.number(),
});
export type RequestView = z.output<typeof RequestView>;

export const NewRequest = z.strictObject({
  teamId: z.string().max(100),
  appId: AppIdText,
  scopes: Scopes,
  reason: Words,
});
export type NewRequest = z.output<typeof NewRequest>;

/** What is approved may be other than what was asked for. */
export const Approval = z.strictObject({
  scopes: Scopes.optional(),
  schemes: Schemes.optional(),
  answer: Words.optional(),
});
export type Approval = z.output<typeof Approval>;

export const Refusing = z.strictObject({ answer: Words });

export const RequestsQuery = PageQuery.extend({ state: z.enum(STATES).optional() });
export type RequestsQuery = z.output<typeof RequestsQuery>;
