import { useState, type JSX } from "react";
import { Button } from "@mantine/core";
import { IconUserPlus } from "@tabler/icons-react";
import { Link, useLocation } from "wouter";
import { kindOf } from "../../../../src/access/roles.js";
import type { PersonRecord } from "../../api/shapes.js";
import { useList } from "../../api/use-api.js";
import { useMe } from "../../api/use-me.js";
import { ListTable, type Column } from "../../parts/data-table.js";
import { FilterBar, SearchField } from "../../parts/filter-bar.js";
import { Empty } from "../../parts/states.js";
import { useFilters } from "../../parts/use-filters.js";
import { When } from "../../parts/when.js";
import { Page } from "../../shell/page.js";
import { useWords } from "../../words/use-words.js";
import { NewPersonDialog } from "./new-person-dialog.js";
import { PersonState } from "./person-state.js";

const FILTERS = { search: "" };

export function PeoplePage(): JSX.Element {
  const { t } = useWords();
  const { may } = useMe();
  const [, go] = useLocation();
  const [filters, setFilters, filtered] = useFilters(FILTERS);
  const [adding, setAdding] = useState(false);
  const list = useList("GET /v1/people", filters);
  return (
    <Page
      title={t("nav.people")}
      lead={t("people.lead")}
      actions={
        may("people.manage") && (
          <Button
            leftSection={<IconUserPlus size={16} aria-hidden />}
            onClick={() => setAdding(true)}
          >
            {t("people.add")}
          </Button>
        )
      }
    >
      <FilterBar onClear={filtered ? () => setFilters(FILTERS) : undefined}>
        <SearchField
          label={t("people.search")}
          value={filters.search}
          onSearch={(search) => setFilters({ search })}
        />
      </FilterBar>
      <ListTable
        label={t("nav.people")}
        list={list}
        columns={useColumns()}
        keyOf={({ id }) => id}
        exportName="people"
        empty={<Empty title={t("people.none")} />}
      />
      {adding && (
        <NewPersonDialog onClose={() => setAdding(false)} onAdded={(id) => go(`/people/${id}`)} />
      )}
    </Page>
  );
}

function useColumns(): readonly Column<PersonRecord>[] {
  const { t } = useWords();
  const kind = ({ role, subrole }: PersonRecord): string =>
    t(`kind.${kindOf(role, subrole ?? undefined)}`);
  const teams = (person: PersonRecord): string => person.teams.map(({ name }) => name).join(", ");
  return [
    {
      id: "name",
      title: t("people.name"),
      cell: ({ id, name }) => (
        <Link className="leads" href={`/people/${id}`}>
          {name}
        </Link>
      ),
      text: ({ name }) => name,
    },
    {
      id: "login",
      title: t("signIn.login"),
      cell: ({ login }) => login,
      text: ({ login }) => login,
    },
    { id: "role", title: t("people.role"), cell: kind, text: kind },
    { id: "teams", title: t("nav.teams"), cell: teams, text: teams },
    {
      id: "state",
      title: t("people.state"),
      cell: (person) => <PersonState person={person} />,
      text: ({ active }) => String(active),
    },
    {
      id: "last",
      title: t("people.lastSignIn"),
      cell: ({ lastSignInAt }) => <When at={lastSignInAt} form="ago" />,
      text: ({ lastSignInAt }) => lastSignInAt,
    },
  ];
}
