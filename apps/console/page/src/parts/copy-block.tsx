import type { JSX } from "react";
import { Button } from "@mantine/core";
import { IconCheck, IconCopy } from "@tabler/icons-react";
import { useWords } from "../words/use-words.js";
import styles from "./copy.module.css";
import { useCopy } from "./use-copy.js";

/** Text to be used elsewhere: code, a command, a note to somebody. */
export function CopyBlock({
  text,
  label,
  wraps = false,
  lang,
}: {
  text: string;
  label?: string;
  /** Long lines are broken rather than scrolled to. */
  wraps?: boolean;
  /** Of the text, where it is not the reader's. */
  lang?: string;
}): JSX.Element {
  const { t } = useWords();
  const { copied, copy } = useCopy();
  const Icon = copied ? IconCheck : IconCopy;
  return (
    <div className={styles.block} data-wraps={wraps || undefined}>
      <pre tabIndex={0} role="region" aria-label={label ?? t("copy.text")}>
        <code lang={lang}>{text}</code>
      </pre>
      <Button
        variant="subtle"
        size="compact-sm"
        className={styles.blockButton}
        leftSection={<Icon size={15} aria-hidden />}
        onClick={() => copy(text)}
      >
        <span aria-live="polite">{copied ? t("copy.done") : t("copy.do")}</span>
      </Button>
    </div>
  );
}
