import type { JSX } from "react";
import { Modal } from "@mantine/core";
import { useMe } from "../api/use-me.js";
import { useWords } from "../words/use-words.js";
import styles from "./help-dialog.module.css";
import { PAGES } from "./pages.js";

/** What the keys do. */
export function HelpDialog({
  opened,
  onClose,
}: {
  opened: boolean;
  onClose: () => void;
}): JSX.Element {
  const { t } = useWords();
  const { may } = useMe();
  const rows = [
    [["/"], t("help.search")],
    [["u"], t("help.utc")],
    [["?"], t("help.help")],
    ...PAGES.flatMap(({ place, permission }) =>
      place !== undefined && may(permission) ? [[["g", place.key], t(place.label)] as const] : [],
    ),
  ] as const;
  return (
    <Modal
      opened={opened}
      onClose={onClose}
      title={t("help.title")}
      closeButtonProps={{ "aria-label": t("dialog.close") }}
    >
      <dl className={styles.keys}>
        {rows.map(([keys, meaning]) => (
          <div key={meaning}>
            <dt>{meaning}</dt>
            <dd>
              {keys.map((key) => (
                <kbd key={key}>{key}</kbd>
              ))}
            </dd>
          </div>
        ))}
      </dl>
    </Modal>
  );
}
