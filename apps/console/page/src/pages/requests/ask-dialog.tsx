import { useState, type JSX } from "react";
import { NativeSelect, Textarea, TextInput } from "@mantine/core";
import { useAct, useRead } from "../../api/use-api.js";
import { useMe } from "../../api/use-me.js";
import { FormDialog } from "../../parts/form-dialog.js";
import { LinesField, linesOf } from "../../parts/lines-field.js";
import { saidDone } from "../../parts/notify.js";
import { useFaultOf } from "../../parts/fault-words.js";
import { useWords } from "../../words/use-words.js";

/** Asks for an app, or for more scopes of one. */
export function AskDialog({ onClose }: { onClose: () => void }): JSX.Element {
  const { t } = useWords();
  const { teams: own } = useMe();
  const all = useRead("GET /v1/teams", { query: { limit: 200 } });
  const teams = own.length > 0 ? own : (all.data?.items ?? []);
  const [chosen, setChosen] = useState<string>();
  const [appId, setAppId] = useState("");
  const [scopes, setScopes] = useState("");
  const [reason, setReason] = useState("");
  const ask = useAct("POST /v1/requests", ["GET /v1/requests"]);
  const faultOf = useFaultOf(ask.error);
  const teamId = chosen ?? teams[0]?.id ?? "";
  return (
    <FormDialog
      opened
      onClose={onClose}
      title={t("requests.ask")}
      action={t("requests.ask")}
      missing={[
        teamId === "" && t("apps.team"),
        appId === "" && t("requests.appId"),
        reason.trim() === "" && t("requests.reason"),
      ]}
      onSubmit={async () => {
        const body = { teamId, appId, scopes: linesOf(scopes), reason: reason.trim() };
        await ask.mutateAsync({ body });
        saidDone(t("requests.asked"));
      }}
    >
      {teams.length === 0 && <p className="says-wrong">{t("requests.noTeam")}</p>}
      <NativeSelect
        label={t("apps.team")}
        value={teamId}
        data={teams.map(({ id, name }) => ({ value: id, label: name }))}
        onChange={({ currentTarget }) => setChosen(currentTarget.value)}
      />
      <TextInput
        label={t("requests.appId")}
        description={t("requests.appId.help")}
        autoComplete="off"
        spellCheck={false}
        error={faultOf("appId")}
        value={appId}
        onChange={({ currentTarget }) => setAppId(currentTarget.value.trim())}
      />
      <LinesField
        label={t("requests.scopes")}
        description={t("apps.scopes.help")}
        error={faultOf("scopes")}
        value={scopes}
        onChange={setScopes}
      />
      <Textarea
        label={t("requests.reason")}
        value={reason}
        onChange={({ currentTarget }) => setReason(currentTarget.value)}
      />
    </FormDialog>
  );
}
