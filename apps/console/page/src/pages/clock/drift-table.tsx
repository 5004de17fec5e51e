import type { JSX } from "react";
import { Link } from "wouter";
import type { Drift } from "../../api/shapes.js";
import { DataTable } from "../../parts/data-table.js";
import { useWords } from "../../words/use-words.js";
import styles from "./clock.module.css";

const WIDE = 13;
const GAP = 2;
const HIGH = 34;
/** Seconds that nobody need think about. */
const RIGHT = 1;
const FAR = 5;

/** How far the clock of each app is off, as a distribution and in words. */
export function DriftTable({ drifts }: { drifts: readonly Drift[] }): JSX.Element {
  const { t, number } = useWords();
  const offBy = useOffBy();
  if (drifts.length === 0) return <p className="faint">{t("clock.drift.none")}</p>;
  return (
    <DataTable
      label={t("clock.drift")}
      rows={drifts}
      keyOf={({ appId }) => appId}
      columns={[
        {
          id: "app",
          title: t("clock.app"),
          cell: ({ appId }) => (
            <Link className="leads" href={`/apps/${encodeURIComponent(appId)}`}>
              {appId}
            </Link>
          ),
        },
        {
          id: "distribution",
          title: t("clock.distribution"),
          cell: (drift) => <Distribution drift={drift} />,
        },
        {
          id: "average",
          title: t("clock.average"),
          cell: ({ average }) => offBy(average),
        },
        {
          id: "most",
          title: t("clock.most"),
          cell: ({ most }) => `${number(Math.round(most * 10) / 10)} s`,
        },
        {
          id: "count",
          title: t("clock.requests"),
          end: true,
          cell: ({ count }) => number(count),
        },
      ]}
    />
  );
}

function Distribution({ drift: { appId, buckets, average } }: { drift: Drift }): JSX.Element {
  const { t, number } = useWords();
  const most = Math.max(1, ...buckets.map(({ count }) => count));
  const width = buckets.length * (WIDE + GAP);
  const middle = buckets.findIndex(({ from, to }) => (from ?? 0) < 0 && (to ?? 0) > 0);
  const tone = Math.abs(average) >= FAR ? "far" : Math.abs(average) >= RIGHT ? "off" : "right";
  const said = buckets
    .filter(({ count }) => count > 0)
    .map(({ from, to, count }) =>
      t("clock.bucket", { from: from ?? "−∞", to: to ?? "∞", count: number(count) }),
    );
  return (
    <svg
      className={styles.distribution}
      data-tone={tone}
      viewBox={`0 0 ${width} ${HIGH + 3}`}
      width={width}
      height={HIGH + 3}
      role="img"
      aria-label={`${appId}: ${said.join("; ")}`}
    >
      {middle >= 0 && (
        <rect x={middle * (WIDE + GAP) - 1} width={WIDE + 2} height={HIGH + 3} rx="3" />
      )}
      {buckets.map(({ count }, i) => {
        const high = count === 0 ? 1 : Math.max(3, (HIGH * count) / most);
        return (
          <rect
            key={i}
            data-bar={count > 0 || undefined}
            x={i * (WIDE + GAP)}
            y={HIGH + 1.5 - high}
            width={WIDE}
            height={high}
            rx="1.500"
          />
        );
      })}
    </svg>
  );
}

function useOffBy(): (seconds: number) => string {
  const { t, number } = useWords();
  return (seconds) => {
    const off = Math.round(Math.abs(seconds) * 10) / 10;
    if (off < RIGHT) return t("clock.right");
    return t(seconds > 0 ? "clock.ahead" : "clock.behind", { seconds: number(off) });
  };
}
