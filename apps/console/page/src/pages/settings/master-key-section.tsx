import { useEffect, type JSX } from "react";
import { Button } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import type { ConsoleSettingsRecord } from "../../api/shapes.js";
import { useAct, useRead } from "../../api/use-api.js";
import { useMe } from "../../api/use-me.js";
import { Mark } from "../../parts/mark.js";
import { saidWrong } from "../../parts/notify.js";
import { Section } from "../../shell/section.js";
import { useWords } from "../../words/use-words.js";
import styles from "./settings.module.css";

const WATCH_MS = 1000;

/** The key that all secrets are kept under, and the way of the secrets under a new one. */
export function MasterKeySection({
  settings: { recordsUnderOtherKeys: waiting },
}: {
  settings: ConsoleSettingsRecord;
}): JSX.Element {
  const words = useWords();
  const { t, number } = words;
  const { may } = useMe();
  const client = useQueryClient();
  const rewrap = useAct("POST /v1/settings/rewrap", ["GET /v1/settings/rewrap"]);
  const { data: progress } = useRead("GET /v1/settings/rewrap", { everyMs: WATCH_MS });
  const running = progress?.running === true;
  useEffect(() => {
    if (!running) void client.invalidateQueries({ queryKey: ["GET /v1/settings"] });
  }, [client, running]);
  return (
    <Section
      title={t("settings.masterKey")}
      lead={t("settings.masterKey.lead")}
      actions={
        may("settings.manage") &&
        waiting > 0 && (
          <Button
            variant="default"
            loading={running || rewrap.isPending}
            onClick={() => rewrap.mutate({}, { onError: (error) => saidWrong(words, error) })}
          >
            {t("settings.rewrap")}
          </Button>
        )
      }
    >
      <div className={styles.progress}>
        <Mark tone={waiting === 0 ? "whole" : "soon"}>
          {waiting === 0
            ? t("settings.rewrap.none")
            : t("settings.rewrap.waiting", { n: waiting, number: number(waiting) })}
        </Mark>
        {progress !== undefined && progress.total > 0 && <Bar {...progress} />}
      </div>
    </Section>
  );
}

function Bar({
  done,
  total,
  failed,
}: {
  done: number;
  total: number;
  failed: number;
}): JSX.Element {
  const { t, number } = useWords();
  const text = t("settings.rewrap.progress", { done: number(done), total: number(total) });
  return (
    <>
      <div
        className={styles.bar}
        role="progressbar"
        aria-label={t("settings.rewrap")}
        aria-valuemin={0}
        aria-valuemax={total}
        aria-valuenow={done}
        aria-valuetext={text}
      >
        <span style={{ width: `${(done / total) * 100}%` }} />
      </div>
      <span className="faint">{text}</span>
      {failed > 0 && (
        <Mark tone="broken">
          {t("settings.rewrap.failed", { n: failed, number: number(failed) })}
        </Mark>
      )}
    </>
  );
}
