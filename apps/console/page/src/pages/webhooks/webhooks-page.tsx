import { useState, type JSX } from "react";
import { Button } from "@mantine/core";
import { IconPlus } from "@tabler/icons-react";
import { Link } from "wouter";
import type { WebhookEndpoint } from "../../api/shapes.js";
import { useRead } from "../../api/use-api.js";
import { useMe } from "../../api/use-me.js";
import { DataTable } from "../../parts/data-table.js";
import { Mark } from "../../parts/mark.js";
import { Empty, Shown } from "../../parts/states.js";
import { When } from "../../parts/when.js";
import { Page } from "../../shell/page.js";
import { useWords } from "../../words/use-words.js";
import { ScopeList } from "../apps/scope-list.js";
import { EndpointDialog } from "./endpoint-dialog.js";

/** Where events go. */
export function WebhooksPage(): JSX.Element {
  const { t } = useWords();
  const { may } = useMe();
  const endpoints = useRead("GET /v1/webhooks");
  const [adding, setAdding] = useState(false);
  const add = may("webhooks.manage") && (
    <Button leftSection={<IconPlus size={16} aria-hidden />} onClick={() => setAdding(true)}>
      {t("webhooks.add")}
    </Button>
  );
  return (
    <Page title={t("nav.webhooks")} lead={t("webhooks.lead")} actions={add}>
      <Shown of={endpoints} lines={5}>
        {({ items }) =>
          items.length === 0 ? (
            <Empty title={t("webhooks.empty")} action={add}>
              {t("webhooks.empty.text")}
            </Empty>
          ) : (
            <Endpoints endpoints={items} />
          )
        }
      </Shown>
      {adding && <EndpointDialog onClose={() => setAdding(false)} />}
    </Page>
  );
}

function Endpoints({ endpoints }: { endpoints: readonly WebhookEndpoint[] }): JSX.Element {
  const { t } = useWords();
  return (
    <DataTable
      label={t("nav.webhooks")}
      rows={endpoints}
      keyOf={({ id }) => id}
      columns={[
        {
          id: "url",
          title: t("webhooks.url"),
          cell: ({ id, url }) => (
            <Link className="leads" href={`/webhooks/${encodeURIComponent(id)}`}>
              {url}
            </Link>
          ),
        },
        {
          id: "events",
          title: t("webhooks.events"),
          cell: ({ events }) => <ScopeList scopes={events} most={3} />,
        },
        {
          id: "state",
          title: t("webhooks.state"),
          cell: (endpoint) => <EndpointState endpoint={endpoint} />,
        },
        {
          id: "created",
          title: t("webhooks.created"),
          cell: ({ createdAt }) => <When at={createdAt} form="day" />,
        },
      ]}
    />
  );
}

export function EndpointState({
  endpoint: { active, offReason },
}: {
  endpoint: WebhookEndpoint;
}): JSX.Element {
  const { t } = useWords();
  const tone = active ? "whole" : offReason === null ? "calm" : "broken";
  return (
    <span>
      <Mark tone={tone}>{active ? t("webhooks.on") : t("webhooks.off")}</Mark>
      {offReason !== null && (
        <span className="faint"> {t("webhooks.off.by", { reason: offReason })}</span>
      )}
    </span>
  );
}
