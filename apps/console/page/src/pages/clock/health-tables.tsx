import type { JSX } from "react";
import { Link } from "wouter";
import type { Key, NearLimit, ReplayCount, ServiceHealth } from "../../api/shapes.js";
import { DataTable, type Column } from "../../parts/data-table.js";
import { Mark } from "../../parts/mark.js";
import { When } from "../../parts/when.js";
import { useWords } from "../../words/use-words.js";
import styles from "./clock.module.css";

/** A service that tells nothing for so long has fallen silent: those that live tell at least every minute. */
const SILENT_MS = 5 * 60_000;

const appLink = ({ appId }: { readonly appId: string }): JSX.Element => (
  <Link className="leads" href={`/apps/${encodeURIComponent(appId)}`}>
    {appId}
  </Link>
);

/** Requests that came twice. */
export function ReplayTable({ rows }: { rows: readonly ReplayCount[] }): JSX.Element {
  const { t, number } = useWords();
  if (rows.length === 0) return <p className="faint">{t("clock.replays.none")}</p>;
  const columns: readonly Column<ReplayCount>[] = [
    { id: "app", title: t("clock.app"), cell: appLink },
    {
      id: "kind",
      title: t("clock.kind"),
      cell: ({ storm }) => (
        <Mark tone={storm ? "broken" : "calm"}>{storm ? t("clock.storm") : t("clock.calm")}</Mark>
      ),
    },
    {
      id: "count",
      title: t("clock.count"),
      end: true,
      cell: ({ appId, count }) => (
        <Link className="leads" href={`/?app=${encodeURIComponent(appId)}&code=nonce-seen`}>
          {number(count)}
        </Link>
      ),
    },
    {
      id: "perMinute",
      title: t("clock.perMinute"),
      end: true,
      cell: ({ perMinute }) => number(perMinute),
    },
    { id: "first", title: t("clock.first"), cell: ({ firstAt }) => <When at={firstAt} /> },
    { id: "last", title: t("clock.last"), cell: ({ lastAt }) => <When at={lastAt} /> },
  ];
  return (
    <DataTable
      label={t("clock.replays")}
      rows={rows}
      columns={columns}
      keyOf={(row) => row.appId}
    />
  );
}

/** Apps that come near a limit. */
export function NearLimitTable({ rows }: { rows: readonly NearLimit[] }): JSX.Element {
  const { t, number, percent } = useWords();
  if (rows.length === 0) return <p className="faint">{t("clock.limits.none")}</p>;
  const columns: readonly Column<NearLimit>[] = [
    { id: "app", title: t("clock.app"), cell: appLink },
    {
      id: "limit",
      title: t("clock.limit"),
      cell: ({ limit, allowed }) => `${number(allowed)} ${t(`apps.limit.${limit}`)}`,
    },
    {
      id: "most",
      title: t("clock.worst"),
      end: true,
      cell: ({ most }) => number(Math.round(most)),
    },
    {
      id: "share",
      title: t("clock.share"),
      end: true,
      cell: ({ share }) => (
        <span className={styles.share} data-over={share >= 1 || undefined}>
          <span className={styles.gauge} aria-hidden="true">
            <span style={{ width: `${Math.min(100, share * 100)}%` }} />
          </span>
          {percent(share)}
          {share >= 1 && <Mark tone="broken">{t("clock.over")}</Mark>}
        </span>
      ),
    },
  ];
  return (
    <DataTable
      label={t("clock.limits")}
      rows={rows}
      columns={columns}
      keyOf={({ appId, limit }) => `${appId} ${limit}`}
    />
  );
}

/** Keys that end soon, and whether a successor is there. */
export function EndingKeys({ keys, days }: { keys: readonly Key[]; days: number }): JSX.Element {
  const { t } = useWords();
  if (keys.length === 0) return <p className="faint">{t("clock.keys.none", { n: days })}</p>;
  const columns: readonly Column<Key>[] = [
    { id: "app", title: t("clock.app"), cell: appLink },
    {
      id: "key",
      title: t("clock.key"),
      cell: ({ id, appId }) => (
        <Link className="leads" href={`/apps/${encodeURIComponent(appId)}/keys`}>
          <code>{id.slice(0, 12)}…</code>
        </Link>
      ),
    },
    {
      id: "ends",
      title: t("clock.ends"),
      cell: ({ expiresAt }) => <When at={expiresAt} form="ago" />,
    },
    {
      id: "successor",
      title: t("clock.successor"),
      cell: ({ replacedBy }) => (
        <Mark tone={replacedBy === null ? "soon" : "whole"}>
          {replacedBy === null ? t("clock.successor.none") : t("clock.successor.there")}
        </Mark>
      ),
    },
    {
      id: "used",
      title: t("apps.lastUsed"),
      cell: ({ lastUsedAt }) => <When at={lastUsedAt} form="ago" />,
    },
  ];
  return (
    <DataTable label={t("clock.keys")} rows={keys} columns={columns} keyOf={(key) => key.id} />
  );
}

/** Whether services still tell. */
export function ServiceTable({ rows }: { rows: readonly ServiceHealth[] }): JSX.Element {
  const { t, number } = useWords();
  if (rows.length === 0) return <p className="faint">{t("clock.services.none")}</p>;
  const columns: readonly Column<ServiceHealth>[] = [
    {
      id: "service",
      title: t("clock.service"),
      cell: ({ service }) => appLink({ appId: service }),
    },
    {
      id: "state",
      title: t("clock.state"),
      cell: ({ lastBatchAt }) => {
        const silent = Date.now() - Date.parse(lastBatchAt) > SILENT_MS;
        return (
          <Mark tone={silent ? "soon" : "whole"}>
            {silent ? t("clock.silent") : t("clock.tells")}
          </Mark>
        );
      },
    },
    {
      id: "told",
      title: t("clock.told"),
      cell: ({ lastBatchAt }) => <When at={lastBatchAt} form="ago" />,
    },
    {
      id: "lost",
      title: t("clock.lost"),
      end: true,
      cell: ({ lost }) => (lost === 0 ? number(lost) : <Mark tone="broken">{number(lost)}</Mark>),
    },
  ];
  return (
    <DataTable
      label={t("clock.services")}
      rows={rows}
      columns={columns}
      keyOf={(row) => row.service}
    />
  );
}
