import { useMemo, type JSX } from "react";
import { SegmentedControl } from "@mantine/core";
import type { SeriesPoint } from "../../api/shapes.js";
import { TimeChart } from "../../parts/time-chart.js";
import type { Series } from "../../parts/time-chart-terms.js";
import { Section } from "../../shell/section.js";
import { useCodeWords } from "../../words/use-code-words.js";
import { useWords } from "../../words/use-words.js";
import type { HomeFilters } from "./home-filters.js";

/** Reasons that have a colour of their own; those that come least often are one. */
const MOST_SERIES = 6;

/** Calls over time: refused by reason, and accepted too where the reader wants that. */
export function RefusedChart({
  points,
  codes,
  filters: { show },
  onChoose,
}: {
  points: readonly SeriesPoint[];
  codes: readonly string[];
  filters: Pick<HomeFilters, "show">;
  onChoose: (change: Partial<HomeFilters>) => void;
}): JSX.Element {
  const { t } = useWords();
  const codeWords = useCodeWords();
  const times = useMemo(() => points.map(({ at }) => new Date(at)), [points]);
  const series = useMemo(() => {
    const refused = seriesOf(points, codes, codeWords);
    if (show !== "all") return refused;
    const accepted: Series = {
      id: "accepted",
      label: t("home.accepted"),
      colour: "--chart-accepted",
      values: points.map((point) => point.accepted),
      texture: 0,
    };
    return [...refused.map((each, i) => ({ ...each, texture: i + 1 })), accepted];
    // The words change with `t`, and are made anew each time.
  }, [points, codes, show, t]);
  return (
    <Section
      title={t("home.chart")}
      lead={t("home.chart.lead")}
      actions={
        <SegmentedControl
          size="xs"
          aria-label={t("home.chart.what")}
          value={show}
          onChange={(chosen) => onChoose({ show: chosen })}
          data={[
            { value: "refused", label: t("home.chart.refused") },
            { value: "all", label: t("home.chart.all") },
          ]}
        />
      }
    >
      <TimeChart
        label={t("home.chart")}
        times={times}
        series={series}
        onSpan={(from, to) =>
          onChoose({ range: "own", from: from.toISOString(), to: to.toISOString() })
        }
      />
    </Section>
  );
}

function seriesOf(
  points: readonly SeriesPoint[],
  codes: readonly string[],
  words: (code: string) => string,
): Series[] {
  const countOf = (code: string): number =>
    points.reduce((sum, { refused }) => sum + (refused[code] ?? 0), 0);
  const ranked = codes.toSorted((a, b) => countOf(b) - countOf(a));
  const own = ranked.length > MOST_SERIES ? ranked.slice(0, MOST_SERIES - 1) : ranked;
  const rest = ranked.slice(own.length);
  const series = own.map((code, i) => ({
    id: code,
    label: words(code),
    colour: `--chart-${i + 1}`,
    values: points.map(({ refused }) => refused[code] ?? 0),
  }));
  if (rest.length === 0) return series;
  const values = points.map(({ refused }) =>
    rest.reduce((sum, code) => sum + (refused[code] ?? 0), 0),
  );
  return [...series, { id: "others", label: words("others"), colour: "--chart-8", values }];
}
