import { useId, type JSX } from "react";
import { SegmentedControl } from "@mantine/core";
import { choose, usePreferences, type Preferences } from "../../theme/preferences.js";
import { Section } from "../../shell/section.js";
import { LANGUAGE_NAMES, LANGUAGES } from "../../words/languages.js";
import { speak, useWords } from "../../words/use-words.js";
import styles from "./profile.module.css";

/** How the page looks, in this browser. */
export function LooksSection(): JSX.Element {
  const { t } = useWords();
  const { theme, language, times } = usePreferences();
  return (
    <Section title={t("profile.looks")} lead={t("profile.looks.lead")}>
      <ul className={styles.rows}>
        <Choice
          label={t("profile.theme")}
          value={theme}
          options={(["system", "light", "dark"] as const).map((value) => ({
            value,
            label: t(`theme.${value}`),
          }))}
          onChoose={(chosen) => choose({ theme: chosen })}
        />
        <Choice
          label={t("signIn.language")}
          value={language}
          options={LANGUAGES.map((value) => ({ value, label: LANGUAGE_NAMES[value] }))}
          onChoose={(chosen) => {
            choose({ language: chosen });
            void speak(chosen);
          }}
        />
        <Choice<Preferences["times"]>
          label={t("profile.times")}
          value={times}
          options={[
            { value: "local", label: t("profile.times.local") },
            { value: "utc", label: "UTC" },
          ]}
          onChoose={(chosen) => choose({ times: chosen })}
        />
      </ul>
    </Section>
  );
}

function Choice<Value extends string>({
  label,
  value,
  options,
  onChoose,
}: {
  label: string;
  value: Value;
  options: { value: Value; label: string }[];
  onChoose: (value: Value) => void;
}): JSX.Element {
  const id = useId();
  return (
    <li>
      <h3 id={id}>{label}</h3>
      <SegmentedControl
        aria-labelledby={id}
        value={value}
        data={options}
        onChange={(chosen) => onChoose(chosen as Value)}
      />
    </li>
  );
}
