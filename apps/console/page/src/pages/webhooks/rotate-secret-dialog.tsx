import { useState, type JSX } from "react";
import { Radio } from "@mantine/core";
import type { Answer } from "../../api/ask.js";
import type { WebhookEndpoint } from "../../api/shapes.js";
import { useSecretAct } from "../../api/use-api.js";
import { FormDialog, STAYS_OPEN } from "../../parts/form-dialog.js";
import { useWords } from "../../words/use-words.js";
import { SecretShown } from "./secret-shown.js";
import styles from "./webhooks.module.css";

const OVERLAPS = ["now", "1h", "24h", "7d"] as const;
type Overlap = (typeof OVERLAPS)[number];

/** A new secret, beside which the old one signs for a while. */
export function RotateSecretDialog({
  endpoint: { id, url },
  onClose,
}: {
  endpoint: WebhookEndpoint;
  onClose: () => void;
}): JSX.Element {
  const { t } = useWords();
  const [overlap, setOverlap] = useState<Overlap>("24h");
  const [made, setMade] = useState<Answer<"POST /v1/webhooks/:id/secret">>();
  const rotate = useSecretAct("POST /v1/webhooks/:id/secret", [
    "GET /v1/webhooks",
    "GET /v1/webhooks/:id",
  ]);
  if (made !== undefined)
    return (
      <SecretShown url={url} secret={made.secret} oldUntil={made.oldSecretUntil} onDone={onClose} />
    );
  return (
    <FormDialog
      opened
      onClose={onClose}
      title={t("webhooks.rotate")}
      action={t("webhooks.rotate")}
      onSubmit={async () => {
        setMade(await rotate({ params: { id }, body: { overlap } }));
        return STAYS_OPEN;
      }}
    >
      <p className="faint">{t("webhooks.rotate.text")}</p>
      <Radio.Group
        label={t("webhooks.rotate.overlap")}
        value={overlap}
        onChange={(value) => setOverlap(value as Overlap)}
      >
        <div className={styles.radios}>
          {OVERLAPS.map((value) => (
            <Radio key={value} value={value} label={t(`webhooks.overlap.${value}`)} />
          ))}
        </div>
      </Radio.Group>
    </FormDialog>
  );
}
