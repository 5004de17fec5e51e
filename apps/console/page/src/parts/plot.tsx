import "uplot/dist/uPlot.min.css";
import { useEffect, useRef, useState, type JSX } from "react";
import UPlot, { type AlignedData, type Options } from "uplot";
import { useShownScheme } from "../theme/use-shown-scheme.js";
import { useWords, type Words } from "../words/use-words.js";
import { textured } from "./texture.js";
import type { TimeChartTerms } from "./time-chart-terms.js";
import styles from "./time-chart.module.css";

/** The drawing of a `TimeChart`. A module of its own, because it is loaded where there is something to draw. */
export function Plot({ label, times, series, onSpan }: TimeChartTerms): JSX.Element {
  const place = useRef<HTMLDivElement>(null);
  const [at, setAt] = useState<{ index: number; left: number }>();
  const words = useWords();
  const scheme = useShownScheme();
  const latest = useRef(onSpan);
  latest.current = onSpan;
  useEffect(() => {
    const element = place.current;
    if (element === null || times.length === 0) return undefined;
    const options = optionsOf(element, series, words, {
      onPoint: (index, left) => setAt(index === undefined ? undefined : { index, left }),
      onSpan: (from, to) => latest.current?.(from, to),
    });
    const plot = new UPlot(options, stacked(times, series), element);
    const observer = new ResizeObserver(() =>
      plot.setSize({ width: element.clientWidth, height: element.clientHeight }),
    );
    observer.observe(element);
    return () => {
      observer.disconnect();
      plot.destroy();
    };
    // The colours are read when it is drawn, so another scheme draws it anew.
  }, [times, series, words, scheme]);
  const pointed = at === undefined ? undefined : times[at.index];
  return (
    <div ref={place} className={styles.plot} role="img" aria-label={label}>
      {at !== undefined && pointed !== undefined && (
        <div
          className={styles.tip}
          style={at.left < 260 ? { left: at.left + 70 } : { left: at.left - 160 }}
          aria-hidden="true"
        >
          <strong>{words.time(pointed)}</strong>
          {series.map(({ id, label: name, values }) => (
            <span key={id}>
              {name} <b>{words.number(values[at.index] ?? 0)}</b>
            </span>
          ))}
        </div>
      )}
    </div>
  );
}

/** uPlot draws from the last to the first: each series is drawn with all below it. */
function stacked(times: TimeChartTerms["times"], series: TimeChartTerms["series"]): AlignedData {
  const sums = times.map(() => 0);
  const rows = series.map(({ values }) =>
    values.map((value, i) => (sums[i] = (sums[i] ?? 0) + value)),
  );
  return [times.map((time) => time.getTime() / 1000), ...rows.toReversed()];
}

interface Hooks {
  readonly onPoint: (index: number | undefined, left: number) => void;
  readonly onSpan: (from: Date, to: Date) => void;
}

function optionsOf(
  element: HTMLElement,
  series: TimeChartTerms["series"],
  words: Words,
  { onPoint, onSpan }: Hooks,
): Options {
  const style = getComputedStyle(element);
  const colour = (name: string): string => style.getPropertyValue(name).trim();
  const axis = {
    stroke: colour("--ink-2"),
    font: `11px ${style.fontFamily}`,
    ticks: { show: false },
  };
  const grounds = series.map(({ colour: name, texture }, i) =>
    textured(colour(name), colour("--sheet"), texture ?? i),
  );
  const bars = UPlot.paths.bars?.({ size: [0.82, 48], radius: 0.12 });
  return {
    width: element.clientWidth,
    height: element.clientHeight,
    legend: { show: false },
    cursor: { y: false, points: { show: false }, drag: { setScale: false } },
    scales: { y: { range: (_, __, most) => [0, Math.max(most * 1.08, 1)] } },
    axes: [
      {
        ...axis,
        size: 28,
        grid: { show: false },
        space: 64,
        values: (_, splits) => splits.map((at) => words.tick(new Date(at * 1000))),
      },
      {
        ...axis,
        size: 52,
        grid: { stroke: colour("--line"), width: 1 },
        values: (_, splits) =>
          splits.map((n) => (n !== null && Number.isInteger(n) ? words.number(n) : "")),
      },
    ],
    series: [
      {},
      ...series.toReversed().map(({ label }, i) => ({
        label,
        fill: () => grounds[series.length - 1 - i] ?? "",
        width: 0,
        points: { show: false },
        ...(bars !== undefined && { paths: bars }),
      })),
    ],
    hooks: {
      setCursor: [({ cursor }) => onPoint(cursor.idx ?? undefined, cursor.left ?? 0)],
      setSelect: [
        (plot) => {
          const { left, width } = plot.select;
          if (width < 6) return;
          const at = (x: number): Date => new Date(plot.posToVal(x, "x") * 1000);
          onSpan(at(left), at(left + width));
          plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
        },
      ],
    },
  };
}
