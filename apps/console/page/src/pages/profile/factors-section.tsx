import { useState, type JSX } from "react";
import { Button } from "@mantine/core";
import { useMe } from "../../api/use-me.js";
import { Mark } from "../../parts/mark.js";
import { Section } from "../../shell/section.js";
import { useWords } from "../../words/use-words.js";
import { takesPasskeys } from "../sign-in/passkey.js";
import { AuthenticatorDialog } from "./authenticator-dialog.js";
import { PasskeyDialog } from "./passkey-dialog.js";
import { PasskeyTable } from "./passkey-table.js";
import { PasswordDialog } from "./password-dialog.js";
import styles from "./profile.module.css";
import { RecoveryDialog } from "./recovery-dialog.js";

type Open = "password" | "authenticator" | "recovery" | "passkey" | undefined;
/** So few left are worth a word. */
const FEW_CODES = 3;

/** How one proves who one is. */
export function FactorsSection(): JSX.Element {
  const { t } = useWords();
  const { secondFactors } = useMe();
  const [open, setOpen] = useState<Open>();
  const close = (): void => setOpen(undefined);
  const left = secondFactors.recoveryCodesLeft;
  return (
    <Section title={t("profile.factors")} lead={t("profile.factors.lead")}>
      <ul className={styles.rows}>
        <li>
          <div>
            <h3>{t("signIn.password")}</h3>
          </div>
          <Button variant="default" onClick={() => setOpen("password")}>
            {t("profile.password.change")}
          </Button>
        </li>
        <li>
          <div>
            <h3>{t("profile.authenticator")}</h3>
            <p>{t("profile.authenticator.text")}</p>
          </div>
          <Button variant="default" onClick={() => setOpen("authenticator")}>
            {t("profile.authenticator.change")}
          </Button>
        </li>
        <li>
          <div>
            <h3>{t("enrol.codes.label")}</h3>
            <Mark tone={left === 0 ? "broken" : left <= FEW_CODES ? "soon" : "whole"}>
              {t("profile.codes.left", { n: left })}
            </Mark>
          </div>
          <Button variant="default" onClick={() => setOpen("recovery")}>
            {t("profile.codes.new")}
          </Button>
        </li>
        <li>
          <div>
            <h3>{t("profile.passkeys")}</h3>
            <p>{t("profile.passkeys.text")}</p>
          </div>
          {takesPasskeys() && (
            <Button variant="default" onClick={() => setOpen("passkey")}>
              {t("profile.passkeys.add")}
            </Button>
          )}
        </li>
      </ul>
      <PasskeyTable />
      {open === "password" && <PasswordDialog onClose={close} />}
      {open === "authenticator" && <AuthenticatorDialog onClose={close} />}
      {open === "recovery" && <RecoveryDialog onClose={close} />}
      {open === "passkey" && <PasskeyDialog onClose={close} />}
    </Section>
  );
}
