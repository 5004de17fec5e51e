import type { JSX } from "react";
import type { Cause } from "../api/shapes.js";
import { useWords } from "../words/use-words.js";
import { ServerText } from "./server-text.js";
import styles from "./causes.module.css";

/** What is likely behind a refusal, what cures it, and whom it concerns: the likeliest first. */
export function Causes({ causes }: { causes: readonly Cause[] }): JSX.Element {
  const { t } = useWords();
  const partyOf = (party: string): string =>
    PARTIES.includes(party as never) ? t(`party.${party as Party}`) : party;
  const cures = new Set(causes.map(({ cure }) => cure));
  const common = causes.length > 1 && cures.size === 1 ? causes[0]?.cure : undefined;
  if (causes.length === 0) return <p className="faint">{t("refusal.causes.none")}</p>;
  return (
    <>
      <ol className={styles.causes}>
        {causes.map(({ id, sentence, cure, concerns }) => (
          <li key={id}>
            <h3>
              <ServerText text={sentence} />
            </h3>
            {cure !== "" && common === undefined && (
              <p>
                <b>{t("refusal.cure")}:</b> <ServerText text={cure} />
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
      {common !== undefined && common !== "" && (
        <p className={styles.common}>
          <b>{t("refusal.cure")}:</b> <ServerText text={common} />
        </p>
      )}
    </>
  );
}

const PARTIES = ["caller", "server", "proxy", "operator"] as const;
type Party = (typeof PARTIES)[number];
