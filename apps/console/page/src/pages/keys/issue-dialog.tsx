import { useState, type JSX } from "react";
import { NativeSelect, PasswordInput } from "@mantine/core";
import type { ApiError } from "../../api/api-error.js";
import type { App, IssuedKey } from "../../api/shapes.js";
import { useRead, useSecretAct } from "../../api/use-api.js";
import { FormDialog, STAYS_OPEN } from "../../parts/form-dialog.js";
import { MomentField } from "../../parts/moment-field.js";
import { saidDone } from "../../parts/notify.js";
import { useFaultOf } from "../../parts/fault-words.js";
import { useWords } from "../../words/use-words.js";
import { KEY_READS } from "./key-reads.js";
import { KeyShown } from "./key-shown.js";

/** Issues a key, or takes in the secret that a sender has given. */
export function IssueDialog({
  app,
  imported,
  onClose,
}: {
  app: App;
  imported: boolean;
  onClose: () => void;
}): JSX.Element {
  const { t } = useWords();
  const schemes = useRead("GET /v1/schemes");
  const offered = (schemes.data?.items ?? []).filter(({ name }) => app.schemes.includes(name));
  const fitting = offered.filter((scheme) => scheme.imported === imported);
  const choices = fitting.length > 0 ? fitting : offered;
  const [chosen, setChosen] = useState<string>();
  const [algorithm, setAlgorithm] = useState("");
  const [notBefore, setNotBefore] = useState("");
  const [expiresAt, setExpiresAt] = useState("");
  const [secret, setSecret] = useState("");
  const [issued, setIssued] = useState<IssuedKey>();
  const [error, setError] = useState<ApiError>();
  const faultOf = useFaultOf(error);
  const issue = useSecretAct("POST /v1/apps/:appId/keys", KEY_READS);
  const scheme = choices.find(({ name }) => name === chosen) ?? choices[0];
  const submit = async (): Promise<unknown> => {
    const body = {
      ...(scheme !== undefined && { scheme: scheme.name }),
      ...(algorithm !== "" && { algorithm }),
      ...(notBefore !== "" && { notBefore }),
      ...(expiresAt !== "" && { expiresAt }),
      ...(imported && { secret }),
    };
    const answer = await issue({ params: { appId: app.id }, body }).catch((caught: unknown) => {
      setError(caught as ApiError);
      throw caught;
    });
    setSecret("");
    if (imported) return saidDone(t("keys.imported"));
    setIssued(answer);
    return STAYS_OPEN;
  };
  if (issued !== undefined) return <KeyShown issued={issued} onDone={onClose} />;
  return (
    <FormDialog
      opened
      onClose={onClose}
      title={imported ? t("keys.import") : t("keys.issue")}
      action={imported ? t("keys.import") : t("keys.issue")}
      missing={[
        scheme === undefined && t("keys.scheme"),
        imported && secret === "" && t("keys.secret"),
      ]}
      onSubmit={submit}
    >
      {imported && <p className="faint">{t("keys.import.lead")}</p>}
      <NativeSelect
        label={t("keys.scheme")}
        data-autofocus
        value={scheme?.name ?? ""}
        data={choices.map(({ name, title }) => ({ value: name, label: title }))}
        onChange={({ currentTarget }) => {
          setChosen(currentTarget.value);
          setAlgorithm("");
        }}
      />
      {imported && (
        <PasswordInput
          label={t("keys.secret")}
          autoComplete="off"
          error={faultOf("secret")}
          value={secret}
          onChange={({ currentTarget }) => setSecret(currentTarget.value)}
        />
      )}
      {scheme !== undefined && scheme.algorithms.length > 1 && (
        <NativeSelect
          label={t("keys.algorithm")}
          value={algorithm || (scheme.algorithms[0] ?? "")}
          data={[...scheme.algorithms]}
          onChange={({ currentTarget }) => setAlgorithm(currentTarget.value)}
        />
      )}
      <MomentField
        label={t("keys.notBefore")}
        description={t("keys.notBefore.help")}
        value={notBefore}
        onChoose={setNotBefore}
      />
      <MomentField
        label={t("keys.expiresAt")}
        description={t("keys.expiresAt.help")}
        error={faultOf("expiresAt")}
        value={expiresAt}
        onChoose={setExpiresAt}
      />
    </FormDialog>
  );
}
