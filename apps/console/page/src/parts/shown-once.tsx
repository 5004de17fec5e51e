import { useState, type JSX, type ReactNode } from "react";
import { Button, Checkbox } from "@mantine/core";
import { IconCheck, IconCopy, IconDownload, IconPrinter } from "@tabler/icons-react";
import { useWords } from "../words/use-words.js";
import { saveFile } from "./save-file.js";
import styles from "./shown-once.module.css";
import { useCopy } from "./use-copy.js";
import { useHeld } from "./use-held.js";

/**
 * A secret that the console shows this once: to copy, to download, to print. It goes on when the reader says that they
 * have kept it, and neither going back nor loading the page again takes it away without a question.
 */
export function ShownOnce({
  label,
  lines,
  fileName,
  kept,
  printable = false,
  done,
  onDone,
  children,
}: {
  /** What it is. */
  label: string;
  lines: readonly string[];
  fileName: string;
  /** What the reader says before it goes away. */
  kept: string;
  printable?: boolean;
  /** The word on the button that ends it. */
  done: string;
  onDone: () => void;
  /** What to do with it. */
  children?: ReactNode;
}): JSX.Element {
  const { t } = useWords();
  const { copied, copy } = useCopy();
  const [sure, setSure] = useState(false);
  const { tried, release } = useHeld();
  const text = lines.join("\n");
  return (
    <div className={styles.panel}>
      <p className={styles.warning}>{t("once.warning")}</p>
      <ul className={styles.lines} aria-label={label} data-many={lines.length > 1 || undefined}>
        {lines.map((line) => (
          <li key={line}>
            <code>{line}</code>
          </li>
        ))}
      </ul>
      <div className={styles.acts}>
        <Button
          variant="default"
          leftSection={
            copied ? <IconCheck size={16} aria-hidden /> : <IconCopy size={16} aria-hidden />
          }
          onClick={() => copy(text)}
        >
          <span aria-live="polite">{copied ? t("copy.done") : t("copy.do")}</span>
        </Button>
        <Button
          variant="default"
          leftSection={<IconDownload size={16} aria-hidden />}
          onClick={() => saveFile(fileName, `${text}\n`)}
        >
          {t("once.download")}
        </Button>
        {printable && (
          <Button
            variant="default"
            leftSection={<IconPrinter size={16} aria-hidden />}
            onClick={() => print()}
          >
            {t("once.print")}
          </Button>
        )}
      </div>
      {children}
      <Checkbox
        label={kept}
        checked={sure}
        onChange={({ currentTarget }) => setSure(currentTarget.checked)}
      />
      {tried && !sure && (
        <p className="says-wrong" role="alert">
          {t("once.stay")}
        </p>
      )}
      <Button disabled={!sure} onClick={() => void release().then(onDone)}>
        {done}
      </Button>
    </div>
  );
}
