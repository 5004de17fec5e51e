import { useState, type JSX } from "react";
import { Textarea } from "@mantine/core";
import type { Key } from "../../api/shapes.js";
import { useAct, useRead } from "../../api/use-api.js";
import { ConfirmDialog } from "../../parts/confirm-dialog.js";
import { saidDone } from "../../parts/notify.js";
import { Shown } from "../../parts/states.js";
import { useWords } from "../../words/use-words.js";
import { KEY_READS } from "./key-reads.js";
import styles from "./keys.module.css";
import { UsedBy } from "./used-by.js";

/** Revokes a key for ever: says first what that breaks, then asks for the reason. */
export function RevokeDialog({
  of: { id, appId },
  onClose,
}: {
  of: Key;
  onClose: () => void;
}): JSX.Element {
  const { t } = useWords();
  const params = { appId, keyId: id };
  const [reason, setReason] = useState("");
  const breaks = useRead("GET /v1/apps/:appId/keys/:keyId/revocation", { params });
  const revoke = useAct("POST /v1/apps/:appId/keys/:keyId/revoke", KEY_READS);
  return (
    <ConfirmDialog
      opened
      onClose={onClose}
      title={t("keys.revoke.title", { id: `${id.slice(0, 12)}…` })}
      action={t("keys.revoke")}
      missing={[reason.trim() === "" && t("keys.revoke.reason")]}
      onConfirm={async () => {
        await revoke.mutateAsync({ params, body: { reason: reason.trim() } });
        saidDone(t("keys.revoked"));
      }}
    >
      <div className={styles.breaks}>
        <Shown of={breaks} lines={2}>
          {(revocation) => (
            <>
              <UsedBy revocation={revocation} />
              <p>{t("keys.revoke.breaks", { seconds: revocation.reachesWithinSeconds })}</p>
              <p className={revocation.otherLiveKeys === 0 ? "says-wrong" : "faint"}>
                {revocation.otherLiveKeys === 0
                  ? t("keys.revoke.last")
                  : t("keys.revoke.others", { n: revocation.otherLiveKeys })}
              </p>
            </>
          )}
        </Shown>
        <Textarea
          label={t("keys.revoke.reason")}
          data-autofocus
          autoComplete="off"
          value={reason}
          onChange={({ currentTarget }) => setReason(currentTarget.value)}
        />
      </div>
    </ConfirmDialog>
  );
}
