import type { JSX, ReactNode } from "react";
import { Textarea } from "@mantine/core";

/** Several words, one on each line. */
export function LinesField({
  label,
  description,
  value,
  onChange,
  error,
}: {
  label: string;
  description?: ReactNode;
  value: string;
  onChange: (text: string) => void;
  error?: ReactNode;
}): JSX.Element {
  return (
    <Textarea
      label={label}
      description={description}
      error={error}
      className="code-field"
      spellCheck={false}
      autoComplete="off"
      value={value}
      onChange={({ currentTarget }) => onChange(currentTarget.value)}
    />
  );
}

export const linesOf = (text: string): string[] => [
  ...new Set(text.split(/[\s,]+/).filter((word) => word !== "")),
];
