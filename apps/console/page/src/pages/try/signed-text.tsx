import { useState, type JSX } from "react";
import { Textarea } from "@mantine/core";
import { CopyBlock } from "../../parts/copy-block.js";
import { Mark } from "../../parts/mark.js";
import { Section } from "../../shell/section.js";
import { useWords } from "../../words/use-words.js";
import { differences } from "./differences.js";
import styles from "./try.module.css";

/** The text that a signature is made of; and where the caller's own differs from it. */
export function SignedText({ text }: { text: string }): JSX.Element {
  const { t } = useWords();
  const [theirs, setTheirs] = useState("");
  const found = theirs === "" ? undefined : differences(theirs, text);
  return (
    <Section title={t("try.text")} lead={t("try.text.lead")}>
      <div className={styles.form}>
        <CopyBlock label={`${t("copy.text")}: ${t("try.text")}`} text={text} />
        <Textarea
          label={t("try.compare")}
          description={t("try.compare.help")}
          className="code-field"
          minRows={3}
          maxRows={16}
          spellCheck={false}
          autoComplete="off"
          value={theirs}
          onChange={({ currentTarget }) => setTheirs(currentTarget.value)}
        />
        {found?.length === 0 && <Mark tone="whole">{t("try.same")}</Mark>}
        {found !== undefined && found.length > 0 && (
          <>
            <Mark tone="broken">{t("try.differs", { n: found.length })}</Mark>
            {found.map(({ line, same, signed, came }) => (
              <dl key={line} className={styles.difference}>
                <div>
                  <dt>{t("try.line", { n: line })}</dt>
                </div>
                <Side label={t("try.signed")} same={same} rest={signed} />
                <Side label={t("try.came")} same={same} rest={came} />
              </dl>
            ))}
          </>
        )}
      </div>
    </Section>
  );
}

function Side({ label, same, rest }: { label: string; same: string; rest: string }): JSX.Element {
  const { t } = useWords();
  return (
    <div>
      <dt>{label}</dt>
      <dd>
        <code>
          {same}
          <mark>{rest === "" ? `⏎ ${t("try.lineEnd")}` : rest}</mark>
        </code>
      </dd>
    </div>
  );
}
