import { useState, type JSX } from "react";
import { TextInput } from "@mantine/core";
import { kindOf } from "../../../../src/access/roles.js";
import type { PersonRecord } from "../../api/shapes.js";
import { useAct } from "../../api/use-api.js";
import { useMe } from "../../api/use-me.js";
import { FormDialog } from "../../parts/form-dialog.js";
import { saidDone } from "../../parts/notify.js";
import { useWords } from "../../words/use-words.js";
import { RoleSelect, roleOf } from "./role-select.js";

export function PersonDialog({
  person,
  onClose,
}: {
  person: PersonRecord;
  onClose: () => void;
}): JSX.Element {
  const { t } = useWords();
  const me = useMe();
  const { id, version } = person;
  const before = kindOf(person.role, person.subrole ?? undefined);
  const [name, setName] = useState(person.name);
  const [email, setEmail] = useState(person.email ?? "");
  const [kind, setKind] = useState(before);
  const change = useAct("PATCH /v1/people/:id", [
    "GET /v1/people/:id",
    "GET /v1/people",
    "GET /v1/me",
  ]);
  return (
    <FormDialog
      opened
      onClose={onClose}
      title={t("profile.edit")}
      action={t("profile.save")}
      missing={[name.trim() === "" && t("people.name")]}
      onSubmit={async () => {
        const facts = { name: name.trim(), email: email.trim() || null };
        const body = { ...facts, ...(kind !== before && roleOf(kind)) };
        await change.mutateAsync({ params: { id }, version, body });
        saidDone(t("profile.saved"));
      }}
    >
      <TextInput
        label={t("people.name")}
        data-autofocus
        autoComplete="off"
        value={name}
        onChange={({ currentTarget }) => setName(currentTarget.value)}
      />
      <TextInput
        label={t("people.email.optional")}
        type="email"
        autoComplete="off"
        value={email}
        onChange={({ currentTarget }) => setEmail(currentTarget.value)}
      />
      {/* Nobody changes what they are themselves. */}
      {id !== me.id && <RoleSelect value={kind} onChoose={setKind} />}
    </FormDialog>
  );
}
