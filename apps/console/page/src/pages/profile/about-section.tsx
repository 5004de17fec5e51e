import { useState, type JSX } from "react";
import { Button, TextInput } from "@mantine/core";
import { useAct } from "../../api/use-api.js";
import { useMe } from "../../api/use-me.js";
import { FormDialog } from "../../parts/form-dialog.js";
import { saidDone } from "../../parts/notify.js";
import { Facts, Section } from "../../shell/section.js";
import { useWords } from "../../words/use-words.js";

export function AboutSection(): JSX.Element {
  const { t } = useWords();
  const me = useMe();
  const [editing, setEditing] = useState(false);
  return (
    <Section
      title={t("profile.about")}
      actions={
        <Button variant="default" onClick={() => setEditing(true)}>
          {t("profile.edit")}
        </Button>
      }
    >
      <Facts
        facts={[
          [t("people.name"), me.name],
          [t("signIn.login"), me.login],
          [t("people.email"), me.email ?? "–"],
          [t("people.role"), t(`kind.${me.kind}`)],
          [t("nav.teams"), me.teams.map(({ name }) => name).join(", ") || "–"],
        ]}
      />
      {editing && <EditDialog onClose={() => setEditing(false)} />}
    </Section>
  );
}

function EditDialog({ onClose }: { onClose: () => void }): JSX.Element {
  const { t } = useWords();
  const me = useMe();
  const [name, setName] = useState(me.name);
  const [email, setEmail] = useState(me.email ?? "");
  const change = useAct("PATCH /v1/me", ["GET /v1/me"]);
  return (
    <FormDialog
      opened
      onClose={onClose}
      title={t("profile.edit")}
      action={t("profile.save")}
      missing={[name.trim() === "" && t("people.name")]}
      onSubmit={async () => {
        await change.mutateAsync({ body: { name: name.trim(), email: email.trim() || null } });
        saidDone(t("profile.saved"));
      }}
    >
      <TextInput
        label={t("people.name")}
        required
        withAsterisk={false}
        autoComplete="name"
        data-autofocus
        value={name}
        onChange={({ currentTarget }) => setName(currentTarget.value)}
      />
      <TextInput
        label={t("people.email")}
        type="email"
        autoComplete="email"
        value={email}
        onChange={({ currentTarget }) => setEmail(currentTarget.value)}
      />
    </FormDialog>
  );
}
