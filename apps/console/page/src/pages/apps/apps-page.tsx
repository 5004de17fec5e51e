import { useState, type JSX } from "react";
import { Button } from "@mantine/core";
import { IconPlus } from "@tabler/icons-react";
import { Link, useLocation } from "wouter";
import type { App } from "../../api/shapes.js";
import { useList, useRead } from "../../api/use-api.js";
import { useMe } from "../../api/use-me.js";
import { ListTable, type Column } from "../../parts/data-table.js";
import { FilterBar, FilterSelect, SearchField } from "../../parts/filter-bar.js";
import { saidDone } from "../../parts/notify.js";
import { Empty } from "../../parts/states.js";
import { useFilters } from "../../parts/use-filters.js";
import { When } from "../../parts/when.js";
import { Page } from "../../shell/page.js";
import { useWords } from "../../words/use-words.js";
import { AppDialog } from "./app-dialog.js";
import { AppHealth } from "./app-health.js";
import styles from "./apps.module.css";
import { ScopeList } from "./scope-list.js";

const FILTERS = { search: "", team: "", scope: "", kind: "", health: "", state: "", sort: "id" };
type Filters = typeof FILTERS;

/** Who may call. */
export function AppsPage(): JSX.Element {
  const { t } = useWords();
  const { may } = useMe();
  const [, go] = useLocation();
  const [making, setMaking] = useState<App["kind"]>();
  const [{ sort, ...filters }, set] = useFilters(FILTERS);
  const filtered = Object.values(filters).some((value) => value !== "");
  const list = useList("GET /v1/apps", { ...filters, sort });
  const columns = useColumns((scope) => set({ scope }));
  return (
    <Page title={t("nav.apps")} lead={t("apps.lead")} actions={<Actions onMake={setMaking} />}>
      <Filters
        filters={filters}
        onChange={set}
        onClear={filtered ? () => set(FILTERS) : undefined}
      />
      <ListTable
        label={t("nav.apps")}
        list={list}
        columns={columns}
        keyOf={({ id }) => id}
        sort={sort}
        onSort={(by) => set({ sort: by })}
        exportName="apps"
        empty={
          filtered ? (
            <Empty title={t("apps.none")} />
          ) : (
            <Empty title={t("apps.empty")} action={<Actions onMake={setMaking} />}>
              {may("apps.create") ? t("apps.empty.text") : t("apps.empty.ask")}
            </Empty>
          )
        }
      />
      {making !== undefined && (
        <AppDialog
          kind={making}
          onClose={() => setMaking(undefined)}
          onMade={({ id }) => {
            saidDone(t("apps.created", { id }));
            go(`/apps/${encodeURIComponent(id)}/keys`);
          }}
        />
      )}
    </Page>
  );
}

function Actions({ onMake }: { onMake: (kind: App["kind"]) => void }): JSX.Element {
  const { t } = useWords();
  const { may } = useMe();
  return (
    <>
      {may("services.manage") && (
        <Button variant="default" onClick={() => onMake("service")}>
          {t("apps.newService")}
        </Button>
      )}
      {may("apps.create") && (
        <Button leftSection={<IconPlus size={16} aria-hidden />} onClick={() => onMake("app")}>
          {t("apps.new")}
        </Button>
      )}
      {!may("apps.create") && may("requests.ask") && (
        <Button component={Link} href="/requests">
          {t("apps.ask")}
        </Button>
      )}
    </>
  );
}

function Filters({
  filters,
  onChange,
  onClear,
}: {
  filters: Omit<Filters, "sort">;
  onChange: (change: Partial<Filters>) => void;
  onClear: (() => void) | undefined;
}): JSX.Element {
  const { t } = useWords();
  const teams = useRead("GET /v1/teams", { query: { limit: 200 } });
  return (
    <FilterBar onClear={onClear}>
      <SearchField
        label={t("apps.search")}
        value={filters.search}
        onSearch={(search) => onChange({ search })}
      />
      <FilterSelect
        label={t("apps.team")}
        value={filters.team}
        options={(teams.data?.items ?? []).map(({ id, name }) => ({ value: id, label: name }))}
        onChoose={(team) => onChange({ team })}
      />
      <FilterSelect
        label={t("apps.health")}
        value={filters.health}
        options={(["red", "amber", "green", "none"] as const).map((value) => ({
          value,
          label: t(`apps.health.${value}`),
        }))}
        onChoose={(health) => onChange({ health })}
      />
      <FilterSelect
        label={t("apps.kind")}
        value={filters.kind}
        options={(["app", "service"] as const).map((value) => ({
          value,
          label: t(`apps.kind.${value}`),
        }))}
        onChoose={(kind) => onChange({ kind })}
      />
      <FilterSelect
        label={t("apps.state")}
        value={filters.state}
        options={(["active", "disabled"] as const).map((value) => ({
          value,
          label: t(`apps.state.${value}`),
        }))}
        onChoose={(state) => onChange({ state })}
      />
      {filters.scope !== "" && (
        <FilterSelect
          label={t("apps.scope")}
          value={filters.scope}
          options={[{ value: filters.scope, label: filters.scope }]}
          onChoose={(scope) => onChange({ scope })}
        />
      )}
    </FilterBar>
  );
}

function useColumns(narrow: (scope: string) => void): readonly Column<App>[] {
  const { t, number } = useWords();
  return [
    {
      id: "id",
      title: t("apps.id"),
      sort: "id",
      cell: ({ id, name, kind }) => (
        <span className={styles.named}>
          <Link className="leads" href={`/apps/${encodeURIComponent(id)}`}>
            {id}
          </Link>
          <span className="faint">
            {kind === "service" && `${t("apps.kind.service")} · `}
            {name}
          </span>
        </span>
      ),
      text: ({ id }) => id,
    },
    {
      id: "team",
      title: t("apps.team"),
      sort: "team",
      cell: ({ team }) => team.name,
      text: ({ team }) => team.name,
    },
    {
      id: "scopes",
      title: t("apps.scopes"),
      cell: ({ scopes }) =>
        scopes.length === 1 ? (
          <button type="button" className="narrows" onClick={() => narrow(scopes[0] ?? "")}>
            <ScopeList scopes={scopes} />
          </button>
        ) : (
          <ScopeList scopes={scopes} most={2} />
        ),
      text: ({ scopes }) => scopes.join(" "),
    },
    {
      id: "keys",
      title: t("apps.keys"),
      end: true,
      cell: ({ keys }) => (
        <span className={styles.live}>
          {number(keys.live)}
          {keys.endingSoon > 0 && (
            <span className="faint">{t("apps.keys.ending", { n: keys.endingSoon })}</span>
          )}
        </span>
      ),
      text: ({ keys }) => keys.live,
    },
    {
      id: "health",
      title: t("apps.health"),
      sort: "health",
      cell: (app) => <AppHealth app={app} />,
      text: ({ health, healthReasons }) => [health, ...healthReasons].join(" "),
    },
    {
      id: "lastUsedAt",
      title: t("apps.lastUsed"),
      sort: "lastUsedAt",
      cell: ({ lastUsedAt }) => <When at={lastUsedAt} form="ago" />,
      text: ({ lastUsedAt }) => lastUsedAt,
    },
  ];
}
