import type { JSX } from "react";
import { useRead } from "../../api/use-api.js";
import { CopyableId } from "../../parts/copyable-id.js";
import { Shown } from "../../parts/states.js";
import { Page } from "../../shell/page.js";
import { Facts, Section } from "../../shell/section.js";
import { useWords } from "../../words/use-words.js";
import { ChoicesSection } from "./choices-section.js";
import { MasterKeySection } from "./master-key-section.js";

export function SettingsPage(): JSX.Element {
  const { t } = useWords();
  const settings = useRead("GET /v1/settings");
  return (
    <Page title={t("nav.settings")} lead={t("settings.lead")}>
      <Shown of={settings} lines={8}>
        {(shown) => (
          <>
            {/* Another version is another form. */}
            <ChoicesSection key={shown.version} settings={shown} />
            <MasterKeySection settings={shown} />
            <Section title={t("settings.facts")}>
              <Facts
                facts={[
                  [t("settings.database"), <code key="place">{shown.database}</code>],
                  [t("settings.masterKey"), <CopyableId key="id" id={shown.masterKeyId} />],
                ]}
              />
            </Section>
          </>
        )}
      </Shown>
    </Page>
  );
}
