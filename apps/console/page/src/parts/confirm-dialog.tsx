import { useId, useState, type JSX, type ReactNode } from "react";
import { Button, Modal, TextInput } from "@mantine/core";
import { useWords } from "../words/use-words.js";
import { isMissing, MissingWords, type Missing } from "./missing.js";
import { ErrorWords } from "./states.js";
import { useSubmit } from "./use-submit.js";
import styles from "./dialog.module.css";

/** Asks before something is destroyed, and names what. */
export function ConfirmDialog({
  opened,
  onClose,
  title,
  children,
  action,
  onConfirm,
  typed,
  missing = [],
}: {
  opened: boolean;
  onClose: () => void;
  title: string;
  /** What is destroyed, and what follows from that. */
  children: ReactNode;
  /** The word on the button: what it does, never "OK". */
  action: string;
  /** The dialog stays open where this fails, and says why. */
  onConfirm: () => Promise<unknown>;
  /** Must be typed first: for what nothing brings back. */
  typed?: string;
  /** What `children` ask for, and must be filled in first. */
  missing?: Missing;
}): JSX.Element {
  const { t } = useWords();
  const why = useId();
  const [text, setText] = useState("");
  const { busy, error, submit, forgetError } = useSubmit(onConfirm, () => close());
  const close = (): void => {
    setText("");
    forgetError();
    onClose();
  };
  return (
    <Modal
      opened={opened}
      onClose={close}
      title={title}
      closeButtonProps={{ "aria-label": t("dialog.close") }}
    >
      <div className={styles.body}>
        <div>{children}</div>
        {typed !== undefined && (
          <TextInput
            label={t("dialog.type", { word: typed })}
            value={text}
            autoComplete="off"
            onChange={({ currentTarget }) => setText(currentTarget.value)}
          />
        )}
        {error !== undefined && (
          <p className="says-wrong" role="alert">
            <ErrorWords error={error} />
          </p>
        )}
        <MissingWords missing={missing} id={why} />
        <div className={styles.acts}>
          <Button variant="default" onClick={close} data-autofocus>
            {t("dialog.cancel")}
          </Button>
          <Button
            className="destroys"
            loading={busy}
            aria-describedby={isMissing(missing) ? why : undefined}
            disabled={isMissing(missing) || (typed !== undefined && text !== typed)}
            onClick={() => void submit()}
          >
            {action}
          </Button>
        </div>
      </div>
    </Modal>
  );
}
