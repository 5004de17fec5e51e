import type { JSX } from "react";
import { Modal } from "@mantine/core";
import type { AuditEntry } from "../../api/shapes.js";
import { CopyableId } from "../../parts/copyable-id.js";
import { DataTable } from "../../parts/data-table.js";
import { When } from "../../parts/when.js";
import { Facts } from "../../shell/section.js";
import { useWords } from "../../words/use-words.js";
import styles from "./audit.module.css";

/** One entry of the log: what was before, and what after. */
export function ChangeDialog({
  entry,
  onClose,
}: {
  entry: AuditEntry | undefined;
  onClose: () => void;
}): JSX.Element {
  const { t } = useWords();
  return (
    <Modal
      size="xl"
      opened={entry !== undefined}
      onClose={onClose}
      title={entry === undefined ? "" : t("audit.change.of", { seq: entry.seq })}
      closeButtonProps={{ "aria-label": t("dialog.close") }}
    >
      {entry !== undefined && <Change entry={entry} />}
    </Modal>
  );
}

function Change({ entry }: { entry: AuditEntry }): JSX.Element {
  const { t } = useWords();
  const { at, actor, act, object, address, before, after, hash } = entry;
  const fields = changedFields(before, after);
  return (
    <div className={styles.change}>
      <Facts
        facts={[
          [t("audit.at"), <When key="at" at={at} form="full" />],
          [t("audit.actor"), actor.name],
          [t("audit.act"), <code key="act">{act}</code>],
          [t("audit.object"), <CopyableId key="object" id={object.id} />],
          [t("audit.address"), address ?? "–"],
          [t("audit.hash"), <CopyableId key="hash" id={hash} />],
        ]}
      />
      {fields.length === 0 ? (
        <p className="faint">{t("audit.change.none")}</p>
      ) : (
        <DataTable
          label={t("audit.change")}
          rows={fields}
          keyOf={({ name }) => name}
          columns={[
            { id: "name", title: t("audit.field"), cell: ({ name }) => <code>{name}</code> },
            { id: "before", title: t("audit.before"), cell: (field) => shown(field.before) },
            { id: "after", title: t("audit.after"), cell: (field) => shown(field.after) },
          ]}
        />
      )}
    </div>
  );
}

interface Field {
  readonly name: string;
  readonly before: unknown;
  readonly after: unknown;
}

function changedFields(before: unknown, after: unknown): Field[] {
  const [old, now] = [fieldsOf(before), fieldsOf(after)];
  return [...new Set([...Object.keys(old), ...Object.keys(now)])]
    .map((name) => ({ name, before: old[name], after: now[name] }))
    .filter((field) => JSON.stringify(field.before) !== JSON.stringify(field.after));
}

const fieldsOf = (value: unknown): Record<string, unknown> =>
  typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};

function shown(value: unknown): JSX.Element | string {
  if (value === undefined || value === null) return "–";
  return <code className={styles.value}>{JSON.stringify(value)}</code>;
}
