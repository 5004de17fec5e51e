import type { JSX } from "react";
import type { Cause } from "../api/shapes.js";
import { useWords } from "../words/use-words.js";
import styles from "./causes.module.css";

/** What is likely behind a refusal, what cures it, and whom it concerns: the likeliest first. */
export function Causes({ causes }: { causes: readonly Cause[] }): JSX.Element {
  const { t } = useWords();
  const partyOf = (party: string): string =>
    PARTIES.includes(party as never) ? t(`party.${party as Party}`) : party;
  if (causes.length === 0) return <p className="faint">{t("refusal.causes.none")}</p>;
  return (
    <ol className={styles.causes}>
      {causes.map(({ id, sentence, cure, concerns }) => (
        <li key={id}>
          <h3>{sentence}</h3>
          {cure !== "" && (
            <p>
              <b>{t("refusal.cure")}:</b> {cure}
            </p>
          )}
          {concerns.length > 0 && (
            <p>
              <b>{t("refusal.concerns")}:</b> {concerns.map(partyOf).join(", ")}
            </p>
          )}
        </li>
      ))}
    </ol>
  );
}

const PARTIES = ["caller", "server", "proxy", "operator"] as const;
type Party = (typeof PARTIES)[number];
