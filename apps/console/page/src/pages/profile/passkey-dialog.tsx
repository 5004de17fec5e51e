import { useState, type JSX } from "react";
import { TextInput } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { FormDialog, STAYS_OPEN } from "../../parts/form-dialog.js";
import { saidDone } from "../../parts/notify.js";
import { useWords } from "../../words/use-words.js";
import { makePasskey, PasskeyNotUsed } from "../sign-in/passkey.js";
import { ProofFields, useProof } from "./proof-fields.js";

export function PasskeyDialog({ onClose }: { onClose: () => void }): JSX.Element {
  const { t } = useWords();
  const client = useQueryClient();
  const { proof, setProof, missing } = useProof();
  const [name, setName] = useState("");
  const [stopped, setStopped] = useState(false);
  const make = async (): Promise<unknown> => {
    setStopped(false);
    try {
      await makePasskey(name.trim(), proof);
    } catch (error: unknown) {
      if (!(error instanceof PasskeyNotUsed)) throw error;
      setStopped(true);
      return STAYS_OPEN;
    }
    await client.invalidateQueries({ queryKey: ["GET /v1/me/passkeys"] });
    saidDone(t("profile.passkeys.done"));
    return undefined;
  };
  return (
    <FormDialog
      opened
      onClose={onClose}
      title={t("profile.passkeys.add")}
      action={t("profile.passkeys.add")}
      missing={[name.trim() === "" && t("profile.passkeys.name"), ...missing]}
      onSubmit={make}
    >
      <TextInput
        label={t("profile.passkeys.name")}
        description={t("profile.passkeys.name.text")}
        maxLength={80}
        value={name}
        onChange={({ currentTarget }) => setName(currentTarget.value)}
      />
      <ProofFields proof={proof} onChange={setProof} />
      {stopped && (
        <p className="says-wrong" role="alert">
          {t("profile.passkeys.stopped")}
        </p>
      )}
    </FormDialog>
  );
}
