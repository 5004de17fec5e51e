import { useState, type JSX } from "react";
import { Button } from "@mantine/core";
import { useAct, useRead } from "../../api/use-api.js";
import { ConfirmDialog } from "../../parts/confirm-dialog.js";
import { DataTable } from "../../parts/data-table.js";
import { Mark } from "../../parts/mark.js";
import { saidWrong } from "../../parts/notify.js";
import { Shown } from "../../parts/states.js";
import { When } from "../../parts/when.js";
import { Section } from "../../shell/section.js";
import { useWords } from "../../words/use-words.js";
import { browserOf } from "./browser-of.js";

/** Where one is signed in. */
export function SessionsSection(): JSX.Element {
  const words = useWords();
  const { t } = words;
  const sessions = useRead("GET /v1/me/sessions");
  const [endingAll, setEndingAll] = useState(false);
  const end = useAct("DELETE /v1/me/sessions/:id", ["GET /v1/me/sessions"]);
  const endOthers = useAct("POST /v1/me/sessions/end-others", ["GET /v1/me/sessions"]);
  const others = sessions.data?.items.filter(({ current }) => !current).length ?? 0;
  return (
    <Section
      title={t("profile.sessions")}
      lead={t("profile.sessions.lead")}
      actions={
        others > 0 && (
          <Button variant="default" className="destroys" onClick={() => setEndingAll(true)}>
            {t("profile.sessions.endOthers")}
          </Button>
        )
      }
    >
      <Shown of={sessions} lines={3}>
        {({ items }) => (
          <DataTable
            label={t("profile.sessions")}
            rows={items}
            keyOf={({ id }) => id}
            columns={[
              {
                id: "browser",
                title: t("profile.browser"),
                cell: ({ userAgent }) => browserOf(userAgent) ?? t("profile.browser.unknown"),
              },
              {
                id: "address",
                title: t("audit.address"),
                cell: ({ address }) => address ?? t("address.unknown"),
              },
              {
                id: "begun",
                title: t("profile.begun"),
                cell: ({ createdAt }) => <When at={createdAt} />,
              },
              {
                id: "used",
                title: t("profile.used"),
                cell: ({ lastUsedAt }) => <When at={lastUsedAt} form="ago" />,
              },
              {
                id: "end",
                title: t("table.acts"),
                end: true,
                cell: ({ id, current, userAgent }) =>
                  current ? (
                    <Mark tone="whole">{t("profile.sessions.this")}</Mark>
                  ) : (
                    <Button
                      variant="subtle"
                      size="compact-sm"
                      onClick={() =>
                        end.mutate(
                          { params: { id } },
                          { onError: (error) => saidWrong(words, error) },
                        )
                      }
                    >
                      {t("profile.sessions.end")}
                      <span className="visually-hidden"> {browserOf(userAgent)}</span>
                    </Button>
                  ),
              },
            ]}
          />
        )}
      </Shown>
      <ConfirmDialog
        opened={endingAll}
        onClose={() => setEndingAll(false)}
        title={t("profile.sessions.endOthers")}
        action={t("profile.sessions.endOthers")}
        onConfirm={() => endOthers.mutateAsync({})}
      >
        {t("profile.sessions.endOthers.text", { n: others })}
      </ConfirmDialog>
    </Section>
  );
}
