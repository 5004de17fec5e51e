import { useState, type JSX } from "react";
import { Modal } from "@mantine/core";
import { useAct } from "../../api/use-api.js";
import { FormDialog, STAYS_OPEN } from "../../parts/form-dialog.js";
import { ShownOnce } from "../../parts/shown-once.js";
import { useWords } from "../../words/use-words.js";
import { ProofFields, useProof } from "./proof-fields.js";

/** New recovery codes in place of the old ones. */
export function RecoveryDialog({ onClose }: { onClose: () => void }): JSX.Element {
  const { t } = useWords();
  const { proof, setProof, missing } = useProof();
  const [codes, setCodes] = useState<readonly string[]>();
  const make = useAct("POST /v1/me/recovery-codes", ["GET /v1/me"]);
  if (codes !== undefined)
    return (
      <Modal
        opened
        onClose={() => undefined}
        withCloseButton={false}
        closeOnClickOutside={false}
        closeOnEscape={false}
        title={t("enrol.codes.title")}
      >
        <ShownOnce
          label={t("enrol.codes.label")}
          lines={codes}
          fileName="lacre-recovery-codes.txt"
          kept={t("enrol.codes.kept")}
          printable
          done={t("profile.done")}
          onDone={onClose}
        />
      </Modal>
    );
  return (
    <FormDialog
      opened
      onClose={onClose}
      title={t("profile.codes.new")}
      action={t("profile.codes.make")}
      missing={missing}
      onSubmit={async () => {
        const { recoveryCodes } = await make.mutateAsync({ body: proof });
        setCodes(recoveryCodes);
        return STAYS_OPEN;
      }}
    >
      <p>{t("profile.codes.text")}</p>
      <ProofFields proof={proof} onChange={setProof} />
    </FormDialog>
  );
}
