import { useState, type SubmitEvent, type JSX } from "react";
import { Button, PasswordInput, TextInput } from "@mantine/core";
import { useWords } from "../../words/use-words.js";
import { FrontDoor } from "./front-door.js";
import styles from "./front-door.module.css";
import { SecondFactor } from "./second-factor.js";

/** Login and password, then the second factor. The console is asked when it has all: it says the same of every fault. */
export function SignInPage(): JSX.Element {
  const { t } = useWords();
  const [login, setLogin] = useState("");
  const [password, setPassword] = useState("");
  const [second, setSecond] = useState(false);
  if (second)
    return (
      <FrontDoor title={t("signIn.code.title")} lead={login}>
        <SecondFactor
          login={login}
          password={password}
          onBack={() => {
            setPassword("");
            setSecond(false);
          }}
        />
      </FrontDoor>
    );
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    setSecond(true);
  };
  return (
    <FrontDoor title={t("signIn.title")} lead={t("signIn.lead")}>
      <form className={styles.form} onSubmit={submit}>
        <TextInput
          label={t("signIn.login")}
          size="md"
          required
          withAsterisk={false}
          autoFocus
          autoComplete="username"
          autoCapitalize="none"
          spellCheck={false}
          value={login}
          onChange={({ currentTarget }) => setLogin(currentTarget.value)}
        />
        <PasswordInput
          label={t("signIn.password")}
          size="md"
          required
          withAsterisk={false}
          autoComplete="current-password"
          value={password}
          visibilityToggleButtonProps={{ "aria-label": t("password.show"), tabIndex: 0 }}
          onChange={({ currentTarget }) => setPassword(currentTarget.value)}
        />
        <Button type="submit" size="md" fullWidth>
          {t("signIn.go")}
        </Button>
      </form>
    </FrontDoor>
  );
}
