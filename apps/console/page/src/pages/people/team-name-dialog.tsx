import { useState, type JSX } from "react";
import { TextInput } from "@mantine/core";
import { FormDialog } from "../../parts/form-dialog.js";
import { useWords } from "../../words/use-words.js";

/** Asks for the name of a team, new or not. */
export function TeamNameDialog({
  title,
  before = "",
  onClose,
  onNamed,
}: {
  title: string;
  before?: string;
  onClose: () => void;
  onNamed: (name: string) => Promise<unknown>;
}): JSX.Element {
  const { t } = useWords();
  const [name, setName] = useState(before);
  return (
    <FormDialog
      opened
      onClose={onClose}
      title={title}
      action={before === "" ? title : t("profile.save")}
      missing={[name.trim() === "" && t("people.name")]}
      onSubmit={() => onNamed(name.trim())}
    >
      <TextInput
        label={t("people.name")}
        data-autofocus
        autoComplete="off"
        value={name}
        onChange={({ currentTarget }) => setName(currentTarget.value)}
      />
    </FormDialog>
  );
}
