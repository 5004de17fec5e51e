import type { JSX } from "react";
import { Modal, Tabs } from "@mantine/core";
import type { IssuedKey, Key, Snippet } from "../../api/shapes.js";
import { CopyBlock } from "../../parts/copy-block.js";
import { ShownOnce } from "../../parts/shown-once.js";
import { useWords } from "../../words/use-words.js";
import styles from "./keys.module.css";

/** A new key, this once. It goes away when the reader says that they have kept it, and not by a slip. */
export function KeyShown({
  issued: { key, apiKey, snippets },
  old,
  onDone,
}: {
  issued: IssuedKey;
  /** The one that it replaces. */
  old?: Key;
  onDone: () => void;
}): JSX.Element {
  const { t, time } = useWords();
  return (
    <Modal
      opened
      size="xl"
      onClose={onDone}
      withCloseButton={false}
      closeOnEscape={false}
      closeOnClickOutside={false}
      title={t("keys.shown.title", { id: key.appId })}
    >
      <ShownOnce
        label={t("keys.shown.label")}
        lines={apiKey === null ? [] : [apiKey]}
        fileName={`${key.appId}-${key.id}.key`}
        kept={t("keys.shown.kept")}
        done={t("keys.shown.done")}
        onDone={onDone}
      >
        {old !== undefined && old.expiresAt !== null && (
          <p className="faint">
            {t("keys.shown.old", { id: old.id, at: time(old.expiresAt, "full") })}
          </p>
        )}
        {snippets.length > 0 && <Snippets snippets={snippets} />}
      </ShownOnce>
    </Modal>
  );
}

function Snippets({ snippets }: { snippets: readonly Snippet[] }): JSX.Element {
  const { t } = useWords();
  return (
    <div className={styles.snippets}>
      <h3>{t("keys.shown.snippets")}</h3>
      <Tabs defaultValue={snippets[0]?.tool ?? ""} keepMounted={false}>
        <Tabs.List aria-label={t("keys.shown.snippets")}>
          {snippets.map(({ tool, title }) => (
            <Tabs.Tab key={tool} value={tool}>
              {title}
            </Tabs.Tab>
          ))}
        </Tabs.List>
        {snippets.map(({ tool, title, text }) => (
          <Tabs.Panel key={tool} value={tool}>
            <CopyBlock label={title} text={text.trimEnd()} />
          </Tabs.Panel>
        ))}
      </Tabs>
    </div>
  );
}
