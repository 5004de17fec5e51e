import { useEffect, useState, type JSX } from "react";
import { Button, SegmentedControl } from "@mantine/core";
import { Link } from "wouter";
import type { AccessRequest } from "../../api/shapes.js";
import { useList } from "../../api/use-api.js";
import { useMe } from "../../api/use-me.js";
import { ListTable, type Column } from "../../parts/data-table.js";
import { Mark, type Tone } from "../../parts/mark.js";
import { Empty } from "../../parts/states.js";
import { useFilters } from "../../parts/use-filters.js";
import { When } from "../../parts/when.js";
import { Page } from "../../shell/page.js";
import { useWords } from "../../words/use-words.js";
import { ScopeList } from "../apps/scope-list.js";
import { ApproveDialog, RefuseDialog, WithdrawDialog } from "./answer-dialogs.js";
import { noteAnswersSeen } from "./answers-seen.js";
import { AskDialog } from "./ask-dialog.js";
import styles from "./requests.module.css";

const STATES = ["open", "approved", "refused", "withdrawn", "all"] as const;
/** Whoever answers looks for what is open; whoever asks, for what they were told. */
const TO_ANSWER = { state: "open" };
const ASKED = { state: "all" };
const TONES: Readonly<Record<AccessRequest["state"], Tone>> = {
  ...{ open: "soon", approved: "whole", refused: "broken", withdrawn: "calm" },
};
type Act = "approve" | "refuse" | "withdraw";

/** Who asks for access, and what they were told. */
export function RequestsPage(): JSX.Element {
  const { t } = useWords();
  const { id, may } = useMe();
  const [{ state }, set] = useFilters(may("requests.answer") ? TO_ANSWER : ASKED);
  useEffect(() => noteAnswersSeen(id), [id]);
  const [asking, setAsking] = useState(false);
  const [act, setAct] = useState<{ what: Act; request: AccessRequest }>();
  const list = useList("GET /v1/requests", state === "all" ? {} : { state });
  const ask = may("requests.ask") && (
    <Button onClick={() => setAsking(true)}>{t("requests.ask")}</Button>
  );
  const close = (): void => setAct(undefined);
  return (
    <Page title={t("nav.requests")} lead={t("requests.lead")} actions={ask}>
      <div className={styles.bar}>
        <SegmentedControl
          aria-label={t("requests.state")}
          value={state}
          onChange={(chosen) => set({ state: chosen })}
          data={STATES.map((value) => ({ value, label: t(`requests.state.${value}`) }))}
        />
      </div>
      <ListTable
        label={t("nav.requests")}
        list={list}
        columns={useColumns((what, request) => setAct({ what, request }))}
        keyOf={({ id }) => id}
        exportName="requests"
        empty={
          state === "open" || state === "all" ? (
            <Empty title={t(`requests.empty.${state}`)} action={ask}>
              {t("requests.empty.text")}
            </Empty>
          ) : (
            <Empty title={t("requests.none")} />
          )
        }
      />
      {asking && <AskDialog onClose={() => setAsking(false)} />}
      {act?.what === "approve" && <ApproveDialog request={act.request} onClose={close} />}
      {act?.what === "refuse" && <RefuseDialog request={act.request} onClose={close} />}
      {act?.what === "withdraw" && <WithdrawDialog request={act.request} onClose={close} />}
    </Page>
  );
}

function useColumns(
  onAct: (what: Act, request: AccessRequest) => void,
): readonly Column<AccessRequest>[] {
  const { t } = useWords();
  return [
    {
      id: "app",
      title: t("requests.app"),
      cell: ({ appId, isNew, team }) => (
        <span className={styles.two}>
          {isNew ? (
            <strong>{appId}</strong>
          ) : (
            <Link className="leads" href={`/apps/${encodeURIComponent(appId)}`}>
              {appId}
            </Link>
          )}
          <span className="faint">
            {isNew && `${t("requests.isNew")} · `}
            {team.name}
          </span>
        </span>
      ),
      text: ({ appId }) => appId,
    },
    {
      id: "scopes",
      title: t("requests.scopes"),
      cell: ({ scopes }) => <ScopeList scopes={scopes} most={3} />,
      text: ({ scopes }) => scopes.join(" "),
    },
    {
      id: "reason",
      title: t("requests.reason"),
      cell: ({ reason, person, createdAt }) => (
        <span className={styles.why}>
          <span>{reason}</span>
          <span className="faint">
            {person.name}, <When at={createdAt} form="ago" />
          </span>
        </span>
      ),
      text: ({ reason, person }) => `${person.name}: ${reason}`,
    },
    {
      id: "state",
      title: t("requests.state"),
      cell: ({ state, answer, answeredBy }) => (
        <span className={styles.why}>
          <Mark tone={TONES[state]}>{t(`requests.state.${state}`)}</Mark>
          {answer !== null && <span>{answer}</span>}
          {answeredBy !== null && <span className="faint">{answeredBy.name}</span>}
        </span>
      ),
      text: ({ state }) => state,
    },
    {
      id: "acts",
      title: t("table.acts"),
      end: true,
      cell: (request) => <Acts request={request} onAct={onAct} />,
    },
  ];
}

function Acts({
  request,
  onAct,
}: {
  request: AccessRequest;
  onAct: (what: Act, request: AccessRequest) => void;
}): JSX.Element | null {
  const { t } = useWords();
  const { id, may } = useMe();
  if (request.state !== "open") return null;
  return (
    <span className={styles.acts}>
      {request.person.id === id && (
        <Button variant="subtle" size="compact-md" onClick={() => onAct("withdraw", request)}>
          {t("requests.withdraw")}
          <span className="visually-hidden"> {request.appId}</span>
        </Button>
      )}
      {may("requests.answer") && (
        <>
          <Button variant="subtle" size="compact-md" onClick={() => onAct("refuse", request)}>
            {t("requests.refuse")}
            <span className="visually-hidden"> {request.appId}</span>
          </Button>
          <Button variant="default" size="compact-md" onClick={() => onAct("approve", request)}>
            {t("requests.approve")}
            <span className="visually-hidden"> {request.appId}</span>
          </Button>
        </>
      )}
    </span>
  );
}
