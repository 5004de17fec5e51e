import { useState, type JSX } from "react";
import { Checkbox, TextInput } from "@mantine/core";
import type { ApiError } from "../../api/api-error.js";
import type { WebhookEndpoint } from "../../api/shapes.js";
import { useAct, useRead, useSecretAct } from "../../api/use-api.js";
import { FormDialog, STAYS_OPEN } from "../../parts/form-dialog.js";
import { saidDone } from "../../parts/notify.js";
import { useFaultOf } from "../../parts/fault-words.js";
import { useWords } from "../../words/use-words.js";
import { SecretShown } from "./secret-shown.js";
import styles from "./webhooks.module.css";

/** Adds an endpoint, whose secret is shown once; or changes one. */
export function EndpointDialog({
  endpoint,
  onClose,
}: {
  endpoint?: WebhookEndpoint;
  onClose: () => void;
}): JSX.Element {
  const { t } = useWords();
  const [url, setUrl] = useState(endpoint?.url ?? "https://");
  const [events, setEvents] = useState<readonly string[]>(endpoint?.events ?? []);
  const [error, setError] = useState<ApiError>();
  const faultOf = useFaultOf(error);
  const [secret, setSecret] = useState<string>();
  const add = useSecretAct("POST /v1/webhooks", ["GET /v1/webhooks"]);
  const change = useAct("PATCH /v1/webhooks/:id", ["GET /v1/webhooks", "GET /v1/webhooks/:id"]);
  const submit = async (): Promise<unknown> => {
    const body = { url: url.trim(), events };
    try {
      if (endpoint === undefined) {
        setSecret((await add({ body })).secret);
        return STAYS_OPEN;
      }
      const { id, version } = endpoint;
      await change.mutateAsync({ params: { id }, version, body });
      return saidDone(t("webhooks.saved"));
    } catch (caught: unknown) {
      setError(caught as ApiError);
      throw caught;
    }
  };
  if (secret !== undefined) return <SecretShown url={url} secret={secret} onDone={onClose} />;
  return (
    <FormDialog
      opened
      onClose={onClose}
      title={endpoint === undefined ? t("webhooks.add") : t("webhooks.edit")}
      action={endpoint === undefined ? t("webhooks.add") : t("webhooks.save")}
      missing={[
        url.trim().length < 12 && t("webhooks.url"),
        events.length === 0 && t("webhooks.events"),
      ]}
      onSubmit={submit}
    >
      <TextInput
        label={t("webhooks.url")}
        description={t("webhooks.url.help")}
        data-autofocus
        type="url"
        autoComplete="off"
        spellCheck={false}
        error={faultOf("url")}
        value={url}
        onChange={({ currentTarget }) => setUrl(currentTarget.value)}
      />
      <EventsField events={events} onChange={setEvents} />
    </FormDialog>
  );
}

function EventsField({
  events,
  onChange,
}: {
  events: readonly string[];
  onChange: (events: readonly string[]) => void;
}): JSX.Element {
  const { t } = useWords();
  const known = useRead("GET /v1/webhook-events");
  return (
    <Checkbox.Group label={t("webhooks.events")} value={[...events]} onChange={onChange}>
      <div className={styles.events}>
        {(known.data?.items ?? []).map(({ type, description, example }) => (
          <div key={type}>
            <Checkbox value={type} label={<code>{type}</code>} />
            <p lang="en">{description}</p>
            <details>
              <summary>{t("webhooks.example")}</summary>
              <pre tabIndex={0}>{JSON.stringify(example, null, 2)}</pre>
            </details>
          </div>
        ))}
      </div>
    </Checkbox.Group>
  );
}
