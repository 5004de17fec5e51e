import { useEffect, useMemo, useRef, useState, type JSX } from "react";
import { Button } from "@mantine/core";
import { IconPlayerPause, IconPlayerPlay } from "@tabler/icons-react";
import { Link } from "wouter";
import type { Refusal } from "../../api/shapes.js";
import { useList } from "../../api/use-api.js";
import { ListTable, type Column } from "../../parts/data-table.js";
import { Mark } from "../../parts/mark.js";
import { When } from "../../parts/when.js";
import { Section } from "../../shell/section.js";
import { useWords } from "../../words/use-words.js";
import type { HomeFilters } from "./home-filters.js";
import styles from "./home.module.css";
import { useNarrowingColumns } from "./narrowing-columns.js";
import { useTail, type Tail } from "./use-tail.js";

/** The charts are read anew when nothing more has come for so long. */
const NEWS_MS = 2000;

/** Refusals one by one, the newest first, and as they happen. */
export function EachRefusal({
  asked: { from, to, app, code },
  goesOn,
  quiet,
  onNarrow,
  onNews,
}: {
  asked: { from: string; to?: string; app: string; code: string };
  goesOn: boolean;
  /** Nothing has happened at all: the page says so already. */
  quiet: boolean;
  onNarrow: (change: Partial<HomeFilters>) => void;
  /** Some have come: now and then, not for each. */
  onNews: () => void;
}): JSX.Element | null {
  const { t } = useWords();
  // The list is read once from where the time began: what comes later, the tail brings.
  const [begin] = useState(from);
  const tail = useTail({ app, code }, goesOn);
  const list = useList("GET /v1/refusals", {
    from: goesOn && to === undefined ? laterOf(begin, from) : from,
    ...(to !== undefined && { to }),
    app,
    code,
    limit: 25,
  });
  const items = useMemo(() => {
    const seen = new Set(tail.items.map(({ id }) => id));
    return [...tail.items, ...list.items.filter(({ id }) => !seen.has(id))];
  }, [tail.items, list.items]);
  const columns = useColumns(onNarrow);
  useNews(tail.items.length, onNews);
  if (items.length === 0 && quiet) return null;
  return (
    <Section
      title={t("home.each")}
      lead={t("home.each.lead")}
      actions={goesOn && <TailControl tail={tail} />}
    >
      {tail.missed > 0 && (
        <p className={styles.missed}>{t("home.live.missed", { n: tail.missed })}</p>
      )}
      <ListTable
        label={t("home.each")}
        list={{ ...list, items }}
        columns={columns}
        keyOf={({ id }) => id}
        exportName="refusals"
        empty={<p className="faint">{t("home.each.none")}</p>}
      />
    </Section>
  );
}

/** A time that ends now moves on each minute, and the list need not be read anew for that. */
const laterOf = (begin: string, from: string): string =>
  Math.abs(Date.parse(from) - Date.parse(begin)) < 3_600_000 ? begin : from;

function useNews(count: number, onNews: () => void): void {
  const latest = useRef(onNews);
  latest.current = onNews;
  useEffect(() => {
    if (count === 0) return undefined;
    const timer = setTimeout(() => latest.current(), NEWS_MS);
    return () => clearTimeout(timer);
  }, [count]);
}

function TailControl({ tail }: { tail: Tail }): JSX.Element | null {
  const { t } = useWords();
  const { state, paused, waiting, pause } = tail;
  const Icon = paused ? IconPlayerPlay : IconPlayerPause;
  if (state === "refused") return null;
  return (
    <div className={styles.live}>
      {paused ? (
        <Mark tone="calm">
          {waiting > 0 ? t("home.live.waiting", { n: waiting }) : t("home.live.paused")}
        </Mark>
      ) : (
        <Mark tone={state === "on" ? "whole" : "soon"}>{t(`home.live.${state}`)}</Mark>
      )}
      <Button
        variant="default"
        size="compact-md"
        leftSection={<Icon size={14} aria-hidden />}
        onClick={() => pause(!paused)}
      >
        {paused ? t("home.live.go") : t("home.live.pause")}
      </Button>
      <Announced count={tail.items.length} />
    </div>
  );
}

/** Says now and then how many are new: not each one, which would never end. */
function Announced({ count }: { count: number }): JSX.Element {
  const { t } = useWords();
  const [told, setTold] = useState({ count, fresh: 0 });
  useEffect(() => {
    const timer = setTimeout(
      () => setTold((last) => ({ count, fresh: Math.max(0, count - last.count) })),
      5000,
    );
    return () => clearTimeout(timer);
  }, [count]);
  return (
    <span className="visually-hidden" role="status">
      {told.fresh > 0 ? t("home.live.said", { n: told.fresh }) : ""}
    </span>
  );
}

function useColumns(narrow: (change: Partial<HomeFilters>) => void): readonly Column<Refusal>[] {
  const { t, time } = useWords();
  const appAndReason = useNarrowingColumns(narrow);
  return [
    {
      id: "at",
      title: t("home.when"),
      cell: ({ at }) => <When at={at} form="second" />,
      text: ({ at }) => at,
    },
    ...appAndReason,
    {
      id: "call",
      title: t("home.call"),
      cell: ({ method, route, service }) => (
        <span className={styles.call} title={service}>
          <code>
            {method} {route ?? ""}
          </code>
        </span>
      ),
      text: ({ method, route }) => `${method} ${route ?? ""}`,
    },
    {
      id: "address",
      title: t("home.from"),
      cell: ({ address }) => address ?? <span className="faint">{t("address.unknown")}</span>,
      text: ({ address }) => address,
    },
    {
      id: "open",
      title: t("home.open"),
      end: true,
      cell: ({ id, at }) => (
        <Link className="leads" href={`/refusals/${id}`}>
          {t("home.open")}
          <span className="visually-hidden"> {t("home.open.of", { at: time(at, "full") })}</span>
        </Link>
      ),
    },
  ];
}
