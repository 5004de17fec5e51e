import { useState, type JSX } from "react";
import { Button } from "@mantine/core";
import { Link } from "wouter";
import { kindOf } from "../../../../src/access/roles.js";
import type { PersonRecord } from "../../api/shapes.js";
import { useAct, useRead } from "../../api/use-api.js";
import { useMe } from "../../api/use-me.js";
import { ConfirmDialog } from "../../parts/confirm-dialog.js";
import { CopyableId } from "../../parts/copyable-id.js";
import { saidDone, saidWrong } from "../../parts/notify.js";
import { Shown } from "../../parts/states.js";
import { When } from "../../parts/when.js";
import { Page } from "../../shell/page.js";
import { Facts, Section } from "../../shell/section.js";
import { useWords } from "../../words/use-words.js";
import { InvitationDialog } from "./invitation-dialog.js";
import styles from "./people.module.css";
import { PersonDialog } from "./person-dialog.js";
import { PersonState } from "./person-state.js";

export function PersonPage({ params }: { params: Record<string, string> }): JSX.Element {
  const { t } = useWords();
  const person = useRead("GET /v1/people/:id", { params: { id: params.id ?? "" } });
  return (
    <Page
      title={person.data?.name ?? t("nav.people")}
      back={{ href: "/people", label: t("nav.people") }}
    >
      <Shown of={person}>{(shown) => <Person person={shown} />}</Shown>
    </Page>
  );
}

function Person({ person }: { person: PersonRecord }): JSX.Element {
  const { t } = useWords();
  const me = useMe();
  const manages = me.may("people.manage");
  const [editing, setEditing] = useState(false);
  const { id, login, email, role, subrole, teams, lastSignInAt, createdAt } = person;
  return (
    <>
      <Section
        title={t("people.facts")}
        actions={
          manages && (
            <Button variant="default" onClick={() => setEditing(true)}>
              {t("profile.edit")}
            </Button>
          )
        }
      >
        <Facts
          facts={[
            [t("signIn.login"), login],
            [t("people.email"), email ?? "–"],
            [t("people.role"), t(`kind.${kindOf(role, subrole ?? undefined)}`)],
            [t("people.state"), <PersonState key="state" person={person} />],
            [
              t("nav.teams"),
              teams.length === 0
                ? "–"
                : teams.map(({ id: team, name }, i) => (
                    <span key={team}>
                      {i > 0 && ", "}
                      <Link href={`/teams/${team}`}>{name}</Link>
                    </span>
                  )),
            ],
            [t("people.lastSignIn"), <When key="last" at={lastSignInAt} form="ago" />],
            [t("people.since"), <When key="since" at={createdAt} form="day" />],
            [t("people.id"), <CopyableId key="id" id={id} />],
          ]}
        />
      </Section>
      {manages && id !== me.id && <Access person={person} />}
      {editing && <PersonDialog person={person} onClose={() => setEditing(false)} />}
    </>
  );
}

const PERSON_READS = ["GET /v1/people/:id", "GET /v1/people"] as const;

/** Whether and how the person gets in. */
function Access({ person: { id, name, active, version } }: { person: PersonRecord }): JSX.Element {
  const words = useWords();
  const { t } = words;
  const [open, setOpen] = useState<"invitation" | "sessions" | "disable">();
  const close = (): void => setOpen(undefined);
  const change = useAct("PATCH /v1/people/:id", PERSON_READS);
  const end = useAct("POST /v1/people/:id/end-sessions", PERSON_READS);
  const setActive = (next: boolean): Promise<unknown> =>
    change.mutateAsync({ params: { id }, version, body: { active: next } });
  return (
    <Section title={t("people.access")} lead={t("people.access.lead")}>
      <div className={styles.acts}>
        {active && (
          <Button variant="default" onClick={() => setOpen("invitation")}>
            {t("people.invite")}
          </Button>
        )}
        <Button variant="default" className="destroys" onClick={() => setOpen("sessions")}>
          {t("people.endSessions")}
        </Button>
        {active ? (
          <Button variant="default" className="destroys" onClick={() => setOpen("disable")}>
            {t("people.disable")}
          </Button>
        ) : (
          <Button
            variant="default"
            loading={change.isPending}
            onClick={() => {
              setActive(true).then(
                () => saidDone(t("profile.saved")),
                (error: unknown) => saidWrong(words, error),
              );
            }}
          >
            {t("people.enable")}
          </Button>
        )}
      </div>
      {open === "invitation" && <InvitationDialog id={id} name={name} onClose={close} />}
      <ConfirmDialog
        opened={open === "sessions"}
        onClose={close}
        title={t("people.endSessions")}
        action={t("people.endSessions")}
        onConfirm={() => end.mutateAsync({ params: { id } })}
      >
        {t("people.endSessions.text", { name })}
      </ConfirmDialog>
      <ConfirmDialog
        opened={open === "disable"}
        onClose={close}
        title={t("people.disable.title", { name })}
        action={t("people.disable")}
        onConfirm={() => setActive(false)}
      >
        {t("people.disable.text", { name })}
      </ConfirmDialog>
    </Section>
  );
}
