import type { JSX, ReactNode } from "react";
import { TextInput } from "@mantine/core";
import { usePreferences } from "../theme/preferences.js";
import { fieldOf, momentOf } from "./moment.js";

/** A moment, in the way that the reader's browser asks for one. */
export function MomentField({
  label,
  value,
  onChoose,
  description,
  beside = false,
  error,
}: {
  label: string;
  /** ISO 8601, or empty. */
  value: string;
  onChoose: (at: string) => void;
  description?: ReactNode;
  /** With its label at its side. */
  beside?: boolean;
  error?: ReactNode;
}): JSX.Element {
  const { times } = usePreferences();
  return (
    <TextInput
      type="datetime-local"
      label={times === "utc" ? `${label} (UTC)` : label}
      description={description}
      {...(beside && { className: "field-beside" })}
      error={error}
      value={fieldOf(value, times)}
      onChange={({ currentTarget }) => onChoose(momentOf(currentTarget.value, times) ?? "")}
    />
  );
}
