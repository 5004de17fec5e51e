import { lazy, Suspense, useState, type JSX } from "react";
import { SegmentedControl } from "@mantine/core";
import { useWords } from "../words/use-words.js";
import { DataTable } from "./data-table.js";
import { Loading } from "./states.js";
import { Swatch } from "./swatch.js";
import type { TimeChartTerms } from "./time-chart-terms.js";
import styles from "./time-chart.module.css";

const Plot = lazy(() => import("./plot.js").then(({ Plot: it }) => ({ default: it })));

/** Counts over time, as columns; and the same as a table for whoever reads rather than looks. */
export function TimeChart(terms: TimeChartTerms): JSX.Element {
  const { t, number, time } = useWords();
  const [form, setForm] = useState("chart");
  const { label, times, series } = terms;
  return (
    <figure className={styles.figure} aria-label={label}>
      <figcaption className={styles.caption}>
        <ul className={styles.legend}>
          {series.map(({ id, label: name, colour, values, texture }, i) => (
            <li key={id}>
              <Swatch colour={colour} place={texture ?? i} />
              {name} <strong>{number(values.reduce((sum, value) => sum + value, 0))}</strong>
            </li>
          ))}
        </ul>
        <SegmentedControl
          size="xs"
          aria-label={t("chart.form")}
          value={form}
          onChange={setForm}
          data={[
            { value: "chart", label: t("chart.chart") },
            { value: "table", label: t("chart.table") },
          ]}
        />
      </figcaption>
      {form === "chart" ? (
        <Suspense fallback={<Loading lines={5} />}>
          <Plot {...terms} />
        </Suspense>
      ) : (
        <div className={styles.rows}>
          <DataTable
            label={label}
            rows={times.map((at, i) => ({ at, i }))}
            keyOf={({ i }) => String(i)}
            columns={[
              { id: "at", title: t("chart.time"), cell: ({ at }) => time(at) },
              ...series.map(({ id, label: name, values }) => ({
                id,
                title: name,
                end: true,
                cell: ({ i }: { i: number }) => number(values[i] ?? 0),
              })),
            ]}
          />
        </div>
      )}
    </figure>
  );
}
