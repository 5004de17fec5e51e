import type { JSX } from "react";
import { Button } from "@mantine/core";
import { Link } from "wouter";
import type { Answer } from "../../api/ask.js";
import { useRead } from "../../api/use-api.js";
import { useMe } from "../../api/use-me.js";
import { Causes } from "../../parts/causes.js";
import { CopyableId } from "../../parts/copyable-id.js";
import { CopyBlock } from "../../parts/copy-block.js";
import { ServerText } from "../../parts/server-text.js";
import { Shown } from "../../parts/states.js";
import { When } from "../../parts/when.js";
import { Page } from "../../shell/page.js";
import { Facts, Section } from "../../shell/section.js";
import { useCodeMeaning, useCodeWords } from "../../words/use-code-words.js";
import type home from "../../words/en/home.json";
import { useWords } from "../../words/use-words.js";
import styles from "./home.module.css";

type Told = Answer<"GET /v1/refusals/:id">;

/** One refusal: what came, what is likely behind it, and what to tell the caller. */
export function RefusalPage({
  params: { id = "" },
}: {
  params: Record<string, string>;
}): JSX.Element {
  const { t } = useWords();
  const { may } = useMe();
  const codeWords = useCodeWords();
  const refusal = useRead("GET /v1/refusals/:id", { params: { id } });
  const code = refusal.data?.code;
  const dead = refusal.data?.deadKey;
  const title = dead ? t(`refusal.dead.${dead.why}` as keyof typeof home) : undefined;
  return (
    <Page
      title={
        title ??
        (code === undefined ? t("nav.home") : t("refusal.title", { reason: codeWords(code) }))
      }
      back={{ href: "/", label: t("nav.home") }}
      actions={
        <>
          {code !== undefined && (
            <Button component={Link} href={`/?code=${code}`} variant="default">
              {t("refusal.others")}
            </Button>
          )}
          {may("explain.try") && (
            <Button component={Link} href={tryPath(refusal.data)} variant="default">
              {t("refusal.try")}
            </Button>
          )}
        </>
      }
    >
      <Shown of={refusal} lines={8}>
        {(told) => <Explained told={told} />}
      </Shown>
    </Page>
  );
}

/** The form to try it in, with what is known of it already there. */
function tryPath(told: Told | undefined): string {
  const known = { at: told?.at, appId: told?.appId, address: told?.address };
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(known))
    if (value !== undefined && value !== null) query.set(name, value);
  return query.size === 0 ? "/try" : `/try?${query.toString()}`;
}

/** Causes of what the console itself says of an app that the service did not know. */
const OF_KNOWN_APPS: ReadonlySet<string> = new Set([
  "app-disabled",
  "app-service",
  "app-new",
  "app-known",
]);

function Explained({ told }: { told: Told }): JSX.Element {
  const { t } = useWords();
  const { explanation, message } = told;
  const meaning = useCodeMeaning()(told.code);
  // What the services did not know, the console may: then its facts say it, and the code's own sentence would deny it.
  const isKnown = explanation.causes.some(({ id }) => OF_KNOWN_APPS.has(id));
  return (
    <>
      <div className={styles.means}>
        {meaning !== undefined && told.deadKey === null && !isKnown && <p>{meaning}</p>}
        <Mend told={told} />
      </div>
      {explanation.facts.length > 0 && (
        <Section title={t("refusal.facts")}>
          {explanation.facts.map(({ text }) => (
            <p key={text}>
              <ServerText text={text} />
            </p>
          ))}
        </Section>
      )}
      <Section title={t("refusal.causes")}>
        <Causes causes={explanation.causes} />
      </Section>
      <Section title={t("refusal.note")} lead={t("refusal.note.lead")}>
        <CopyBlock
          label={`${t("copy.text")}: ${t("refusal.note")}`}
          text={explanation.note}
          lang="en"
          wraps
        />
      </Section>
      <Section
        title={t("refusal.came")}
        lead={message === null ? undefined : <ServerText text={message} />}
      >
        <Came told={told} />
      </Section>
    </>
  );
}

/** Where in this console that is set which a refusal hangs on. */
function Mend({ told: { explanation } }: { told: Told }): JSX.Element {
  const { t } = useWords();
  return (
    <>
      {explanation.links.map(({ to, appId }) => (
        <p key={to}>
          <Link href={`/apps/${encodeURIComponent(appId)}/${to}`}>
            {t("refusal.look", { what: t(`apps.tab.${to}`), appId })}
          </Link>
        </p>
      ))}
    </>
  );
}

function Came({ told }: { told: Told }): JSX.Element {
  const { t } = useWords();
  const { at, appId, code, status, service, method, route, scheme, keyId, proven } = told;
  const { address, requestId, deadKey } = told;
  const key = keyId ?? deadKey?.id;
  return (
    <Facts
      facts={[
        [t("home.when"), <When key="at" at={at} form="full" />],
        [
          t("home.call"),
          <code key="call">
            {method} {route ?? ""}
          </code>,
        ],
        [
          proven ? t("refusal.proven") : t("refusal.claims"),
          appId === null ? (
            t("home.app.none")
          ) : (
            <Link key="app" href={`/apps/${encodeURIComponent(appId)}`}>
              {appId}
            </Link>
          ),
        ],
        [t("refusal.scheme"), scheme ?? "–"],
        [t("refusal.key"), key === undefined ? "–" : <CopyableId key="key" id={key} />],
        [t("refusal.code"), <code key="code">{code}</code>],
        [t("refusal.status"), status],
        [t("home.service"), service],
        [t("refusal.address"), address ?? t("address.unknown")],
        [t("refusal.request"), <CopyableId key="request" id={requestId} />],
      ]}
    />
  );
}
