import { useState, type JSX } from "react";
import { Button } from "@mantine/core";
import { useLocation } from "wouter";
import type { WebhookEndpoint } from "../../api/shapes.js";
import { useAct, useRead } from "../../api/use-api.js";
import { useMe } from "../../api/use-me.js";
import { ConfirmDialog } from "../../parts/confirm-dialog.js";
import { CopyableId } from "../../parts/copyable-id.js";
import { saidDone, saidWrong } from "../../parts/notify.js";
import { Shown } from "../../parts/states.js";
import { When } from "../../parts/when.js";
import { Page } from "../../shell/page.js";
import { Facts, Section } from "../../shell/section.js";
import { useWords } from "../../words/use-words.js";
import { ScopeList } from "../apps/scope-list.js";
import { DeliveryLog } from "./delivery-log.js";
import { EndpointDialog } from "./endpoint-dialog.js";
import { RotateSecretDialog } from "./rotate-secret-dialog.js";
import { EndpointState } from "./webhooks-page.js";

/** One endpoint, and all that was sent to it. */
export function WebhookPage({
  params: { id = "" },
}: {
  params: Record<string, string>;
}): JSX.Element {
  const { t } = useWords();
  const { may } = useMe();
  const endpoint = useRead("GET /v1/webhooks/:id", { params: { id } });
  return (
    <Page
      title={endpoint.data === undefined ? t("nav.webhooks") : hostOf(endpoint.data.url)}
      back={{ href: "/webhooks", label: t("nav.webhooks") }}
      actions={
        endpoint.data && may("webhooks.manage") ? <Acts endpoint={endpoint.data} /> : undefined
      }
    >
      <Shown of={endpoint} lines={6}>
        {(it) => (
          <>
            <About endpoint={it} />
            <DeliveryLog endpointId={id} />
          </>
        )}
      </Shown>
    </Page>
  );
}

const hostOf = (url: string): string => (URL.canParse(url) ? new URL(url).host : url);

function About({ endpoint }: { endpoint: WebhookEndpoint }): JSX.Element {
  const { t, time } = useWords();
  const { id, url, events, createdAt, oldSecretUntil } = endpoint;
  return (
    <Section title={t("webhooks.about")}>
      <Facts
        facts={[
          [t("webhooks.url"), <code key="url">{url}</code>],
          [t("webhooks.state"), <EndpointState key="state" endpoint={endpoint} />],
          [t("webhooks.created"), <When key="created" at={createdAt} form="day" />],
          [t("webhooks.events"), <ScopeList key="events" scopes={events} />],
          ["Id", <CopyableId key="id" id={id} />],
          ...(oldSecretUntil === null
            ? []
            : [
                [
                  t("webhooks.secret"),
                  t("webhooks.secret.old", { at: time(oldSecretUntil) }),
                ] as const,
              ]),
        ]}
      />
    </Section>
  );
}

function Acts({ endpoint }: { endpoint: WebhookEndpoint }): JSX.Element {
  const words = useWords();
  const { t } = words;
  const [, go] = useLocation();
  const { id, url, active, version } = endpoint;
  const params = { id };
  const [dialog, setDialog] = useState<"edit" | "rotate" | "remove">();
  const close = (): void => setDialog(undefined);
  const reads = ["GET /v1/webhooks", "GET /v1/webhooks/:id"] as const;
  const change = useAct("PATCH /v1/webhooks/:id", reads);
  const remove = useAct("DELETE /v1/webhooks/:id", ["GET /v1/webhooks"]);
  const test = useAct("POST /v1/webhooks/:id/test", ["GET /v1/webhooks/:id/deliveries"]);
  const saying = (done: string) => ({
    onSuccess: () => saidDone(done),
    onError: (error: unknown) => saidWrong(words, error),
  });
  return (
    <>
      <Button variant="default" className="destroys" onClick={() => setDialog("remove")}>
        {t("webhooks.remove")}
      </Button>
      <Button
        variant="default"
        loading={change.isPending}
        onClick={() =>
          change.mutate({ params, version, body: { active: !active } }, saying(t("webhooks.saved")))
        }
      >
        {active ? t("webhooks.turnOff") : t("webhooks.turnOn")}
      </Button>
      <Button variant="default" onClick={() => setDialog("rotate")}>
        {t("webhooks.rotate")}
      </Button>
      <Button variant="default" onClick={() => setDialog("edit")}>
        {t("webhooks.edit")}
      </Button>
      <Button
        loading={test.isPending}
        onClick={() => test.mutate({ params }, saying(t("webhooks.tested")))}
      >
        {t("webhooks.test")}
      </Button>
      {dialog === "edit" && <EndpointDialog endpoint={endpoint} onClose={close} />}
      {dialog === "rotate" && <RotateSecretDialog endpoint={endpoint} onClose={close} />}
      <ConfirmDialog
        opened={dialog === "remove"}
        onClose={close}
        title={t("webhooks.remove.title")}
        action={t("webhooks.remove")}
        onConfirm={async () => {
          await remove.mutateAsync({ params, version });
          saidDone(t("webhooks.removed"));
          go("/webhooks");
        }}
      >
        {t("webhooks.remove.text", { url })}
      </ConfirmDialog>
    </>
  );
}
