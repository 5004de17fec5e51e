import { useState, type JSX } from "react";
import { Button } from "@mantine/core";
import type { App } from "../../api/shapes.js";
import { useRead } from "../../api/use-api.js";
import { useMe } from "../../api/use-me.js";
import { Shown } from "../../parts/states.js";
import { Page } from "../../shell/page.js";
import { Tabs } from "../../shell/tabs.js";
import { useWords } from "../../words/use-words.js";
import { KeysTab } from "../keys/keys-tab.js";
import { AppEditDialog } from "./app-edit-dialog.js";
import type { FormField } from "./app-form.js";
import { AuditTab } from "./audit-tab.js";
import { LimitsTab, ScopesTab } from "./facts-tabs.js";
import { OverviewTab } from "./overview-tab.js";
import { StateDialog } from "./state-dialog.js";
import { VerdictsTab } from "./verdicts-tab.js";

const TABS = ["overview", "keys", "limits", "scopes", "verdicts", "audit"] as const;
type Tab = (typeof TABS)[number];

/** What the button to edit changes, on each tab. */
const EDITED: Readonly<Partial<Record<Tab, readonly FormField[]>>> = {
  overview: ["name", "teamId", "attributes"],
  limits: ["limits", "networks"],
  scopes: ["scopes", "schemes"],
};

/** One app. */
export function AppPage({ params }: { params: Record<string, string> }): JSX.Element {
  const { t } = useWords();
  const { may } = useMe();
  const { appId = "" } = params;
  const tab = TABS.find((name) => name === params.tab) ?? "overview";
  const app = useRead("GET /v1/apps/:appId", { params: { appId } });
  const mayChange = app.data?.kind !== "service" || may("services.manage");
  const tabs = TABS.filter((name) => name !== "audit" || may("audit.read"));
  return (
    <Page
      title={appId}
      lead={app.data && app.data.name !== appId ? app.data.name : undefined}
      back={{ href: "/apps", label: t("nav.apps") }}
      actions={
        app.data && may("apps.change") && mayChange ? (
          <Acts app={app.data} fields={EDITED[tab]} />
        ) : undefined
      }
    >
      <Tabs
        label={t("apps.tabs")}
        tabs={tabs.map((name) => ({
          href: `/apps/${encodeURIComponent(appId)}${name === "overview" ? "" : `/${name}`}`,
          label: t(`apps.tab.${name}`),
          current: name === tab,
        }))}
      />
      <Shown of={app} lines={8}>
        {(it) => <Content app={it} tab={tab} mayChange={mayChange} />}
      </Shown>
    </Page>
  );
}

function Content({ app, tab, mayChange }: { app: App; tab: Tab; mayChange: boolean }): JSX.Element {
  switch (tab) {
    case "overview":
      return <OverviewTab app={app} />;
    case "keys":
      return <KeysTab app={app} mayChange={mayChange} />;
    case "limits":
      return <LimitsTab app={app} />;
    case "scopes":
      return <ScopesTab app={app} />;
    case "verdicts":
      return <VerdictsTab appId={app.id} />;
    case "audit":
      return <AuditTab appId={app.id} />;
  }
}

function Acts({
  app,
  fields,
}: {
  app: App;
  fields: readonly FormField[] | undefined;
}): JSX.Element {
  const { t } = useWords();
  const [editing, setEditing] = useState(false);
  const [turning, setTurning] = useState(false);
  const isActive = app.state === "active";
  const known = app.kind === "service" ? fields?.filter((name) => name !== "schemes") : fields;
  return (
    <>
      <Button
        variant="default"
        {...(isActive && { className: "destroys" })}
        onClick={() => setTurning(true)}
      >
        {isActive ? t("apps.disable") : t("apps.enable")}
      </Button>
      {known !== undefined && (
        <Button variant="default" onClick={() => setEditing(true)}>
          {t("apps.edit")}
        </Button>
      )}
      {editing && known !== undefined && (
        <AppEditDialog app={app} fields={known} onClose={() => setEditing(false)} />
      )}
      {turning && <StateDialog app={app} onClose={() => setTurning(false)} />}
    </>
  );
}
