import { useState, type JSX } from "react";
import { Button } from "@mantine/core";
import { IconKey } from "@tabler/icons-react";
import type { App, Key, KeyUse } from "../../api/shapes.js";
import { useRead } from "../../api/use-api.js";
import { useMe } from "../../api/use-me.js";
import { DataTable } from "../../parts/data-table.js";
import { Mark } from "../../parts/mark.js";
import { Empty, Shown } from "../../parts/states.js";
import { When } from "../../parts/when.js";
import { Section } from "../../shell/section.js";
import { useWords } from "../../words/use-words.js";
import { IssueDialog } from "./issue-dialog.js";
import { KeyDialogs, type KeyAct } from "./key-dialogs.js";
import { KeyTable } from "./key-table.js";
import styles from "./keys.module.css";
import { KeyTimeline } from "./key-timeline.js";
import { OldKeyNote } from "./old-key-note.js";

/** The keys of an app: their lives, who uses them, and all that can be done with them. */
export function KeysTab({ app, mayChange }: { app: App; mayChange: boolean }): JSX.Element {
  const { t } = useWords();
  const { may } = useMe();
  const appId = app.id;
  const keys = useRead("GET /v1/apps/:appId/keys", { params: { appId }, everyMs: 30_000 });
  const uses = useRead("GET /v1/apps/:appId/uses", { params: { appId }, everyMs: 30_000 });
  const [issuing, setIssuing] = useState<"new" | "imported">();
  const [act, setAct] = useState<{ what: KeyAct; key: Key }>();
  const issue = mayChange && may("keys.issue") && <IssueButtons onIssue={setIssuing} />;
  return (
    <>
      <Shown of={keys} lines={7}>
        {({ items }) =>
          items.length === 0 ? (
            <Empty title={t("keys.none")} action={issue}>
              {issue ? t("keys.none.text") : t("keys.none.ask")}
            </Empty>
          ) : (
            <>
              <OldKeyNote
                keys={items}
                uses={uses.data?.items ?? []}
                onEnd={
                  mayChange && may("keys.end") ? (key) => setAct({ what: "end", key }) : undefined
                }
              />
              <Section title={t("keys.lives")} lead={t("keys.lives.lead")} actions={issue}>
                <KeyTimeline keys={items} />
              </Section>
              <Section title={t("keys.list")}>
                <KeyTable
                  keys={items}
                  mayChange={mayChange}
                  onAct={(what, key) => setAct({ what, key })}
                />
              </Section>
              <Uses uses={uses.data?.items ?? []} />
            </>
          )
        }
      </Shown>
      {issuing !== undefined && (
        <IssueDialog
          app={app}
          imported={issuing === "imported"}
          onClose={() => setIssuing(undefined)}
        />
      )}
      {act !== undefined && (
        <KeyDialogs what={act.what} of={act.key} onClose={() => setAct(undefined)} />
      )}
    </>
  );
}

function IssueButtons({ onIssue }: { onIssue: (kind: "new" | "imported") => void }): JSX.Element {
  const { t } = useWords();
  return (
    <>
      <Button variant="default" onClick={() => onIssue("imported")}>
        {t("keys.import")}
      </Button>
      <Button leftSection={<IconKey size={16} aria-hidden />} onClick={() => onIssue("new")}>
        {t("keys.issue")}
      </Button>
    </>
  );
}

function Uses({ uses }: { uses: readonly KeyUse[] }): JSX.Element {
  const { t, number } = useWords();
  return (
    <Section title={t("keys.uses")} lead={t("keys.uses.lead")}>
      {uses.length === 0 ? (
        <p className="faint">{t("keys.uses.none")}</p>
      ) : (
        <DataTable
          label={t("keys.uses")}
          rows={uses}
          keyOf={({ keyId, source, scheme }) => `${keyId} ${source} ${scheme}`}
          columns={[
            {
              id: "source",
              title: t("keys.uses.source"),
              cell: ({ source }) => (source === "" ? t("address.unknown") : <code>{source}</code>),
            },
            {
              id: "key",
              title: t("keys.id"),
              cell: ({ keyId, current }) => (
                <span className={styles.two}>
                  <Mark tone={current ? "whole" : "soon"}>
                    {current ? t("keys.uses.current") : t("keys.uses.old")}
                  </Mark>
                  <code className="faint">{keyId.slice(0, 12)}…</code>
                </span>
              ),
            },
            { id: "scheme", title: t("keys.scheme"), cell: ({ scheme }) => scheme },
            {
              id: "last",
              title: t("keys.uses.last"),
              cell: ({ lastMinute }) => <When at={lastMinute} form="ago" />,
            },
            {
              id: "count",
              title: t("keys.uses.count"),
              end: true,
              cell: ({ count }) => number(count),
            },
          ]}
        />
      )}
    </Section>
  );
}
