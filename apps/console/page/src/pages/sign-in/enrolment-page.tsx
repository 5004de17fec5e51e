import { useCallback, useEffect, useState, type SubmitEvent, type JSX } from "react";
import { Button, TextInput } from "@mantine/core";
import { useLocation } from "wouter";
import { ApiError } from "../../api/api-error.js";
import { ask, type Answer } from "../../api/ask.js";
import { begin, useSession } from "../../api/session.js";
import { Splash } from "../../parts/splash.js";
import { ShownOnce } from "../../parts/shown-once.js";
import { ErrorWords } from "../../parts/states.js";
import { useWords } from "../../words/use-words.js";
import { CodeField } from "./code-field.js";
import { enrolmentToken, forgetEnrolmentToken } from "./enrolment-token.js";
import { FrontDoor } from "./front-door.js";
import styles from "./front-door.module.css";
import { LEAST_PASSWORD, NewPasswordField } from "./password-field.js";
import { TotpSeedView } from "./totp-seed-view.js";

type Look = Answer<"POST /v1/enrolment/look">;
type Enrolling = Answer<"POST /v1/enrolment">;
type Enrolled = Answer<"POST /v1/enrolment/confirm">;

const STEPS = 3;

/** From a link to somebody who can sign in: a password, a second factor, and codes for the day it is lost. */
export function EnrolmentPage(): JSX.Element {
  const { t } = useWords();
  const [, go] = useLocation();
  const [look, setLook] = useState<Look>();
  const [failure, setFailure] = useState<unknown>();
  const [enrolling, setEnrolling] = useState<Enrolling>();
  const [enrolled, setEnrolled] = useState<Enrolled>();
  const again = useCallback(() => {
    setFailure(undefined);
    if (enrolmentToken === undefined) return;
    ask("POST /v1/enrolment/look", { body: { token: enrolmentToken } }).then(
      setLook,
      (error: unknown) => {
        if (error instanceof ApiError && error.isJudged) forgetEnrolmentToken();
        setFailure(error);
      },
    );
  }, []);
  useEffect(again, [again]);

  if (enrolled !== undefined)
    return (
      <FrontDoor title={t("enrol.codes.title")} lead={t("enrol.codes.text")}>
        <div className={styles.form}>
          <ShownOnce
            label={t("enrol.codes.label")}
            lines={enrolled.recoveryCodes}
            fileName="lacre-recovery-codes.txt"
            kept={t("enrol.codes.kept")}
            printable
            done={t("enrol.codes.done")}
            onDone={() => go("/", { replace: true })}
          />
        </div>
      </FrontDoor>
    );
  if (enrolmentToken === undefined || failure !== undefined)
    return <NoWay failure={failure} again={again} />;
  if (enrolling !== undefined)
    return (
      <ConfirmStep
        enrolling={enrolling}
        onDone={(done) => {
          forgetEnrolmentToken();
          begin(done);
          setEnrolled(done);
        }}
      />
    );
  if (look === undefined) return <Splash />;
  return <AccountStep look={look} token={enrolmentToken} onDone={setEnrolling} />;
}

/** There is no link, or none that works; or somebody loads the page again who has just enrolled. */
function NoWay({ failure, again }: { failure: unknown; again: () => void }): JSX.Element {
  const { t } = useWords();
  const signedIn = useSession() === "in";
  const mayPass = failure instanceof ApiError && !failure.isJudged;
  const which = failure !== undefined ? "wrong" : signedIn ? "over" : "noToken";
  const title = mayPass ? t("state.failed") : t(`enrol.${which}.title`);
  return (
    <FrontDoor title={title} lead={mayPass ? undefined : t(`enrol.${which}.text`)}>
      <div className={styles.form}>
        {failure !== undefined && <Fault error={failure} />}
        {mayPass && (
          <Button fullWidth onClick={again}>
            {t("state.again")}
          </Button>
        )}
        <Button
          fullWidth
          variant="default"
          onClick={() => location.assign(which === "over" ? "/profile" : "/")}
        >
          {which === "over" ? t("enrol.codes.done") : t("enrol.toSignIn")}
        </Button>
      </div>
    </FrontDoor>
  );
}

function AccountStep({
  look,
  token,
  onDone,
}: {
  look: Look;
  token: string;
  onDone: (enrolling: Enrolling) => void;
}): JSX.Element {
  const { t } = useWords();
  const first = look.kind === "first";
  const [login, setLogin] = useState(look.login ?? "");
  const [name, setName] = useState(look.name ?? "");
  const [password, setPassword] = useState("");
  const { busy, error, submit } = useStep(async () =>
    onDone(
      await ask("POST /v1/enrolment", { body: { token, password, name, ...(first && { login }) } }),
    ),
  );
  return (
    <FrontDoor title={t("enrol.title")} lead={first ? t("enrol.first") : t("enrol.invited")}>
      <form className={styles.form} onSubmit={submit}>
        <StepWords step={1} />
        <TextInput
          label={t("enrol.name")}
          required
          withAsterisk={false}
          autoFocus
          autoComplete="name"
          value={name}
          onChange={({ currentTarget }) => setName(currentTarget.value)}
        />
        <TextInput
          label={t("signIn.login")}
          description={first ? t("enrol.login.text") : undefined}
          required
          withAsterisk={false}
          readOnly={!first}
          autoComplete="username"
          autoCapitalize="none"
          spellCheck={false}
          value={login}
          onChange={({ currentTarget }) => setLogin(currentTarget.value)}
        />
        <NewPasswordField label={t("signIn.password")} value={password} onChange={setPassword} />
        <Fault error={error} />
        <Button
          type="submit"
          size="md"
          fullWidth
          loading={busy}
          disabled={[...password].length < LEAST_PASSWORD}
        >
          {t("signIn.go")}
        </Button>
      </form>
    </FrontDoor>
  );
}

function ConfirmStep({
  enrolling: { ticket, totp },
  onDone,
}: {
  enrolling: Enrolling;
  onDone: (enrolled: Enrolled) => void;
}): JSX.Element {
  const { t } = useWords();
  const [code, setCode] = useState("");
  const { busy, error, submit } = useStep(async () => {
    try {
      onDone(await ask("POST /v1/enrolment/confirm", { body: { ticket, totp: code } }));
    } finally {
      setCode("");
    }
  });
  return (
    <FrontDoor title={t("enrol.seed.title")} lead={t("enrol.seed.text")}>
      <form className={styles.form} onSubmit={submit}>
        <StepWords step={2} />
        <TotpSeedView seed={totp} />
        <CodeField value={code} onChange={setCode} wrong={error !== undefined} />
        <Fault error={error} />
        <Button type="submit" size="md" fullWidth loading={busy} disabled={code.length < 6}>
          {t("enrol.confirm")}
        </Button>
      </form>
    </FrontDoor>
  );
}

function StepWords({ step }: { step: number }): JSX.Element {
  const { t } = useWords();
  return <p className={styles.step}>{t("enrol.step", { step, steps: STEPS })}</p>;
}

function Fault({ error }: { error: unknown }): JSX.Element | null {
  if (error === undefined) return null;
  return (
    <p className="says-wrong" role="alert">
      <ErrorWords error={error} />
    </p>
  );
}

function useStep(act: () => Promise<void>): {
  busy: boolean;
  error: unknown;
  submit: (event: SubmitEvent) => void;
} {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>();
  return {
    busy,
    error,
    submit: (event) => {
      event.preventDefault();
      setBusy(true);
      setError(undefined);
      act()
        .catch(setError)
        .finally(() => setBusy(false));
    },
  };
}
