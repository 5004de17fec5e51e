import { SENT_EMPTY } from "../../api/ask.js";
import { RANGE_FILTERS, type Range } from "../../parts/use-range.js";

/** What the page of refusals is narrowed to. All of it is in the address. */
export const HOME_FILTERS = { ...RANGE_FILTERS, app: "", code: "", show: "refused" };
export type HomeFilters = Readonly<Record<keyof typeof HOME_FILTERS, string>>;

/** In the address, for those that name no app that there is: no AppId can be this. */
export const NO_APP = "(none)";

interface Asked {
  readonly from: string;
  readonly to?: string;
  readonly app: string;
  readonly code: string;
}

export const askedFor = ({ app, code }: HomeFilters, { from, to }: Range): Asked => ({
  from,
  ...(to !== undefined && { to }),
  app: app === NO_APP ? SENT_EMPTY : app,
  code,
});
