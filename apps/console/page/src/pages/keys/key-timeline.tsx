import { useMemo, useState, type JSX } from "react";
import { SegmentedControl } from "@mantine/core";
import type { Key } from "../../api/shapes.js";
import { useNow } from "../../parts/use-now.js";
import { useWidth } from "../../parts/use-width.js";
import { useWords } from "../../words/use-words.js";
import { livesOf, usualWindow, WINDOWS, type Life, type Window } from "./key-lives.js";
import styles from "./keys.module.css";

const ROW = 50;
const TOP = 26;
const BAR = 12;

/** The lives of an app's keys, each a bar, with now in the middle. The table beside it says the same in words. */
export function KeyTimeline({ keys }: { keys: readonly Key[] }): JSX.Element {
  const { t } = useWords();
  const [chosen, setChosen] = useState<Window>();
  const [place, width] = useWidth<HTMLDivElement>();
  const span = chosen ?? usualWindow(keys);
  return (
    <figure className={styles.timeline}>
      <figcaption>
        <Legend />
        <SegmentedControl
          size="xs"
          aria-label={t("keys.window")}
          value={span}
          onChange={(value) => setChosen(value as Window)}
          data={(["month", "quarter", "year"] as const).map((value) => ({
            value,
            label: t(`keys.window.${value}`),
          }))}
        />
      </figcaption>
      <div ref={place} className={styles.drawing}>
        {width > 0 && <Drawing keys={keys} width={width} halfMs={WINDOWS[span]} />}
      </div>
    </figure>
  );
}

function Drawing({
  keys,
  width,
  halfMs,
}: {
  keys: readonly Key[];
  width: number;
  halfMs: number;
}): JSX.Element {
  const { t, time } = useWords();
  const now = useNow(60_000);
  const lives = useMemo(() => livesOf(keys, now - halfMs, now + halfMs), [keys, now, halfMs]);
  const height = TOP + lives.length * ROW + 8;
  const x = (part: number): number => Math.round(part * width);
  const ticks = width < 480 ? [0, 1] : [0, 0.25, 0.75, 1];
  return (
    <svg width={width} height={height} role="img" aria-label={t("keys.lives")}>
      <defs>
        <pattern id="accept-only" width="6" height="6" patternUnits="userSpaceOnUse">
          <rect width="6" height="6" className={styles.soft} />
          <path d="M-1 7 7-1M-1 1l2-2M5 7l2-2" className={styles.hatch} />
        </pattern>
      </defs>
      {ticks.map((part) => (
        <g key={part}>
          <line className={styles.grid} x1={x(part)} x2={x(part)} y1={TOP - 6} y2={height} />
          <text
            className={styles.tick}
            x={x(part)}
            y={12}
            textAnchor={part === 0 ? "start" : part === 1 ? "end" : "middle"}
          >
            {time(new Date(now - halfMs + part * 2 * halfMs), "day")}
          </text>
        </g>
      ))}
      {lives.map((life, row) => (
        <Overlap key={life.key.id} life={life} row={row} rows={lives} x={x} />
      ))}
      {lives.map((life, row) => (
        <Bar key={life.key.id} life={life} y={TOP + row * ROW} x={x} />
      ))}
      <line className={styles.now} x1={x(0.5)} x2={x(0.5)} y1={TOP - 8} y2={height} />
      <text className={styles.nowWord} x={x(0.5)} y={12} textAnchor="middle">
        {t("keys.now")}
      </text>
    </svg>
  );
}

function Overlap({
  life: { overlap, key },
  row,
  rows,
  x,
}: {
  life: Life;
  row: number;
  rows: readonly Life[];
  x: (part: number) => number;
}): JSX.Element | null {
  const { t } = useWords();
  const other = rows.findIndex((life) => life.key.id === key.replacedBy);
  if (overlap === undefined || other < 0) return null;
  const top = TOP + Math.min(row, other) * ROW + 4;
  const wide = x(overlap.to) - x(overlap.from);
  return (
    <g>
      <rect
        className={styles.overlap}
        x={x(overlap.from)}
        width={Math.max(2, wide)}
        y={top}
        height={Math.abs(row - other) * ROW + 40}
        rx="4"
      />
      {wide > 70 && (
        <text
          className={styles.both}
          x={x(overlap.from) + wide / 2}
          y={top + ROW - 5}
          textAnchor="middle"
        >
          {t("keys.both")}
        </text>
      )}
    </g>
  );
}

function Bar({ life, y, x }: { life: Life; y: number; x: (part: number) => number }): JSX.Element {
  const { t } = useWords();
  const { key, state, from, to, cutLeft, cutRight, usedAt } = life;
  const [left, right] = [x(from), Math.max(x(to), x(from) + 3)];
  const middle = y + 22 + BAR / 2;
  return (
    <g>
      <text className={styles.keyName} x={Math.min(left + 1, x(1) - 150)} y={y + 15}>
        {key.id.slice(0, 12)}…
        <tspan className={styles.keyState} dx="6">
          {t(`keys.state.${state}`)}
        </tspan>
      </text>
      <rect
        className={styles.bar}
        data-state={state}
        x={cutLeft ? left - 8 : left}
        width={right - left + (cutLeft ? 8 : 0) + (cutRight ? 8 : 0)}
        y={y + 22}
        height={BAR}
        rx={4}
      />
      {state === "revoked" && (
        <path className={styles.cross} d={`M${right - 5} ${middle - 5}l10 10m0-10-10 10`} />
      )}
      {state !== "revoked" && !cutRight && (
        <path className={styles.end} d={`M${right} ${middle - 9}v18`} />
      )}
      {usedAt !== undefined && (
        <path className={styles.used} d={`M${x(usedAt)} ${middle - 6}l6 6-6 6-6-6Z`} />
      )}
    </g>
  );
}

function Legend(): JSX.Element {
  const { t } = useWords();
  return (
    <ul className={styles.legend}>
      {(["live", "acceptOnly", "future", "over"] as const).map((kind) => (
        <li key={kind}>
          <svg viewBox="0 0 18 10" aria-hidden="true">
            <rect
              className={styles.bar}
              data-state={kind === "over" ? "ended" : kind}
              x="1"
              y="1"
              width="16"
              height="8"
              rx="3"
            />
          </svg>
          {t(`keys.legend.${kind}`)}
        </li>
      ))}
      <li>
        <svg viewBox="0 0 18 14" aria-hidden="true">
          <path className={styles.used} d="m9 1 6 6-6 6-6-6Z" />
        </svg>
        {t("keys.legend.used")}
      </li>
    </ul>
  );
}
