import { useState, type JSX } from "react";
import { ApiError } from "../../api/api-error.js";
import { ask } from "../../api/ask.js";
import type { App } from "../../api/shapes.js";
import { useAct } from "../../api/use-api.js";
import { DataTable } from "../../parts/data-table.js";
import { FormDialog, STAYS_OPEN } from "../../parts/form-dialog.js";
import { saidDone } from "../../parts/notify.js";
import { useWords } from "../../words/use-words.js";
import { AppFields } from "./app-fields.js";
import {
  attributesOf,
  changeOf,
  differing,
  formOf,
  type AppForm,
  type FormField,
} from "./app-form.js";
import styles from "./apps.module.css";

interface Conflict {
  readonly before: AppForm;
  readonly theirs: AppForm;
  readonly fields: readonly FormField[];
}

/**
 * Changes some fields of an app. Where somebody else has changed it meanwhile, what they did is shown, and theirs stays
 * wherever the reader has changed nothing.
 */
export function AppEditDialog({
  app,
  fields,
  onClose,
}: {
  app: App;
  fields: readonly FormField[];
  onClose: () => void;
}): JSX.Element {
  const { t } = useWords();
  const [base, setBase] = useState(app);
  const [form, setForm] = useState(() => formOf(app));
  const [conflict, setConflict] = useState<Conflict>();
  const change = useAct("PATCH /v1/apps/:appId", ["GET /v1/apps/:appId", "GET /v1/apps"]);
  const own = differing(formOf(base), form, fields);

  const meet = async (): Promise<void> => {
    const fresh = await ask("GET /v1/apps/:appId", { params: { appId: app.id } });
    const [before, theirs] = [formOf(base), formOf(fresh)];
    setConflict({ before, theirs, fields: differing(before, theirs, fields) });
    const kept = Object.fromEntries(own.map((field) => [field, form[field]]));
    setForm({ ...theirs, ...kept });
    setBase(fresh);
  };
  const save = async (): Promise<unknown> => {
    try {
      const { id: appId, version } = base;
      await change.mutateAsync({ params: { appId }, version, body: changeOf(form, own) });
      saidDone(t("apps.saved"));
      return undefined;
    } catch (error: unknown) {
      if (!(error instanceof ApiError) || error.code !== "changed-meanwhile") throw error;
      await meet();
      return STAYS_OPEN;
    }
  };
  return (
    <FormDialog
      opened
      onClose={onClose}
      title={t("apps.edit.title", { id: app.id })}
      action={t("apps.save")}
      unchanged={own.length === 0}
      missing={[attributesOf(form.attributes) === undefined && t("apps.attributes")]}
      onSubmit={save}
    >
      {conflict !== undefined && <Meanwhile conflict={conflict} form={form} own={own} />}
      <AppFields
        fields={fields}
        kind={app.kind}
        form={form}
        error={change.error}
        onChange={(given) => setForm({ ...form, ...given })}
      />
    </FormDialog>
  );
}

/** What somebody else has changed since it was read, beside what the reader has. */
function Meanwhile({
  conflict: { before, theirs, fields },
  form,
  own,
}: {
  conflict: Conflict;
  form: AppForm;
  /** What the reader has changed too. */
  own: readonly FormField[];
}): JSX.Element {
  const { t } = useWords();
  const said = (of: AppForm, field: FormField): string => {
    const value = changeOf(of, [field])[field];
    if (Array.isArray(value)) return value.join(", ") || "–";
    return typeof value === "string" ? value : JSON.stringify(value);
  };
  return (
    <div role="alert" className={styles.meanwhile}>
      <p className="says-wrong">{t("apps.meanwhile")}</p>
      {fields.length > 0 && (
        <DataTable
          label={t("apps.theirs")}
          rows={fields}
          keyOf={(field) => field}
          columns={[
            {
              id: "field",
              title: t("apps.field"),
              cell: (field) => t(`apps.${field === "teamId" ? "team" : field}`),
            },
            {
              id: "was",
              title: t("apps.was"),
              cell: (field) => <code>{said(before, field)}</code>,
            },
            {
              id: "theirs",
              title: t("apps.theirs"),
              cell: (field) => <code>{said(theirs, field)}</code>,
            },
            {
              id: "yours",
              title: t("apps.yours"),
              cell: (field) => <code>{own.includes(field) ? said(form, field) : "–"}</code>,
            },
          ]}
        />
      )}
    </div>
  );
}
