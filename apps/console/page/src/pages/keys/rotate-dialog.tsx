import { useState, type JSX } from "react";
import { Checkbox, PasswordInput, Radio } from "@mantine/core";
import { ApiError } from "../../api/api-error.js";
import type { Answer } from "../../api/ask.js";
import type { Key } from "../../api/shapes.js";
import { useRead, useSecretAct } from "../../api/use-api.js";
import { FormDialog, STAYS_OPEN } from "../../parts/form-dialog.js";
import { MomentField } from "../../parts/moment-field.js";
import { saidDone } from "../../parts/notify.js";
import { useWords } from "../../words/use-words.js";
import { KEY_READS } from "./key-reads.js";
import { KeyShown } from "./key-shown.js";
import styles from "./keys.module.css";
import { UsedBy } from "./used-by.js";

const OVERLAPS = ["now", "1h", "24h", "7d", "30d"] as const;
type Overlap = (typeof OVERLAPS)[number] | "own";

/** Makes the successor of a key, and says until when the old one opens too. */
export function RotateDialog({
  of: { id, appId },
  imported,
  onClose,
}: {
  of: Key;
  /** The sender makes the secret: the new one is brought along. */
  imported: boolean;
  onClose: () => void;
}): JSX.Element {
  const { t } = useWords();
  const params = { appId, keyId: id };
  const [overlap, setOverlap] = useState<Overlap>("24h");
  const [until, setUntil] = useState("");
  const [secret, setSecret] = useState("");
  const [open, setOpen] = useState(false);
  const [force, setForce] = useState(false);
  const [made, setMade] = useState<Answer<"POST /v1/apps/:appId/keys/:keyId/rotate">>();
  const used = useRead("GET /v1/apps/:appId/keys/:keyId/revocation", { params });
  const rotate = useSecretAct("POST /v1/apps/:appId/keys/:keyId/rotate", KEY_READS);
  const submit = async (): Promise<unknown> => {
    const body = {
      ...(overlap === "own" ? { until } : { overlap }),
      ...(force && { force }),
      ...(imported && { secret }),
    };
    const answer = await rotate({ params, body }).catch((error: unknown) => {
      if (error instanceof ApiError && error.code === "rotation-open") setOpen(true);
      throw error;
    });
    setSecret("");
    if (imported) return saidDone(t("keys.imported"));
    setMade(answer);
    return STAYS_OPEN;
  };
  if (made !== undefined) return <KeyShown issued={made} old={made.old} onDone={onClose} />;
  return (
    <FormDialog
      opened
      onClose={onClose}
      title={t("keys.rotate.title", { id: `${id.slice(0, 12)}…` })}
      action={t("keys.rotate")}
      missing={[
        imported && secret === "" && t("keys.secret"),
        overlap === "own" && until === "" && t("keys.rotate.until"),
      ]}
      onSubmit={submit}
    >
      <p className="faint">{t("keys.rotate.lead")}</p>
      {used.data !== undefined && <UsedBy revocation={used.data} />}
      {imported && (
        <PasswordInput
          label={t("keys.secret")}
          autoComplete="off"
          value={secret}
          onChange={({ currentTarget }) => setSecret(currentTarget.value)}
        />
      )}
      <Radio.Group
        label={t("keys.rotate.overlap")}
        value={overlap}
        onChange={(value) => setOverlap(value as Overlap)}
      >
        <div className={styles.radios}>
          {[...OVERLAPS, "own" as const].map((value) => (
            <Radio key={value} value={value} label={t(`keys.overlap.${value}`)} />
          ))}
        </div>
      </Radio.Group>
      {overlap === "own" && (
        <MomentField label={t("keys.rotate.until")} value={until} onChoose={setUntil} />
      )}
      {open && (
        <Checkbox
          label={t("keys.rotate.force")}
          checked={force}
          onChange={({ currentTarget }) => setForce(currentTarget.checked)}
        />
      )}
    </FormDialog>
  );
}
