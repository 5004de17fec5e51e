import type { JSX } from "react";
import { PinInput } from "@mantine/core";
import { useWords } from "../../words/use-words.js";
import styles from "./front-door.module.css";

/** The six digits of an authenticator app, one box each; they may be pasted or filled in by the browser. */
export function CodeField({
  value,
  onChange,
  onComplete,
  wrong = false,
}: {
  value: string;
  onChange: (code: string) => void;
  onComplete?: (code: string) => void;
  wrong?: boolean;
}): JSX.Element {
  const { t } = useWords();
  return (
    <fieldset className={styles.code}>
      <legend>{t("signIn.code.label")}</legend>
      <PinInput
        length={6}
        type="number"
        size="md"
        gap={8}
        oneTimeCode
        autoFocus
        placeholder=""
        aria-label={t("signIn.code.digit")}
        value={value}
        onChange={onChange}
        error={wrong}
        {...(onComplete !== undefined && { onComplete })}
      />
    </fieldset>
  );
}
