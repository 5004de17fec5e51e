import type { JSX } from "react";
import { IconCheck, IconCopy } from "@tabler/icons-react";
import { useWords } from "../words/use-words.js";
import styles from "./copy.module.css";
import { useCopy } from "./use-copy.js";

/** An id that a click copies. A long one is shortened in the middle, and copied whole. */
export function CopyableId({ id }: { id: string }): JSX.Element {
  const { t } = useWords();
  const { copied, copy } = useCopy();
  const Icon = copied ? IconCheck : IconCopy;
  return (
    <button type="button" className={styles.id} title={id} onClick={() => copy(id)}>
      <span className="visually-hidden" aria-live="polite">
        {copied ? t("copy.done") : t("copy.do")}{" "}
      </span>
      <code>{shortened(id)}</code>
      <Icon size={13} aria-hidden />
    </button>
  );
}

const shortened = (id: string): string =>
  id.length > 20 ? `${id.slice(0, 10)}…${id.slice(-6)}` : id;
