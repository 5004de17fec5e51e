import { useMemo, type JSX } from "react";
import { Button } from "@mantine/core";
import { Link, useLocation } from "wouter";
import { useRead } from "../../api/use-api.js";
import { RangeBar } from "../../parts/range-bar.js";
import { Shown } from "../../parts/states.js";
import { useFilters } from "../../parts/use-filters.js";
import { useRange } from "../../parts/use-range.js";
import { useWords } from "../../words/use-words.js";
import { HOME_FILTERS } from "../home/home-filters.js";
import styles from "../home/home.module.css";
import { ReasonTable } from "../home/reason-table.js";
import { RefusedChart } from "../home/refused-chart.js";

/** How the calls of one app were judged. */
export function VerdictsTab({ appId }: { appId: string }): JSX.Element {
  const { t } = useWords();
  const [, go] = useLocation();
  const [filters, set] = useFilters(HOME_FILTERS);
  const range = useRange(filters);
  const query = useMemo(() => {
    const { from, to } = range;
    return { from, app: appId, ...(to !== undefined && { to }) };
  }, [appId, range]);
  const series = useRead("GET /v1/verdicts/series", { query: { ...query, points: 72 } });
  const table = useRead("GET /v1/verdicts/table", { query });
  const home = `/?app=${encodeURIComponent(appId)}&range=${filters.range}`;
  return (
    <>
      <div className={styles.bar}>
        <RangeBar filters={filters} range={range} onChoose={set} />
        <Button component={Link} href={home} variant="subtle">
          {t("apps.refusals")}
        </Button>
      </div>
      <Shown of={series} lines={8}>
        {({ points, codes }) => (
          <RefusedChart points={points} codes={codes} filters={filters} onChoose={set} />
        )}
      </Shown>
      <Shown of={table} lines={4}>
        {({ items }) => (
          <ReasonTable
            rows={items}
            onNarrow={({ code }) => go(code === undefined ? home : `${home}&code=${code}`)}
          />
        )}
      </Shown>
    </>
  );
}
