import { useState, type JSX } from "react";
import { Textarea } from "@mantine/core";
import type { AccessRequest } from "../../api/shapes.js";
import { useAct } from "../../api/use-api.js";
import { ConfirmDialog } from "../../parts/confirm-dialog.js";
import { FormDialog } from "../../parts/form-dialog.js";
import { saidDone } from "../../parts/notify.js";
import { useWords } from "../../words/use-words.js";
import { AppFields } from "../apps/app-fields.js";
import { changeOf, EMPTY_FORM } from "../apps/app-form.js";

interface Terms {
  readonly request: AccessRequest;
  readonly onClose: () => void;
}

/** Gives what was asked for, or something else. */
export function ApproveDialog({ request, onClose }: Terms): JSX.Element {
  const { t } = useWords();
  const { id, appId, person, team, isNew } = request;
  const fields = isNew ? (["scopes", "schemes"] as const) : (["scopes"] as const);
  const [form, setForm] = useState({ ...EMPTY_FORM, scopes: request.scopes.join("\n") });
  const [answer, setAnswer] = useState("");
  const approve = useAct("POST /v1/requests/:id/approve", ["GET /v1/requests", "GET /v1/apps"]);
  return (
    <FormDialog
      opened
      onClose={onClose}
      title={t("requests.approve.title", { appId })}
      action={t("requests.approve")}
      onSubmit={async () => {
        const said = answer.trim();
        const body = { ...changeOf(form, fields), ...(said !== "" && { answer: said }) };
        await approve.mutateAsync({ params: { id }, body });
        saidDone(t("requests.approved", { name: person.name }));
      }}
    >
      <p className="faint">
        {isNew ? t("requests.approve.new", { team: team.name }) : t("requests.approve.more")}
      </p>
      <AppFields
        fields={fields}
        kind="app"
        form={form}
        error={approve.error}
        onChange={(change) => setForm({ ...form, ...change })}
      />
      <Textarea
        label={t("requests.approve.answer", { name: person.name })}
        value={answer}
        onChange={({ currentTarget }) => setAnswer(currentTarget.value)}
      />
    </FormDialog>
  );
}

/** Says no, and why. */
export function RefuseDialog({ request: { id, appId, person }, onClose }: Terms): JSX.Element {
  const { t } = useWords();
  const [answer, setAnswer] = useState("");
  const refuse = useAct("POST /v1/requests/:id/refuse", ["GET /v1/requests"]);
  return (
    <FormDialog
      opened
      onClose={onClose}
      title={t("requests.refuse.title", { appId })}
      action={t("requests.refuse")}
      missing={[answer.trim() === "" && t("requests.reason")]}
      onSubmit={async () => {
        await refuse.mutateAsync({ params: { id }, body: { answer: answer.trim() } });
        saidDone(t("requests.refused"));
      }}
    >
      <Textarea
        label={t("requests.refuse.reason", { name: person.name })}
        data-autofocus
        value={answer}
        onChange={({ currentTarget }) => setAnswer(currentTarget.value)}
      />
    </FormDialog>
  );
}

/** Takes one's own request back. */
export function WithdrawDialog({ request: { id, appId }, onClose }: Terms): JSX.Element {
  const { t } = useWords();
  const withdraw = useAct("POST /v1/requests/:id/withdraw", ["GET /v1/requests"]);
  return (
    <ConfirmDialog
      opened
      onClose={onClose}
      title={t("requests.withdraw.title", { appId })}
      action={t("requests.withdraw")}
      onConfirm={async () => {
        await withdraw.mutateAsync({ params: { id } });
        saidDone(t("requests.withdrawn"));
      }}
    >
      {t("requests.withdraw.text")}
    </ConfirmDialog>
  );
}
