import { useState, type JSX } from "react";
import { begin } from "../../api/session.js";
import { useAct } from "../../api/use-api.js";
import { FormDialog } from "../../parts/form-dialog.js";
import { saidDone } from "../../parts/notify.js";
import { useWords } from "../../words/use-words.js";
import { LEAST_PASSWORD, NewPasswordField } from "../sign-in/password-field.js";
import { ProofFields, useProof } from "./proof-fields.js";

export function PasswordDialog({ onClose }: { onClose: () => void }): JSX.Element {
  const { t } = useWords();
  const { proof, setProof, missing } = useProof();
  const [newPassword, setNewPassword] = useState("");
  const change = useAct("POST /v1/me/password", ["GET /v1/me/sessions"]);
  return (
    <FormDialog
      opened
      onClose={onClose}
      title={t("profile.password.change")}
      action={t("profile.password.change")}
      missing={[...missing, [...newPassword].length < LEAST_PASSWORD && t("profile.password.new")]}
      onSubmit={async () => {
        // All sessions ended with the old one; this is a new one.
        begin(await change.mutateAsync({ body: { ...proof, newPassword } }));
        saidDone(t("profile.password.done"));
      }}
    >
      <ProofFields proof={proof} onChange={setProof} />
      <NewPasswordField
        label={t("profile.password.new")}
        value={newPassword}
        onChange={setNewPassword}
      />
    </FormDialog>
  );
}
