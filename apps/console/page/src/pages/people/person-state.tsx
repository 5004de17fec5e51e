import type { JSX } from "react";
import type { PersonRecord } from "../../api/shapes.js";
import { Mark } from "../../parts/mark.js";
import { useWords } from "../../words/use-words.js";

/** Whether somebody can sign in. */
export function PersonState({
  person: { active, enrolled },
}: {
  person: Pick<PersonRecord, "active" | "enrolled">;
}): JSX.Element {
  const { t } = useWords();
  if (!active) return <Mark tone="broken">{t("people.disabled")}</Mark>;
  if (!enrolled) return <Mark tone="calm">{t("people.invited")}</Mark>;
  return <Mark tone="whole">{t("people.active")}</Mark>;
}
