import type { JSX } from "react";
import { Button } from "@mantine/core";
import { Link } from "wouter";
import { useWords } from "../words/use-words.js";
import { Page } from "./page.js";

/** No page has this address. */
export function MissingPage(): JSX.Element {
  const { t } = useWords();
  return (
    <Page title={t("missing.title")} lead={t("missing.text")}>
      <Button component={Link} href="/" variant="default">
        {t("missing.home")}
      </Button>
    </Page>
  );
}
