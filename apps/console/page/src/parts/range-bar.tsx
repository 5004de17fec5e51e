import type { JSX } from "react";
import { SegmentedControl } from "@mantine/core";
import { useWords } from "../words/use-words.js";
import { MomentField } from "./moment-field.js";
import styles from "./range-bar.module.css";
import { RANGES, type Range, type RangeFilters } from "./use-range.js";

/** Chooses a time: the last hour, day, week, month, or one's own. */
export function RangeBar({
  filters,
  range,
  onChoose,
}: {
  filters: RangeFilters;
  range: Range;
  onChoose: (change: Partial<RangeFilters>) => void;
}): JSX.Element {
  const { t } = useWords();
  const own = filters.range === "own";
  return (
    <div className={styles.bar}>
      <SegmentedControl
        aria-label={t("range.label")}
        value={filters.range}
        onChange={(chosen) =>
          onChoose(
            chosen === "own"
              ? { range: chosen, from: range.from, to: range.to ?? new Date().toISOString() }
              : { range: chosen, from: "", to: "" },
          )
        }
        data={[
          ...Object.keys(RANGES).map((value) => ({
            value,
            label: t(`range.${value as keyof typeof RANGES}`),
          })),
          { value: "own", label: t("range.own") },
        ]}
      />
      {own && (
        <>
          <MomentField
            beside
            label={t("range.from")}
            value={filters.from}
            onChoose={(from) => onChoose({ from })}
          />
          <MomentField
            beside
            label={t("range.to")}
            value={filters.to}
            onChoose={(to) => onChoose({ to })}
          />
        </>
      )}
    </div>
  );
}
