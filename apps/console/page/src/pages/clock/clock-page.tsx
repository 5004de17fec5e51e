import type { JSX } from "react";
import { useMemo } from "react";
import { useRead } from "../../api/use-api.js";
import { RangeBar } from "../../parts/range-bar.js";
import { Shown } from "../../parts/states.js";
import { useFilters } from "../../parts/use-filters.js";
import { RANGE_FILTERS, useRange } from "../../parts/use-range.js";
import { Page } from "../../shell/page.js";
import { Section } from "../../shell/section.js";
import { useWords } from "../../words/use-words.js";
import { DriftTable } from "./drift-table.js";
import { EndingKeys, NearLimitTable, ReplayTable, ServiceTable } from "./health-tables.js";
import styles from "./clock.module.css";

const KEY_DAYS = 30;

/** Clocks that are off, replays, limits that come near, keys near their end, and services that fall silent. */
export function ClockPage(): JSX.Element {
  const { t } = useWords();
  const [filters, set] = useFilters(RANGE_FILTERS);
  const range = useRange(filters);
  const query = useMemo(() => {
    const { from, to } = range;
    return { from, ...(to !== undefined && { to }) };
  }, [range]);
  const clocks = useRead("GET /v1/clocks", { query });
  const replays = useRead("GET /v1/replays", { query });
  const limits = useRead("GET /v1/limits", { query });
  const services = useRead("GET /v1/services/health", { query, everyMs: 30_000 });
  const ending = useRead("GET /v1/keys/ending", { query: { withinDays: KEY_DAYS } });
  return (
    <Page title={t("nav.clock")} lead={t("clock.lead")}>
      <div className={styles.bar}>
        <RangeBar filters={filters} range={range} onChoose={set} />
      </div>
      <Section title={t("clock.drift")} lead={t("clock.drift.lead")}>
        <Shown of={clocks}>{({ items }) => <DriftTable drifts={items} />}</Shown>
      </Section>
      <Section title={t("clock.replays")} lead={t("clock.replays.lead")}>
        <Shown of={replays}>{({ items }) => <ReplayTable rows={items} />}</Shown>
      </Section>
      <Section title={t("clock.limits")} lead={t("clock.limits.lead")}>
        <Shown of={limits}>{({ items }) => <NearLimitTable rows={items} />}</Shown>
      </Section>
      <Section title={t("clock.keys")} lead={t("clock.keys.lead")}>
        <Shown of={ending}>{({ items }) => <EndingKeys keys={items} days={KEY_DAYS} />}</Shown>
      </Section>
      <Section title={t("clock.services")} lead={t("clock.services.lead")}>
        <Shown of={services}>{({ items }) => <ServiceTable rows={items} />}</Shown>
      </Section>
    </Page>
  );
}
