import { useState, type JSX } from "react";
import { Button } from "@mantine/core";
import type { Delivery } from "../../api/shapes.js";
import { useAct, useList } from "../../api/use-api.js";
import { useMe } from "../../api/use-me.js";
import { ListTable, type Column } from "../../parts/data-table.js";
import { FilterSelect } from "../../parts/filter-bar.js";
import { FormDialog } from "../../parts/form-dialog.js";
import { Mark, type Tone } from "../../parts/mark.js";
import { MomentField } from "../../parts/moment-field.js";
import { saidDone, saidWrong } from "../../parts/notify.js";
import { Empty } from "../../parts/states.js";
import { useFilters } from "../../parts/use-filters.js";
import { When } from "../../parts/when.js";
import { Section } from "../../shell/section.js";
import { useWords } from "../../words/use-words.js";
import styles from "./webhooks.module.css";

const FILTERS = { state: "" };
const DAY = 86_400_000;
const STATES = ["waiting", "delivered", "failed"] as const;
const TONES: Readonly<Record<Delivery["state"], Tone>> = {
  ...{ waiting: "soon", delivered: "whole", failed: "broken" },
};

/** What was sent to an endpoint, how often it was tried, and what came back. */
export function DeliveryLog({ endpointId }: { endpointId: string }): JSX.Element {
  const { t } = useWords();
  const { may } = useMe();
  const [filters, set] = useFilters(FILTERS);
  const [replaying, setReplaying] = useState(false);
  const list = useList("GET /v1/webhooks/:id/deliveries", filters, { id: endpointId });
  return (
    <Section
      title={t("webhooks.log")}
      lead={t("webhooks.log.lead")}
      actions={
        <>
          <FilterSelect
            label={t("webhooks.state")}
            value={filters.state}
            options={STATES.map((value) => ({ value, label: t(`webhooks.delivery.${value}`) }))}
            onChoose={(state) => set({ state })}
          />
          {may("webhooks.manage") && (
            <Button variant="default" onClick={() => setReplaying(true)}>
              {t("webhooks.replayFailed")}
            </Button>
          )}
        </>
      }
    >
      <ListTable
        label={t("webhooks.log")}
        list={list}
        columns={useColumns()}
        keyOf={({ id }) => id}
        exportName="deliveries"
        empty={
          <Empty title={filters.state === "" ? t("webhooks.log.empty") : t("webhooks.log.none")} />
        }
      />
      {replaying && <ReplayDialog id={endpointId} onClose={() => setReplaying(false)} />}
    </Section>
  );
}

function useColumns(): readonly Column<Delivery>[] {
  const words = useWords();
  const { t, ago, number, time } = words;
  const { may } = useMe();
  const replay = useAct("POST /v1/deliveries/:id/replay", ["GET /v1/webhooks/:id/deliveries"]);
  const again = (id: string): void =>
    replay.mutate(
      { params: { id } },
      {
        onSuccess: () => saidDone(t("webhooks.replayed")),
        onError: (error) => saidWrong(words, error),
      },
    );
  return [
    {
      id: "at",
      title: t("webhooks.when"),
      cell: ({ createdAt }) => <When at={createdAt} />,
      text: ({ createdAt }) => createdAt,
    },
    {
      id: "event",
      title: t("webhooks.event"),
      cell: ({ event }) => <code>{event.type}</code>,
      text: ({ event }) => event.type,
    },
    {
      id: "state",
      title: t("webhooks.state"),
      cell: ({ state, nextAt }) => (
        <span className={styles.two}>
          <Mark tone={TONES[state]}>{t(`webhooks.delivery.${state}`)}</Mark>
          {state === "waiting" && nextAt !== null && (
            <span className="faint">{t("webhooks.next", { ago: ago(nextAt) })}</span>
          )}
        </span>
      ),
      text: ({ state }) => state,
    },
    {
      id: "tries",
      title: t("webhooks.tries"),
      end: true,
      cell: ({ tries, tried }) =>
        tried.length === 0 ? number(tries) : <Tries tries={tries} tried={tried} />,
      text: ({ tries }) => tries,
    },
    {
      id: "last",
      title: t("webhooks.last"),
      cell: ({ lastStatus, lastError, lastTriedAt }) => (
        <span className={styles.two}>
          <span>{[lastStatus, lastError].filter((part) => part !== null).join(" · ") || "–"}</span>
          {lastTriedAt !== null && (
            <span className="faint">
              <When at={lastTriedAt} form="ago" />
            </span>
          )}
        </span>
      ),
      text: ({ lastStatus, lastError }) => `${lastStatus ?? ""} ${lastError ?? ""}`.trim(),
    },
    {
      id: "acts",
      title: t("table.acts"),
      end: true,
      cell: ({ id, event, createdAt, state }) =>
        may("webhooks.manage") && state !== "waiting" ? (
          <Button variant="subtle" size="compact-sm" onClick={() => again(id)}>
            {t("webhooks.replay")}
            <span className="visually-hidden">
              {" "}
              {t("webhooks.replay.of", { event: event.type, at: time(createdAt) })}
            </span>
          </Button>
        ) : (
          ""
        ),
    },
  ];
}

/** How often, and on a click what came of each try. */
function Tries({ tries, tried }: Pick<Delivery, "tries" | "tried">): JSX.Element {
  const { t, number } = useWords();
  return (
    <details className={styles.tries}>
      <summary>
        {number(tries)}
        <span className="visually-hidden"> {t("webhooks.tries.each")}</span>
      </summary>
      <ol>
        {tried.map(({ at, status, error, ms }) => (
          <li key={at}>
            <When at={at} />{" "}
            {[status, error, ms === null ? null : t("webhooks.try.ms", { ms: number(ms) })]
              .filter((part) => part !== null)
              .join(" · ")}
          </li>
        ))}
      </ol>
    </details>
  );
}

function ReplayDialog({ id, onClose }: { id: string; onClose: () => void }): JSX.Element {
  const { t } = useWords();
  const [since, setSince] = useState(() => new Date(Date.now() - DAY).toISOString());
  const replay = useAct("POST /v1/webhooks/:id/replay-failed", ["GET /v1/webhooks/:id/deliveries"]);
  return (
    <FormDialog
      opened
      onClose={onClose}
      title={t("webhooks.replayFailed")}
      action={t("webhooks.replay")}
      missing={[since === "" && t("webhooks.replayFailed.since")]}
      onSubmit={async () => {
        const { count } = await replay.mutateAsync({ params: { id }, body: { since } });
        saidDone(t("webhooks.replayFailed.done", { n: count }));
      }}
    >
      <p className="faint">{t("webhooks.replayFailed.text")}</p>
      <MomentField label={t("webhooks.replayFailed.since")} value={since} onChoose={setSince} />
    </FormDialog>
  );
}
