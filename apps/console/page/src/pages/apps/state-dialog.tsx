import type { JSX } from "react";
import type { App } from "../../api/shapes.js";
import { useAct } from "../../api/use-api.js";
import { ConfirmDialog } from "../../parts/confirm-dialog.js";
import { saidDone } from "../../parts/notify.js";
import { useWords } from "../../words/use-words.js";

/** Disables an app, and says what that breaks; or enables it again. */
export function StateDialog({
  app: { id, state, version, lastUsedAt },
  onClose,
}: {
  app: App;
  onClose: () => void;
}): JSX.Element {
  const { t, ago } = useWords();
  const isActive = state === "active";
  const change = useAct("PATCH /v1/apps/:appId", ["GET /v1/apps/:appId", "GET /v1/apps"]);
  const used = lastUsedAt === null ? "" : t("apps.disable.used", { ago: ago(lastUsedAt) });
  return (
    <ConfirmDialog
      opened
      onClose={onClose}
      title={isActive ? t("apps.disable.title", { id }) : t("apps.enable")}
      action={isActive ? t("apps.disable") : t("apps.enable")}
      onConfirm={async () => {
        const body = { state: isActive ? "disabled" : "active" } as const;
        await change.mutateAsync({ params: { appId: id }, version, body });
        saidDone(t("apps.saved"));
      }}
    >
      {isActive ? t("apps.disable.text", { id, used }) : id}
    </ConfirmDialog>
  );
}
