import type { JSX, ReactNode } from "react";
import { PasswordInput } from "@mantine/core";
import { useWords } from "../../words/use-words.js";
import styles from "./front-door.module.css";

/** The console takes none that is shorter. */
export const LEAST_PASSWORD = 12;
/** From here on a longer one is hardly better. */
const PLENTY = 24;

/** A new password, with a meter that says what makes it good. */
export function NewPasswordField({
  label,
  value,
  onChange,
  error,
}: {
  label: string;
  value: string;
  onChange: (password: string) => void;
  error?: ReactNode;
}): JSX.Element {
  const { t } = useWords();
  const length = [...value].length;
  const enough = length >= LEAST_PASSWORD;
  return (
    <div>
      <PasswordInput
        label={label}
        required
        withAsterisk={false}
        autoComplete="new-password"
        maxLength={256}
        value={value}
        onChange={({ currentTarget }) => onChange(currentTarget.value)}
        visibilityToggleButtonProps={{ "aria-label": t("password.show"), tabIndex: 0 }}
        aria-describedby="password-hint"
        error={error}
      />
      <div className={styles.meter} data-enough={enough || undefined} aria-hidden="true">
        <span style={{ width: `${Math.min(100, (length / PLENTY) * 100)}%` }} />
      </div>
      <p className={styles.hint} id="password-hint">
        {enough
          ? t("password.long")
          : length === 0
            ? t("password.short", { least: LEAST_PASSWORD })
            : t("password.length", { n: length, least: LEAST_PASSWORD })}
      </p>
    </div>
  );
}
