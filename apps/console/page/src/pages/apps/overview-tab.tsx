import { useMemo, type JSX } from "react";
import { Link } from "wouter";
import type { App } from "../../api/shapes.js";
import { useRead } from "../../api/use-api.js";
import { CopyableId } from "../../parts/copyable-id.js";
import { Mark } from "../../parts/mark.js";
import { Shown } from "../../parts/states.js";
import { TimeChart } from "../../parts/time-chart.js";
import { useRange } from "../../parts/use-range.js";
import { When } from "../../parts/when.js";
import { Facts, Section } from "../../shell/section.js";
import { useWords } from "../../words/use-words.js";
import { AppHealth } from "./app-health.js";
import { ScopeList } from "./scope-list.js";

const WEEK = { range: "7d", from: "", to: "" };

/** What an app is, and how its last week was. */
export function OverviewTab({ app }: { app: App }): JSX.Element {
  const { t, number } = useWords();
  const { id, team, kind, state, keys, lastUsedAt, createdAt, scopes, attributes } = app;
  return (
    <>
      <Section title={t("apps.facts")}>
        <Facts
          facts={[
            [t("apps.health"), <AppHealth key="health" app={app} />],
            [
              t("apps.keys"),
              <Link key="keys" href={`/apps/${encodeURIComponent(id)}/keys`}>
                {number(keys.live)}
              </Link>,
            ],
            [t("apps.lastUsed"), <When key="used" at={lastUsedAt} form="ago" />],
            [t("apps.id"), <CopyableId key="id" id={id} />],
            [t("apps.team"), team.name],
            [t("apps.kind"), t(`apps.kind.${kind}`)],
            [
              t("apps.state"),
              <Mark key="state" tone={state === "active" ? "whole" : "calm"}>
                {t(`apps.state.${state}`)}
              </Mark>,
            ],
            [t("apps.created.at"), <When key="created" at={createdAt} form="day" />],
            [t("apps.scopes"), <ScopeList key="scopes" scopes={scopes} />],
            ...(Object.keys(attributes).length > 0
              ? [
                  [
                    t("apps.attributes"),
                    <code key="attributes">{JSON.stringify(attributes)}</code>,
                  ] as const,
                ]
              : []),
          ]}
        />
      </Section>
      {kind === "app" && <LastWeek appId={id} />}
    </>
  );
}

function LastWeek({ appId }: { appId: string }): JSX.Element {
  const { t } = useWords();
  const { from } = useRange(WEEK);
  const series = useRead("GET /v1/verdicts/series", { query: { from, app: appId, points: 60 } });
  const points = series.data?.points;
  const chart = useMemo(() => {
    if (points === undefined) return undefined;
    const refused = points.map((point) =>
      Object.values(point.refused).reduce((sum, count) => sum + count, 0),
    );
    const accepted = points.map((point) => point.accepted);
    return {
      times: points.map(({ at }) => new Date(at)),
      series: [
        {
          id: "refused",
          label: t("home.refused"),
          colour: "--chart-1",
          values: refused,
          texture: 1,
        },
        {
          id: "accepted",
          label: t("home.accepted"),
          colour: "--chart-accepted",
          values: accepted,
          texture: 0,
        },
      ],
      isEmpty: [...refused, ...accepted].every((count) => count === 0),
    };
  }, [points, t]);
  return (
    <Section title={t("apps.week")}>
      <Shown of={series} lines={5}>
        {() =>
          chart === undefined || chart.isEmpty ? (
            <p className="faint">{t("apps.week.none")}</p>
          ) : (
            <TimeChart label={t("apps.week")} {...chart} />
          )
        }
      </Shown>
    </Section>
  );
}
