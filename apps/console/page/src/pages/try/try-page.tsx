import { useState, type JSX } from "react";
import { Button, FileButton, Textarea, TextInput } from "@mantine/core";
import { useSearchParams } from "wouter";
import type { ApiError } from "../../api/api-error.js";
import type { Explained } from "../../api/shapes.js";
import { useSecretAct } from "../../api/use-api.js";
import { MomentField } from "../../parts/moment-field.js";
import { ErrorWords } from "../../parts/states.js";
import { Page } from "../../shell/page.js";
import { Section } from "../../shell/section.js";
import { useFaultOf } from "../../parts/fault-words.js";
import { useWords } from "../../words/use-words.js";
import { Verdict } from "./verdict.js";
import styles from "./try.module.css";

/** Judges a pasted request step by step, as a service would. What was pasted is kept nowhere. */
export function TryPage(): JSX.Element {
  const { t } = useWords();
  const [request, setRequest] = useState("");
  const [given] = useSearchParams();
  const [at, setAt] = useState(given.get("at") ?? "");
  const [origin, setOrigin] = useState("");
  const [appId, setAppId] = useState(given.get("appId") ?? "");
  const [address, setAddress] = useState(given.get("address") ?? "");
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<ApiError>();
  const faultOf = useFaultOf(error);
  const [found, setFound] = useState<Explained>();
  const explain = useSecretAct("POST /v1/explain");
  const submit = async (): Promise<void> => {
    setBusy(true);
    setError(undefined);
    setFound(undefined);
    const more = {
      ...(at !== "" && { at }),
      ...(origin !== "" && { origin }),
      ...(appId !== "" && { appId }),
      ...(address !== "" && { address }),
    };
    try {
      setFound(await explain({ body: { request, ...more } }));
    } catch (caught: unknown) {
      setError(caught as ApiError);
    } finally {
      setBusy(false);
    }
  };
  return (
    <Page title={t("nav.try")} lead={t("try.lead")}>
      <Section title={t("try.request")}>
        <form
          className={styles.form}
          onSubmit={(event) => {
            event.preventDefault();
            void submit();
          }}
        >
          <Textarea
            aria-label={t("try.request")}
            description={t("try.request.help")}
            className="code-field"
            data-search
            minRows={8}
            maxRows={24}
            spellCheck={false}
            autoComplete="off"
            error={faultOf("request")}
            value={request}
            onChange={({ currentTarget }) => setRequest(currentTarget.value)}
          />
          <div className={styles.more}>
            <MomentField
              label={t("try.at")}
              description={t("try.at.help")}
              value={at}
              onChoose={setAt}
            />
            <TextInput
              label={t("try.origin")}
              description={t("try.origin.help")}
              autoComplete="off"
              error={faultOf("origin")}
              value={origin}
              onChange={({ currentTarget }) => setOrigin(currentTarget.value.trim())}
            />
            <TextInput
              label={t("try.appId")}
              description={t("try.appId.help")}
              autoComplete="off"
              value={appId}
              onChange={({ currentTarget }) => setAppId(currentTarget.value.trim())}
            />
            <TextInput
              label={t("try.address")}
              description={t("try.address.help")}
              autoComplete="off"
              error={faultOf("address")}
              value={address}
              onChange={({ currentTarget }) => setAddress(currentTarget.value.trim())}
            />
          </div>
          {error !== undefined && error.faults.length === 0 && (
            <p className="says-wrong" role="alert">
              <ErrorWords error={error} />
            </p>
          )}
          <div className={styles.acts}>
            <Button type="submit" loading={busy} disabled={request.trim() === ""}>
              {t("try.do")}
            </Button>
            <FileButton
              onChange={(file) => void file?.text().then(setRequest)}
              accept=".har,.txt,.http,application/json,text/plain"
            >
              {(props) => (
                <Button variant="default" {...props}>
                  {t("try.file")}
                </Button>
              )}
            </FileButton>
          </div>
        </form>
      </Section>
      <div aria-live="polite">{found !== undefined && <Verdict found={found} />}</div>
    </Page>
  );
}
