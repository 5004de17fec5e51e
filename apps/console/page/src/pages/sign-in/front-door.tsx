import { useEffect, type JSX, type ReactNode } from "react";
import { NativeSelect } from "@mantine/core";
import { Seal } from "../../parts/seal.js";
import { choose, usePreferences } from "../../theme/preferences.js";
import { LANGUAGE_NAMES, LANGUAGES, type Language } from "../../words/languages.js";
import { speak, useWords } from "../../words/use-words.js";
import styles from "./front-door.module.css";

/** What is around a page of somebody who has not signed in yet. */
export function FrontDoor({
  title,
  lead,
  children,
}: {
  title: string;
  lead?: ReactNode;
  children: ReactNode;
}): JSX.Element {
  useEffect(() => {
    document.title = `${title} · Lacre`;
  }, [title]);
  return (
    <div className={styles.door}>
      <main className={styles.card}>
        <div className={styles.brand}>
          <Seal size={52} />
          <span>Lacre</span>
        </div>
        <h1 className={styles.title}>{title}</h1>
        {lead !== undefined && <p className={styles.lead}>{lead}</p>}
        {children}
      </main>
      <LanguageSelect />
    </div>
  );
}

function LanguageSelect(): JSX.Element {
  const { t } = useWords();
  const { language } = usePreferences();
  return (
    <footer className={styles.foot}>
      <NativeSelect
        variant="unstyled"
        aria-label={t("signIn.language")}
        value={language}
        data={LANGUAGES.map((value) => ({ value, label: LANGUAGE_NAMES[value] }))}
        onChange={({ currentTarget }) => {
          const chosen = currentTarget.value as Language;
          choose({ language: chosen });
          void speak(chosen);
        }}
      />
    </footer>
  );
}
