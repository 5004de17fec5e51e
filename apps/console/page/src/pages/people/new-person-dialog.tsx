import { useState, type JSX } from "react";
import { TextInput } from "@mantine/core";
import type { Kind } from "../../../../src/access/roles.js";
import { useAct } from "../../api/use-api.js";
import { FormDialog } from "../../parts/form-dialog.js";
import { useFaultOf } from "../../parts/fault-words.js";
import { useWords } from "../../words/use-words.js";
import { RoleSelect, roleOf } from "./role-select.js";

/** Somebody new. They are let in by an invitation, which is made on their page. */
export function NewPersonDialog({
  onClose,
  onAdded,
}: {
  onClose: () => void;
  onAdded: (id: string) => void;
}): JSX.Element {
  const { t } = useWords();
  const [name, setName] = useState("");
  const [login, setLogin] = useState("");
  const [email, setEmail] = useState("");
  const [kind, setKind] = useState<Kind>("developer");
  const add = useAct("POST /v1/people", ["GET /v1/people"]);
  const faultOf = useFaultOf(add.error);
  return (
    <FormDialog
      opened
      onClose={onClose}
      title={t("people.add")}
      action={t("people.add")}
      missing={[name.trim() === "" && t("people.name"), login.trim() === "" && t("signIn.login")]}
      onSubmit={async () => {
        const body = { name, login, email: email.trim() || null, ...roleOf(kind) };
        onAdded((await add.mutateAsync({ body })).id);
      }}
    >
      <TextInput
        label={t("people.name")}
        data-autofocus
        autoComplete="off"
        value={name}
        error={faultOf("name")}
        onChange={({ currentTarget }) => setName(currentTarget.value)}
      />
      <TextInput
        label={t("signIn.login")}
        description={t("enrol.login.text")}
        autoComplete="off"
        autoCapitalize="none"
        spellCheck={false}
        value={login}
        error={faultOf("login")}
        onChange={({ currentTarget }) => setLogin(currentTarget.value)}
      />
      <TextInput
        label={t("people.email.optional")}
        type="email"
        autoComplete="off"
        value={email}
        error={faultOf("email")}
        onChange={({ currentTarget }) => setEmail(currentTarget.value)}
      />
      <RoleSelect value={kind} onChoose={setKind} />
    </FormDialog>
  );
}
