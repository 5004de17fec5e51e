import { useState, type JSX } from "react";
import { TextInput } from "@mantine/core";
import type { App, NewApp } from "../../api/shapes.js";
import { useAct } from "../../api/use-api.js";
import { FormDialog } from "../../parts/form-dialog.js";
import { useFaultOf } from "../../parts/fault-words.js";
import { useWords } from "../../words/use-words.js";
import { AppFields } from "./app-fields.js";
import { changeOf, EMPTY_FORM, type FormField } from "./app-form.js";

const FIELDS: readonly FormField[] = ["name", "teamId", "scopes", "schemes"];
const SERVICE_SCOPES = "registry:read\nverdicts:write";

/** Makes an app, or a service of the console. The rest of it is set on its own page. */
export function AppDialog({
  kind,
  onClose,
  onMade,
}: {
  kind: App["kind"];
  onClose: () => void;
  onMade: (app: App) => void;
}): JSX.Element {
  const { t } = useWords();
  const isApp = kind === "app";
  const [id, setId] = useState("");
  const [form, setForm] = useState({ ...EMPTY_FORM, scopes: isApp ? "" : SERVICE_SCOPES });
  const make = useAct(isApp ? "POST /v1/apps" : "POST /v1/services", ["GET /v1/apps"]);
  const faultOf = useFaultOf(make.error);
  const fields = isApp ? FIELDS : FIELDS.filter((field) => field !== "schemes");
  return (
    <FormDialog
      opened
      onClose={onClose}
      title={isApp ? t("apps.new") : t("apps.newService")}
      action={t("apps.create")}
      missing={[id === "" && t("apps.id"), form.teamId === "" && t("apps.team")]}
      onSubmit={async () => {
        const { name, ...rest } = changeOf(form, fields);
        const body = { id, ...rest, ...(name !== "" && { name }) } as NewApp;
        onMade(await make.mutateAsync({ body }));
      }}
    >
      <TextInput
        label={t("apps.id")}
        description={t("apps.id.help")}
        data-autofocus
        autoComplete="off"
        spellCheck={false}
        error={faultOf("id")}
        value={id}
        onChange={({ currentTarget }) => setId(currentTarget.value.trim())}
      />
      <AppFields
        fields={fields}
        kind={kind}
        form={form}
        error={make.error}
        onChange={(change) => setForm({ ...form, ...change })}
      />
    </FormDialog>
  );
}
