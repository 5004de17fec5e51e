import { useId, type JSX, type ReactNode } from "react";
import { Button, Modal } from "@mantine/core";
import { useWords } from "../words/use-words.js";
import styles from "./dialog.module.css";
import { isMissing, MissingWords, type Missing } from "./missing.js";
import { ErrorWords } from "./states.js";
import { useFocusReturn } from "./use-focus-return.js";
import { useSubmit } from "./use-submit.js";

/** There is a next step, for which the caller shows something else. */
export const STAYS_OPEN = Symbol("stays open");

/** A few fields, and one act. */
export function FormDialog({
  opened,
  onClose,
  title,
  action,
  onSubmit,
  children,
  missing = [],
  unchanged = false,
}: {
  opened: boolean;
  onClose: () => void;
  title: string;
  action: string;
  /** The dialog stays open where this fails, and says why; or where it answers `STAYS_OPEN`. */
  onSubmit: () => Promise<unknown>;
  children: ReactNode;
  /** What must be filled in first. */
  missing?: Missing;
  /** All is as it was: there is nothing to save. */
  unchanged?: boolean;
}): JSX.Element {
  const { t } = useWords();
  useFocusReturn();
  const why = useId();
  const { busy, error, submit, forgetError } = useSubmit(onSubmit, (answer) => {
    if (answer !== STAYS_OPEN) close();
  });
  const close = (): void => {
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
      <form
        className={styles.body}
        onSubmit={(event) => {
          event.preventDefault();
          void submit();
        }}
      >
        {children}
        {error !== undefined && (
          <p className="says-wrong" role="alert">
            <ErrorWords error={error} />
          </p>
        )}
        <MissingWords missing={missing} id={why} />
        <div className={styles.acts}>
          <Button variant="default" onClick={close}>
            {t("dialog.cancel")}
          </Button>
          <Button
            type="submit"
            loading={busy}
            disabled={unchanged || isMissing(missing)}
            aria-describedby={isMissing(missing) ? why : undefined}
          >
            {action}
          </Button>
        </div>
      </form>
    </Modal>
  );
}
