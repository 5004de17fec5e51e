import { useState, type JSX } from "react";
import { Button, TextInput } from "@mantine/core";
import { IconFingerprint } from "@tabler/icons-react";
import { ask } from "../../api/ask.js";
import { begin, type SignedIn } from "../../api/session.js";
import { warned } from "../../parts/notify.js";
import { ErrorWords } from "../../parts/states.js";
import { useWords } from "../../words/use-words.js";
import { CodeField } from "./code-field.js";
import styles from "./front-door.module.css";
import { basicOf, PasskeyNotUsed, signInByPasskey, takesPasskeys } from "./passkey.js";
import { useWait } from "./use-wait.js";

/** A code, a passkey, or a recovery code. */
export function SecondFactor({
  login,
  password,
  onBack,
}: {
  login: string;
  password: string;
  onBack: () => void;
}): JSX.Element {
  const { t } = useWords();
  const [code, setCode] = useState("");
  const [recovery, setRecovery] = useState(false);
  const [failures, setFailures] = useState(0);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>();
  const wait = useWait(error);
  const authorization = basicOf(login, password);

  const prove = async (sign: () => Promise<SignedIn>): Promise<void> => {
    setBusy(true);
    setError(undefined);
    try {
      const given = await sign();
      begin(given);
      if (given.wrongCodes > 0) warned(t("signIn.wrongCodes", { n: given.wrongCodes }));
    } catch (caught: unknown) {
      setError(caught);
      setCode("");
      setFailures((before) => before + 1);
    } finally {
      setBusy(false);
    }
  };
  const byCode = (given: string): Promise<void> =>
    prove(() =>
      ask("POST /v1/login", {
        headers: { authorization },
        body: { browser: true, ...(recovery ? { recoveryCode: given } : { totp: given }) },
      }),
    );

  return (
    <form
      className={styles.form}
      onSubmit={(event) => {
        event.preventDefault();
        void byCode(code.trim());
      }}
    >
      {recovery ? (
        <TextInput
          key="recovery"
          label={t("signIn.recovery.label")}
          description={t("signIn.recovery.text")}
          size="md"
          autoFocus
          autoComplete="off"
          spellCheck={false}
          value={code}
          onChange={({ currentTarget }) => setCode(currentTarget.value)}
        />
      ) : (
        <CodeField
          // Each try begins in the first box.
          key={failures}
          value={code}
          onChange={setCode}
          onComplete={(given) => void byCode(given)}
          wrong={error !== undefined}
        />
      )}
      {error !== undefined && (
        <p className="says-wrong" role="alert">
          {error instanceof PasskeyNotUsed ? (
            t("signIn.passkey.failed")
          ) : (
            <ErrorWords error={error} />
          )}
          {wait > 0 && ` ${t("signIn.wait", { seconds: wait })}`}
        </p>
      )}
      <Button type="submit" size="md" fullWidth loading={busy} disabled={wait > 0 || code === ""}>
        {t("signIn.finish")}
      </Button>
      <div className={styles.ways}>
        {takesPasskeys() && (
          <Button
            variant="subtle"
            leftSection={<IconFingerprint size={17} aria-hidden />}
            disabled={busy || wait > 0}
            onClick={() => void prove(() => signInByPasskey(authorization))}
          >
            {t("signIn.passkey")}
          </Button>
        )}
        <Button
          variant="subtle"
          onClick={() => {
            setRecovery(!recovery);
            setCode("");
            setError(undefined);
          }}
        >
          {recovery ? t("signIn.code.use") : t("signIn.recovery")}
        </Button>
        <Button variant="subtle" onClick={onBack}>
          {t("signIn.back")}
        </Button>
      </div>
    </form>
  );
}
