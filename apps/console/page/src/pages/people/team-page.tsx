import { useState, type JSX } from "react";
import { Button } from "@mantine/core";
import { IconPlus } from "@tabler/icons-react";
import { Link, useLocation } from "wouter";
import type { TeamRecord } from "../../api/shapes.js";
import { useAct, useRead } from "../../api/use-api.js";
import { useMe } from "../../api/use-me.js";
import { ConfirmDialog } from "../../parts/confirm-dialog.js";
import { CopyableId } from "../../parts/copyable-id.js";
import { DataTable } from "../../parts/data-table.js";
import { saidDone, saidWrong } from "../../parts/notify.js";
import { Empty, Shown } from "../../parts/states.js";
import { When } from "../../parts/when.js";
import { Page } from "../../shell/page.js";
import { Facts, Section } from "../../shell/section.js";
import { useWords } from "../../words/use-words.js";
import { MemberDialog } from "./member-dialog.js";
import { TeamNameDialog } from "./team-name-dialog.js";

const TEAM_READS = ["GET /v1/teams/:id", "GET /v1/teams", "GET /v1/people"] as const;

export function TeamPage({ params }: { params: Record<string, string> }): JSX.Element {
  const { t } = useWords();
  const team = useRead("GET /v1/teams/:id", { params: { id: params.id ?? "" } });
  return (
    <Page
      title={team.data?.name ?? t("nav.teams")}
      back={{ href: "/teams", label: t("nav.teams") }}
      actions={team.data !== undefined && <TeamActs team={team.data} />}
    >
      <Shown of={team}>{(shown) => <Team team={shown} />}</Shown>
    </Page>
  );
}

function TeamActs({ team: { id, name, apps, version } }: { team: TeamRecord }): JSX.Element | null {
  const { t } = useWords();
  const { may } = useMe();
  const [, go] = useLocation();
  const [open, setOpen] = useState<"rename" | "remove">();
  const rename = useAct("PATCH /v1/teams/:id", TEAM_READS);
  const remove = useAct("DELETE /v1/teams/:id", ["GET /v1/teams"]);
  if (!may("teams.manage")) return null;
  return (
    <>
      <Button variant="default" onClick={() => setOpen("rename")}>
        {t("teams.rename")}
      </Button>
      <Button
        variant="default"
        className="destroys"
        disabled={apps > 0}
        title={apps > 0 ? t("teams.remove.apps") : undefined}
        onClick={() => setOpen("remove")}
      >
        {t("teams.remove")}
      </Button>
      {open === "rename" && (
        <TeamNameDialog
          title={t("teams.rename")}
          before={name}
          onClose={() => setOpen(undefined)}
          onNamed={(next) => rename.mutateAsync({ params: { id }, version, body: { name: next } })}
        />
      )}
      <ConfirmDialog
        opened={open === "remove"}
        onClose={() => setOpen(undefined)}
        title={t("teams.remove.title", { name })}
        action={t("teams.remove")}
        typed={name}
        onConfirm={async () => {
          await remove.mutateAsync({ params: { id }, version });
          go("/teams");
        }}
      >
        {t("teams.remove.text")}
      </ConfirmDialog>
    </>
  );
}

function Team({ team }: { team: TeamRecord }): JSX.Element {
  const words = useWords();
  const { t, number } = words;
  const { may } = useMe();
  const manages = may("teams.manage");
  const [adding, setAdding] = useState(false);
  const remove = useAct("DELETE /v1/teams/:id/members/:personId", TEAM_READS);
  const { id, people, apps, createdAt } = team;
  return (
    <>
      <Section title={t("teams.facts")}>
        <Facts
          facts={[
            [
              t("nav.apps"),
              <Link key="apps" href={`/apps?team=${id}`}>
                {number(apps)}
              </Link>,
            ],
            [t("people.since"), <When key="since" at={createdAt} form="day" />],
            [t("people.id"), <CopyableId key="id" id={id} />],
          ]}
        />
      </Section>
      <Section
        title={t("nav.people")}
        lead={t("teams.people.lead")}
        actions={
          manages && (
            <Button
              variant="default"
              leftSection={<IconPlus size={16} aria-hidden />}
              onClick={() => setAdding(true)}
            >
              {t("teams.people.add")}
            </Button>
          )
        }
      >
        {people.length === 0 ? (
          <Empty title={t("teams.people.none")} />
        ) : (
          <DataTable
            label={t("nav.people")}
            rows={people}
            keyOf={(person) => person.id}
            columns={[
              {
                id: "name",
                title: t("people.name"),
                cell: (person) =>
                  may("people.read") ? (
                    <Link className="leads" href={`/people/${person.id}`}>
                      {person.name}
                    </Link>
                  ) : (
                    person.name
                  ),
              },
              { id: "login", title: t("signIn.login"), cell: ({ login }) => login },
              ...(manages
                ? [
                    {
                      id: "remove",
                      title: t("table.acts"),
                      end: true,
                      cell: ({ id: personId, name }: TeamRecord["people"][number]) => (
                        <Button
                          variant="subtle"
                          size="compact-sm"
                          onClick={() =>
                            remove.mutate(
                              { params: { id, personId } },
                              {
                                onSuccess: () => saidDone(t("teams.people.removed", { name })),
                                onError: (error) => saidWrong(words, error),
                              },
                            )
                          }
                        >
                          {t("teams.people.remove")}
                          <span className="visually-hidden"> {name}</span>
                        </Button>
                      ),
                    },
                  ]
                : []),
            ]}
          />
        )}
      </Section>
      {adding && <MemberDialog team={team} renews={TEAM_READS} onClose={() => setAdding(false)} />}
    </>
  );
}
