import type { JSX } from "react";
import type { Key } from "../../api/shapes.js";
import { useAct, useRead } from "../../api/use-api.js";
import { ConfirmDialog } from "../../parts/confirm-dialog.js";
import { saidDone } from "../../parts/notify.js";
import { useWords } from "../../words/use-words.js";
import { EndDialog } from "./end-dialog.js";
import { KEY_READS } from "./key-reads.js";
import { RevokeDialog } from "./revoke-dialog.js";
import { RotateDialog } from "./rotate-dialog.js";

/** What can be done with a key. */
export type KeyAct = "rotate" | "end" | "acceptOnly" | "activate" | "revoke";

/** The dialog of an act. */
export function KeyDialogs({
  what,
  of: key,
  onClose,
}: {
  what: KeyAct;
  of: Key;
  onClose: () => void;
}): JSX.Element {
  const schemes = useRead("GET /v1/schemes");
  const imported = schemes.data?.items.find(({ name }) => name === key.scheme)?.imported ?? false;
  switch (what) {
    case "rotate":
      return <RotateDialog of={key} imported={imported} onClose={onClose} />;
    case "end":
      return <EndDialog of={key} onClose={onClose} />;
    case "revoke":
      return <RevokeDialog of={key} onClose={onClose} />;
    case "acceptOnly":
    case "activate":
      return <StateDialog of={key} what={what} onClose={onClose} />;
  }
}

function StateDialog({
  of: { id, appId, version },
  what,
  onClose,
}: {
  of: Key;
  what: "acceptOnly" | "activate";
  onClose: () => void;
}): JSX.Element {
  const { t } = useWords();
  const change = useAct("PATCH /v1/apps/:appId/keys/:keyId", KEY_READS);
  const off = what === "acceptOnly";
  return (
    <ConfirmDialog
      opened
      onClose={onClose}
      title={off ? t("keys.acceptOnly.title", { id }) : t("keys.activate")}
      action={t(`keys.${what}`)}
      onConfirm={async () => {
        const state = off ? "accept-only" : "active";
        await change.mutateAsync({ params: { appId, keyId: id }, version, body: { state } });
        saidDone(t("apps.saved"));
      }}
    >
      {off ? t("keys.acceptOnly.text") : id}
    </ConfirmDialog>
  );
}
