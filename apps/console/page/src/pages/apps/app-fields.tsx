import type { JSX } from "react";
import { Checkbox, NativeSelect, Textarea, TextInput } from "@mantine/core";
import type { ApiError } from "../../api/api-error.js";
import type { App } from "../../api/shapes.js";
import { useRead } from "../../api/use-api.js";
import { LinesField } from "../../parts/lines-field.js";
import { useFaultOf } from "../../parts/fault-words.js";
import { useWords } from "../../words/use-words.js";
import { attributesOf, LIMIT_NAMES, type AppForm, type FormField } from "./app-form.js";
import styles from "./apps.module.css";

interface Terms {
  readonly form: AppForm;
  readonly onChange: (change: Partial<AppForm>) => void;
  readonly kind: App["kind"];
  readonly error?: ApiError | null;
}

/** These fields of an app, to be filled in. */
export function AppFields({
  fields,
  ...terms
}: Terms & { fields: readonly FormField[] }): JSX.Element {
  return (
    <>
      {fields.map((field) => {
        const Field = FIELDS[field];
        return <Field key={field} {...terms} />;
      })}
    </>
  );
}

const FIELDS: Readonly<Record<FormField, (terms: Terms) => JSX.Element>> = {
  name: NameField,
  teamId: TeamField,
  scopes: ScopesField,
  schemes: SchemesField,
  networks: NetworksField,
  limits: LimitsField,
  attributes: AttributesField,
};

function NameField({ form, onChange, error }: Terms): JSX.Element {
  const { t } = useWords();
  return (
    <TextInput
      label={t("apps.name")}
      autoComplete="off"
      error={useFaultOf(error)("name")}
      value={form.name}
      onChange={({ currentTarget }) => onChange({ name: currentTarget.value })}
    />
  );
}

function TeamField({ form, onChange, error }: Terms): JSX.Element {
  const { t } = useWords();
  const teams = useRead("GET /v1/teams", { query: { limit: 200 } });
  const options = (teams.data?.items ?? []).map(({ id, name }) => ({ value: id, label: name }));
  return (
    <NativeSelect
      label={t("apps.team")}
      description={teams.data?.items.length === 0 ? t("teams.none.text") : undefined}
      error={useFaultOf(error)("teamId")}
      value={form.teamId}
      data={[
        ...(form.teamId === "" ? [{ value: "", label: t("apps.team.choose") }] : []),
        ...options,
      ]}
      onChange={({ currentTarget }) => onChange({ teamId: currentTarget.value })}
    />
  );
}

function ScopesField({ form, onChange, kind, error }: Terms): JSX.Element {
  const { t } = useWords();
  return (
    <LinesField
      label={t("apps.scopes")}
      description={kind === "app" ? t("apps.scopes.help") : t("apps.scopes.service")}
      error={useFaultOf(error)("scopes")}
      value={form.scopes}
      onChange={(scopes) => onChange({ scopes })}
    />
  );
}

function SchemesField({ form, onChange }: Terms): JSX.Element {
  const { t } = useWords();
  const schemes = useRead("GET /v1/schemes");
  return (
    <Checkbox.Group
      label={t("apps.schemes")}
      description={t("apps.schemes.help")}
      value={[...form.schemes]}
      onChange={(chosen) => onChange({ schemes: chosen })}
    >
      <div className={styles.choices}>
        {(schemes.data?.items ?? []).map(({ name, title }) => (
          <Checkbox key={name} value={name} label={title} />
        ))}
      </div>
    </Checkbox.Group>
  );
}

function NetworksField({ form, onChange, error }: Terms): JSX.Element {
  const { t } = useWords();
  return (
    <LinesField
      label={t("apps.networks")}
      description={t("apps.networks.help")}
      error={useFaultOf(error)("networks")}
      value={form.networks}
      onChange={(networks) => onChange({ networks })}
    />
  );
}

function LimitsField({ form: { limits }, onChange }: Terms): JSX.Element {
  const { t } = useWords();
  return (
    <fieldset className={styles.limits}>
      <legend>{t("apps.limits")}</legend>
      <p className="faint">{t("apps.limits.help")}</p>
      <div>
        {LIMIT_NAMES.map((name) => (
          <TextInput
            key={name}
            label={t(`apps.limit.${name}`)}
            inputMode="numeric"
            autoComplete="off"
            value={limits[name]}
            onChange={({ currentTarget }) =>
              onChange({
                limits: { ...limits, [name]: currentTarget.value.replaceAll(/\D/g, "") },
              })
            }
          />
        ))}
      </div>
    </fieldset>
  );
}

function AttributesField({ form, onChange, error }: Terms): JSX.Element {
  const { t } = useWords();
  const wrong = attributesOf(form.attributes) === undefined;
  return (
    <Textarea
      label={t("apps.attributes")}
      description={t("apps.attributes.help")}
      className="code-field"
      spellCheck={false}
      error={wrong ? t("apps.attributes.wrong") : useFaultOf(error)("attributes")}
      value={form.attributes}
      onChange={({ currentTarget }) => onChange({ attributes: currentTarget.value })}
    />
  );
}
