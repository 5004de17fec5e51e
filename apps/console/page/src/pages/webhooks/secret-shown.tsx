import type { JSX } from "react";
import { Modal } from "@mantine/core";
import { ShownOnce } from "../../parts/shown-once.js";
import { useWords } from "../../words/use-words.js";

/** The secret of an endpoint, this once. */
export function SecretShown({
  url,
  secret,
  oldUntil,
  onDone,
}: {
  url: string;
  secret: string;
  /** Until when the one before signs too, if it does. */
  oldUntil?: string | null;
  onDone: () => void;
}): JSX.Element {
  const { t, time } = useWords();
  return (
    <Modal
      opened
      size="lg"
      onClose={onDone}
      withCloseButton={false}
      closeOnEscape={false}
      closeOnClickOutside={false}
      title={t("webhooks.secret.title", { url })}
    >
      <ShownOnce
        label={t("webhooks.secret")}
        lines={[secret]}
        fileName="webhook-secret.txt"
        kept={t("webhooks.secret.kept")}
        done={t("webhooks.secret.done")}
        onDone={onDone}
      >
        {typeof oldUntil === "string" && (
          <p className="faint">{t("webhooks.secret.old", { at: time(oldUntil, "full") })}</p>
        )}
      </ShownOnce>
    </Modal>
  );
}
