import { useState, type JSX } from "react";
import type { Answer } from "../../api/ask.js";
import { useAct } from "../../api/use-api.js";
import { FormDialog, STAYS_OPEN } from "../../parts/form-dialog.js";
import { saidDone } from "../../parts/notify.js";
import { useWords } from "../../words/use-words.js";
import { CodeField } from "../sign-in/code-field.js";
import { TotpSeedView } from "../sign-in/totp-seed-view.js";
import { ProofFields, useProof } from "./proof-fields.js";

/** Another authenticator app in place of the one before. */
export function AuthenticatorDialog({ onClose }: { onClose: () => void }): JSX.Element {
  const { t } = useWords();
  const { proof, setProof, missing } = useProof();
  const [begun, setBegun] = useState<Answer<"POST /v1/me/totp">>();
  const begin = useAct("POST /v1/me/totp");
  const [code, setCode] = useState("");
  const confirm = useAct("POST /v1/me/totp/confirm", ["GET /v1/me"]);
  if (begun === undefined)
    return (
      <FormDialog
        opened
        onClose={onClose}
        title={t("profile.authenticator.change")}
        action={t("signIn.go")}
        missing={missing}
        onSubmit={async () => {
          setBegun(await begin.mutateAsync({ body: proof }));
          return STAYS_OPEN;
        }}
      >
        <ProofFields proof={proof} onChange={setProof} />
      </FormDialog>
    );
  return (
    <FormDialog
      opened
      onClose={onClose}
      title={t("enrol.seed.title")}
      action={t("enrol.confirm")}
      missing={[code.length < 6 && t("signIn.code.label")]}
      onSubmit={async () => {
        await confirm.mutateAsync({ body: { ticket: begun.ticket, totp: code } });
        saidDone(t("profile.authenticator.done"));
      }}
    >
      <p>{t("enrol.seed.text")}</p>
      <TotpSeedView seed={begun.totp} />
      <CodeField value={code} onChange={setCode} />
    </FormDialog>
  );
}
