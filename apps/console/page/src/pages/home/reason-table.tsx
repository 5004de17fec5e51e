import { useState, type JSX } from "react";
import { Button } from "@mantine/core";
import type { VerdictRow } from "../../api/shapes.js";
import { DataTable, type Column } from "../../parts/data-table.js";
import { csvOf } from "../../parts/csv.js";
import { saveFile } from "../../parts/save-file.js";
import { Trend } from "../../parts/trend.js";
import { Empty } from "../../parts/states.js";
import { Section } from "../../shell/section.js";
import { useWords } from "../../words/use-words.js";
import type { HomeFilters } from "./home-filters.js";
import styles from "./home.module.css";
import { useNarrowingColumns } from "./narrowing-columns.js";

const SHOWN_FIRST = 10;

/** Who is refused for what, how often, and whether that is more than before. A click narrows the page to it. */
export function ReasonTable({
  rows,
  onNarrow,
}: {
  rows: readonly VerdictRow[];
  onNarrow: (change: Partial<HomeFilters>) => void;
}): JSX.Element {
  const { t } = useWords();
  const [all, setAll] = useState(false);
  const refused = rows.filter(({ count }) => count > 0);
  const columns = useColumns(Math.max(1, ...refused.map(({ count }) => count)), onNarrow);
  const shown = all ? refused : refused.slice(0, SHOWN_FIRST);
  return (
    <Section
      title={t("home.reasons")}
      lead={t("home.reasons.lead")}
      actions={
        refused.length > 0 && (
          <Button
            variant="subtle"
            size="compact-md"
            onClick={() => saveFile("refused.csv", csvOf(refused, columns), "text/csv")}
          >
            {t("table.export")}
          </Button>
        )
      }
    >
      {refused.length === 0 ? (
        <Empty title={t("home.nothing")}>{t("home.nothing.text")}</Empty>
      ) : (
        <DataTable
          label={t("home.reasons")}
          rows={shown}
          columns={columns}
          keyOf={({ appId, code }) => `${appId} ${code}`}
        />
      )}
      {shown.length < refused.length && (
        <Button className={styles.more} variant="subtle" onClick={() => setAll(true)}>
          {t("table.more")}
        </Button>
      )}
    </Section>
  );
}

function useColumns(
  most: number,
  narrow: (change: Partial<HomeFilters>) => void,
): readonly Column<VerdictRow>[] {
  const { t, number } = useWords();
  const appAndReason = useNarrowingColumns(narrow);
  return [
    ...appAndReason,
    {
      id: "count",
      title: t("home.count"),
      end: true,
      cell: ({ count }) => (
        <span className={styles.count}>
          <span className={styles.measure} aria-hidden="true">
            <span style={{ width: `${Math.max(2, (100 * count) / most)}%` }} />
          </span>
          {number(count)}
        </span>
      ),
      text: ({ count }) => count,
    },
    {
      id: "trend",
      title: t("home.trend"),
      end: true,
      cell: ({ count, before }) => <Trend now={count} before={before} />,
      text: ({ before }) => before,
    },
  ];
}
