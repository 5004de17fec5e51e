import type { JSX } from "react";
import { Button } from "@mantine/core";
import { Link } from "wouter";
import { useList } from "../../api/use-api.js";
import { ListTable } from "../../parts/data-table.js";
import { Empty } from "../../parts/states.js";
import { When } from "../../parts/when.js";
import { useWords } from "../../words/use-words.js";

/** Who has changed an app, and when. */
export function AuditTab({ appId }: { appId: string }): JSX.Element {
  const { t } = useWords();
  const filter = { objectKind: "app", objectId: appId };
  const list = useList("GET /v1/audit", filter);
  return (
    <>
      <ListTable
        label={t("nav.audit")}
        list={list}
        keyOf={({ seq }) => String(seq)}
        exportName={`audit-${appId}`}
        columns={[
          {
            id: "at",
            title: t("audit.at"),
            cell: ({ at }) => <When at={at} />,
            text: ({ at }) => at,
          },
          {
            id: "actor",
            title: t("audit.actor"),
            cell: ({ actor }) => actor.name,
            text: ({ actor }) => actor.name,
          },
          {
            id: "act",
            title: t("audit.act"),
            cell: ({ act }) => <code>{act}</code>,
            text: ({ act }) => act,
          },
          {
            id: "address",
            title: t("audit.address"),
            cell: ({ address }) => address ?? "",
            text: ({ address }) => address,
          },
        ]}
        empty={<Empty title={t("apps.audit.none")} />}
      />
      <Button
        component={Link}
        href={`/audit?${new URLSearchParams(filter).toString()}`}
        variant="subtle"
      >
        {t("apps.audit.all")}
      </Button>
    </>
  );
}
