import type { JSX } from "react";
import { Link } from "wouter";
import type { Explained, StepOutcome } from "../../api/shapes.js";
import { Causes } from "../../parts/causes.js";
import { CopyBlock } from "../../parts/copy-block.js";
import { Mark, type Tone } from "../../parts/mark.js";
import { ServerText } from "../../parts/server-text.js";
import { Section } from "../../shell/section.js";
import { useCodeMeaning, useCodeWords } from "../../words/use-code-words.js";
import { useWords } from "../../words/use-words.js";
import { SignedText } from "./signed-text.js";
import styles from "./try.module.css";

/** What a service would say of a request: each step, what is behind a refusal, and the text that is signed. */
export function Verdict({ found }: { found: Explained }): JSX.Element {
  const { t } = useWords();
  const { outcome, steps, causes, note, canonicalRequest, assumptions, whole } = found;
  return (
    <div className={styles.verdict}>
      <Outcome found={found} />
      <Section title={t("try.steps")}>
        <ol className={styles.steps}>
          {steps.map((step) => (
            <Step key={step.step} step={step} />
          ))}
        </ol>
      </Section>
      {outcome === "refused" && (
        <Section title={t("refusal.causes")} lead={whole ? undefined : t("try.notWhole")}>
          <Causes causes={causes} />
        </Section>
      )}
      {canonicalRequest !== null && <SignedText text={canonicalRequest} />}
      {note !== "" && outcome === "refused" && (
        <Section title={t("refusal.note")} lead={t("refusal.note.lead")}>
          <CopyBlock
            label={`${t("copy.text")}: ${t("refusal.note")}`}
            text={note}
            lang="en"
            wraps
          />
        </Section>
      )}
      {assumptions.length > 0 && (
        <Section title={t("try.assumptions")}>
          <ul className={styles.plain}>
            {assumptions.map((each) => (
              <li key={each}>
                <ServerText text={each} />
              </li>
            ))}
          </ul>
        </Section>
      )}
    </div>
  );
}

function Outcome({ found: { outcome, code, who } }: { found: Explained }): JSX.Element {
  const { t } = useWords();
  const codeWords = useCodeWords();
  const meaning = useCodeMeaning()(code ?? "");
  const accepted = outcome === "accepted";
  return (
    <div className={styles.outcome} data-outcome={outcome}>
      <Mark tone={accepted ? "whole" : "broken"}>
        {accepted ? t("try.accepted") : t("try.refused", { reason: codeWords(code ?? "") })}
      </Mark>
      {meaning !== undefined && <p>{meaning}</p>}
      <p>
        {who.appId !== null && (
          <>
            {who.proven ? t("refusal.proven") : t("refusal.claims")}{" "}
            <Link href={`/apps/${encodeURIComponent(who.appId)}`}>{who.appId}</Link>
            {who.scheme !== null && `, ${who.scheme}`}
            {who.keyId !== null && ` ${t("try.by.key", { key: who.keyId })}`}
          </>
        )}
      </p>
    </div>
  );
}

const TONES: Readonly<Record<StepOutcome["outcome"], Tone>> = {
  ...{ passed: "whole", failed: "broken", "not-reached": "calm", "not-checked": "soon" },
};

function Step({ step: { step, name, outcome, detail } }: { step: StepOutcome }): JSX.Element {
  const { t } = useWords();
  return (
    <li data-outcome={outcome}>
      <span className={styles.number} aria-hidden="true">
        {step}
      </span>
      <strong lang="en">{name}</strong>
      <Mark tone={TONES[outcome]}>{t(`try.step.${outcome}`)}</Mark>
      {detail !== null && (
        <p lang="en" className={styles.detail}>
          {detail}
        </p>
      )}
    </li>
  );
}
