import { useState, type JSX } from "react";
import { Button, Menu, TextInput } from "@mantine/core";
import { IconDownload, IconShieldCheck } from "@tabler/icons-react";
import { askFor } from "../../api/ask.js";
import { useList } from "../../api/use-api.js";
import { useMe } from "../../api/use-me.js";
import type { AuditEntry, AuditFilter } from "../../api/shapes.js";
import { CopyableId } from "../../parts/copyable-id.js";
import { ListTable, type Column } from "../../parts/data-table.js";
import { DayField, dayStart } from "../../parts/day-field.js";
import { FilterBar, FilterSelect, SearchField } from "../../parts/filter-bar.js";
import { saidWrong } from "../../parts/notify.js";
import { saveFile } from "../../parts/save-file.js";
import { Empty } from "../../parts/states.js";
import { useFilters } from "../../parts/use-filters.js";
import { When } from "../../parts/when.js";
import { Page } from "../../shell/page.js";
import { useWords } from "../../words/use-words.js";
import { ChangeDialog } from "./change-dialog.js";
import { VerifyDialog } from "./verify-dialog.js";

const FILTERS = { act: "", actor: "", objectKind: "", objectId: "", from: "", to: "" };
const KINDS = ["app", "key", "person", "team", "request", "webhook", "settings", "audit"] as const;

/** Who did what here, and when. */
export function AuditPage(): JSX.Element {
  const { t } = useWords();
  const { may } = useMe();
  const [filters, setFilters, filtered] = useFilters(FILTERS);
  const [shown, setShown] = useState<AuditEntry>();
  const [verifying, setVerifying] = useState(false);
  const query = queryOf(filters);
  const list = useList("GET /v1/audit", query);
  const columns = useColumns(setFilters, setShown);
  return (
    <Page
      title={t("nav.audit")}
      lead={t("audit.lead")}
      actions={
        <>
          <Button
            variant="default"
            leftSection={<IconShieldCheck size={16} aria-hidden />}
            onClick={() => setVerifying(true)}
          >
            {t("audit.verify")}
          </Button>
          {may("audit.export") && <ExportMenu query={query} />}
        </>
      }
    >
      <FilterBar onClear={filtered ? () => setFilters(FILTERS) : undefined}>
        <SearchField
          label={t("audit.act")}
          value={filters.act}
          onSearch={(act) => setFilters({ act })}
        />
        <FilterSelect
          label={t("audit.objectKind")}
          value={filters.objectKind}
          options={KINDS.map((value) => ({ value, label: t(`audit.kind.${value}`) }))}
          onChoose={(objectKind) => setFilters({ objectKind })}
        />
        <DayField
          label={t("audit.from")}
          value={filters.from}
          onChoose={(from) => setFilters({ from })}
        />
        <DayField label={t("audit.to")} value={filters.to} onChoose={(to) => setFilters({ to })} />
        {filters.actor !== "" && (
          <TextInput
            aria-label={t("audit.actor")}
            value={filters.actor}
            onChange={({ currentTarget }) => setFilters({ actor: currentTarget.value })}
          />
        )}
      </FilterBar>
      <ListTable
        label={t("nav.audit")}
        list={list}
        columns={columns}
        keyOf={({ seq }) => String(seq)}
        exportName="audit"
        empty={
          <Empty title={filtered ? t("audit.none") : t("audit.empty")}>
            {filtered ? undefined : t("audit.empty.text")}
          </Empty>
        }
      />
      <ChangeDialog entry={shown} onClose={() => setShown(undefined)} />
      <VerifyDialog opened={verifying} onClose={() => setVerifying(false)} />
    </Page>
  );
}

/** Days are the reader's; the console is asked for moments. */
function queryOf({ from, to, ...rest }: typeof FILTERS): Partial<AuditFilter> {
  const begin = dayStart(from);
  const end = dayStart(to, 1);
  return { ...rest, ...(begin && { from: begin }), ...(end && { to: end }) };
}

function useColumns(
  narrow: (filters: Partial<typeof FILTERS>) => void,
  show: (entry: AuditEntry) => void,
): readonly Column<AuditEntry>[] {
  const { t } = useWords();
  return [
    {
      id: "at",
      title: t("audit.at"),
      cell: ({ at }) => <When at={at} />,
      text: ({ at }) => at,
    },
    {
      id: "actor",
      title: t("audit.actor"),
      cell: ({ actor: { id, name } }) => (
        <button type="button" className="narrows" onClick={() => narrow({ actor: id })}>
          {name}
        </button>
      ),
      text: ({ actor }) => actor.name,
    },
    {
      id: "act",
      title: t("audit.act"),
      cell: ({ act }) => (
        <button type="button" className="narrows" onClick={() => narrow({ act })}>
          <code>{act}</code>
        </button>
      ),
      text: ({ act }) => act,
    },
    {
      id: "object",
      title: t("audit.object"),
      cell: ({ object }) => <CopyableId id={object.id} />,
      text: ({ object }) => object.id,
    },
    {
      id: "address",
      title: t("audit.address"),
      cell: ({ address }) => address ?? "",
      text: ({ address }) => address,
    },
    {
      id: "more",
      title: t("audit.change"),
      end: true,
      cell: (entry) => (
        <Button variant="subtle" size="compact-sm" onClick={() => show(entry)}>
          {t("audit.change.show")}
          <span className="visually-hidden"> {t("audit.change.of", { seq: entry.seq })}</span>
        </Button>
      ),
    },
  ];
}

function ExportMenu({ query }: { query: Partial<AuditFilter> }): JSX.Element {
  const words = useWords();
  const { t } = words;
  const save = async (format: "csv" | "json"): Promise<void> => {
    try {
      const response = await askFor("GET /v1/audit/export", { query: { ...query, format } });
      saveFile(`audit.${format}`, await response.blob());
    } catch (error: unknown) {
      saidWrong(words, error);
    }
  };
  return (
    <Menu position="bottom-end" withinPortal={false} withInitialFocusPlaceholder={false}>
      <Menu.Target>
        <Button variant="default" leftSection={<IconDownload size={16} aria-hidden />}>
          {t("audit.export")}
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item onClick={() => void save("csv")}>{t("audit.export.csv")}</Menu.Item>
        <Menu.Item onClick={() => void save("json")}>{t("audit.export.json")}</Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
