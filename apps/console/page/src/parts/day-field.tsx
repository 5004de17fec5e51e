import type { JSX } from "react";
import { TextInput } from "@mantine/core";

/** A day, as YYYY-MM-DD, in the way that the reader's browser asks for one. */
export function DayField({
  label,
  value,
  onChoose,
}: {
  label: string;
  value: string;
  onChoose: (day: string) => void;
}): JSX.Element {
  return (
    <TextInput
      type="date"
      label={label}
      labelProps={{ className: "beside" }}
      className="field-beside"
      value={value}
      onChange={({ currentTarget }) => onChoose(currentTarget.value)}
    />
  );
}

/** When a day of the reader begins, or the day after it. */
export const dayStart = (day: string, later = 0): string | undefined => {
  const [year, month, date] = day.split("-").map(Number);
  if (year === undefined || month === undefined || date === undefined) return undefined;
  const at = new Date(year, month - 1, date + later);
  return Number.isNaN(at.getTime()) ? undefined : at.toISOString();
};
