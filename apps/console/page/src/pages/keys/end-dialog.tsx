import { useState, type JSX } from "react";
import { Button } from "@mantine/core";
import type { Key } from "../../api/shapes.js";
import { useAct } from "../../api/use-api.js";
import { useMe } from "../../api/use-me.js";
import { FormDialog } from "../../parts/form-dialog.js";
import { MomentField } from "../../parts/moment-field.js";
import { saidDone } from "../../parts/notify.js";
import { useFaultOf } from "../../parts/fault-words.js";
import { useWords } from "../../words/use-words.js";
import { KEY_READS } from "./key-reads.js";
import styles from "./keys.module.css";

const DAY = 86_400_000;
const PRESETS = { now: 0, day: DAY, week: 7 * DAY, month: 30 * DAY } as const;

/** Ends a key earlier, or later. */
export function EndDialog({
  of: { id, appId, expiresAt, version },
  onClose,
}: {
  of: Key;
  onClose: () => void;
}): JSX.Element {
  const { t } = useWords();
  const { may } = useMe();
  const [at, setAt] = useState(expiresAt ?? "");
  const change = useAct("PATCH /v1/apps/:appId/keys/:keyId", KEY_READS);
  const faultOf = useFaultOf(change.error);
  const submit = async (): Promise<void> => {
    const body = { expiresAt: at === "" ? null : at };
    await change.mutateAsync({ params: { appId, keyId: id }, version, body });
    saidDone(t("keys.end.saved"));
  };
  return (
    <FormDialog
      opened
      onClose={onClose}
      title={t("keys.end.title", { id: `${id.slice(0, 12)}…` })}
      action={t("keys.end.save")}
      unchanged={at === (expiresAt ?? "")}
      onSubmit={submit}
    >
      <MomentField
        label={t("keys.end.at")}
        description={t("keys.end.help")}
        error={faultOf("expiresAt")}
        value={at}
        onChoose={setAt}
      />
      <div className={styles.presets}>
        {(Object.keys(PRESETS) as (keyof typeof PRESETS)[]).map((name) => (
          <Button
            key={name}
            variant="default"
            size="compact-sm"
            onClick={() => setAt(new Date(Date.now() + PRESETS[name]).toISOString())}
          >
            {t(`keys.end.${name}`)}
          </Button>
        ))}
        {may("keys.issue") && (
          <Button variant="default" size="compact-sm" onClick={() => setAt("")}>
            {t("keys.end.never")}
          </Button>
        )}
      </div>
    </FormDialog>
  );
}
