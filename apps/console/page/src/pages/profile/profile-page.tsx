import type { JSX } from "react";
import { useMe } from "../../api/use-me.js";
import { Page } from "../../shell/page.js";
import { useWords } from "../../words/use-words.js";
import { AboutSection } from "./about-section.js";
import { FactorsSection } from "./factors-section.js";
import { LooksSection } from "./looks-section.js";
import { SessionsSection } from "./sessions-section.js";

/** Oneself: name, second factors, sessions, and how the page looks. */
export function ProfilePage(): JSX.Element {
  const { t } = useWords();
  const { name } = useMe();
  return (
    <Page title={name} lead={t("profile.lead")}>
      <AboutSection />
      <FactorsSection />
      <SessionsSection />
      <LooksSection />
    </Page>
  );
}
