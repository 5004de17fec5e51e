import { useState, type JSX } from "react";
import { Modal } from "@mantine/core";
import type { Answer } from "../../api/ask.js";
import { useAct } from "../../api/use-api.js";
import { FormDialog, STAYS_OPEN } from "../../parts/form-dialog.js";
import { ShownOnce } from "../../parts/shown-once.js";
import { When } from "../../parts/when.js";
import { useWords } from "../../words/use-words.js";
import styles from "./people.module.css";

/** A link by which somebody enrols, or enrols anew when their second factor is lost. */
export function InvitationDialog({
  id,
  name,
  onClose,
}: {
  id: string;
  name: string;
  onClose: () => void;
}): JSX.Element {
  const { t } = useWords();
  const [made, setMade] = useState<Answer<"POST /v1/people/:id/invitation">>();
  const invite = useAct("POST /v1/people/:id/invitation", ["GET /v1/people/:id"]);
  if (made === undefined)
    return (
      <FormDialog
        opened
        onClose={onClose}
        title={t("people.invite")}
        action={t("people.invite.make")}
        onSubmit={async () => {
          setMade(await invite.mutateAsync({ params: { id } }));
          return STAYS_OPEN;
        }}
      >
        <p>{t("people.invite.text", { name })}</p>
      </FormDialog>
    );
  return (
    <Modal
      opened
      onClose={onClose}
      title={t("people.invite.link")}
      closeOnClickOutside={false}
      closeButtonProps={{ "aria-label": t("dialog.close") }}
    >
      <div className={styles.link}>
        <p>
          {t("people.invite.until")} <When at={made.expiresAt} />
        </p>
        <ShownOnce
          label={t("people.invite.link")}
          lines={[made.link]}
          fileName="lacre-invitation.txt"
          kept={t("people.invite.kept", { name })}
          done={t("profile.done")}
          onDone={onClose}
        />
      </div>
    </Modal>
  );
}
