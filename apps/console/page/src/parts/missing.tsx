import type { JSX } from "react";
import { useWords } from "../words/use-words.js";

/** The labels of fields that are still empty; `false` for those that are filled in. */
export type Missing = readonly (string | false)[];

export const isMissing = (missing: Missing): boolean => missing.some((label) => label !== false);

/** Why a button cannot be pressed yet. */
export function MissingWords({
  missing,
  id,
}: {
  missing: Missing;
  /** What the button is described by. */
  id: string;
}): JSX.Element | null {
  const { t } = useWords();
  if (!isMissing(missing)) return null;
  const fields = missing.filter((label) => label !== false).join(", ");
  return (
    <p id={id} className="faint">
      {t("dialog.missing", { fields })}
    </p>
  );
}
