import type { JSX } from "react";
import { Page } from "../../shell/page.js";
import { useWords } from "../../words/use-words.js";

export function HomePage(): JSX.Element {
  const { t } = useWords();
  return <Page title={t("nav.home")}>{null}</Page>;
}
