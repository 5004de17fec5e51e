import { useState, type JSX } from "react";
import { Button } from "@mantine/core";
import { IconPlus } from "@tabler/icons-react";
import { Link, useLocation } from "wouter";
import { useAct, useList } from "../../api/use-api.js";
import { useMe } from "../../api/use-me.js";
import { ListTable } from "../../parts/data-table.js";
import { Empty } from "../../parts/states.js";
import { When } from "../../parts/when.js";
import { Page } from "../../shell/page.js";
import { useWords } from "../../words/use-words.js";
import { TeamNameDialog } from "./team-name-dialog.js";

export function TeamsPage(): JSX.Element {
  const { t, number } = useWords();
  const { may } = useMe();
  const [, go] = useLocation();
  const [adding, setAdding] = useState(false);
  const add = useAct("POST /v1/teams", ["GET /v1/teams"]);
  const list = useList("GET /v1/teams", {});
  const addButton = may("teams.manage") && (
    <Button leftSection={<IconPlus size={16} aria-hidden />} onClick={() => setAdding(true)}>
      {t("teams.add")}
    </Button>
  );
  return (
    <Page title={t("nav.teams")} lead={t("teams.lead")} actions={addButton}>
      <ListTable
        label={t("nav.teams")}
        list={list}
        keyOf={({ id }) => id}
        exportName="teams"
        columns={[
          {
            id: "name",
            title: t("people.name"),
            cell: ({ id, name }) => (
              <Link className="leads" href={`/teams/${id}`}>
                {name}
              </Link>
            ),
            text: ({ name }) => name,
          },
          {
            id: "members",
            title: t("nav.people"),
            end: true,
            cell: ({ members }) => number(members),
            text: ({ members }) => members,
          },
          {
            id: "apps",
            title: t("nav.apps"),
            end: true,
            cell: ({ id, apps }) => <Link href={`/apps?team=${id}`}>{number(apps)}</Link>,
            text: ({ apps }) => apps,
          },
          {
            id: "since",
            title: t("people.since"),
            end: true,
            cell: ({ createdAt }) => <When at={createdAt} form="day" />,
            text: ({ createdAt }) => createdAt,
          },
        ]}
        empty={<Empty title={t("teams.none")}>{t("teams.none.text")}</Empty>}
      />
      {adding && (
        <TeamNameDialog
          title={t("teams.add")}
          onClose={() => setAdding(false)}
          onNamed={async (name) => go(`/teams/${(await add.mutateAsync({ body: { name } })).id}`)}
        />
      )}
    </Page>
  );
}
