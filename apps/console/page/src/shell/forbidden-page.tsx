import type { JSX } from "react";
import { useWords } from "../words/use-words.js";
import { Page } from "./page.js";

/** The page is there, and not for who is asking. */
export function ForbiddenPage(): JSX.Element {
  const { t } = useWords();
  return (
    <Page title={t("state.notAllowed")} lead={t("state.notAllowed.text")}>
      {null}
    </Page>
  );
}
