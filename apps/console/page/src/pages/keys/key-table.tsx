import type { JSX } from "react";
import { ActionIcon, Menu } from "@mantine/core";
import { IconDots } from "@tabler/icons-react";
import type { Key } from "../../api/shapes.js";
import { useMe } from "../../api/use-me.js";
import { CopyableId } from "../../parts/copyable-id.js";
import { DataTable } from "../../parts/data-table.js";
import { When } from "../../parts/when.js";
import { useWords } from "../../words/use-words.js";
import type { KeyAct } from "./key-dialogs.js";
import { isOver, KeyStateMark } from "./key-state.js";
import styles from "./keys.module.css";

interface Terms {
  readonly mayChange: boolean;
  readonly onAct: (what: KeyAct, key: Key) => void;
}

/** What the timeline shows, in words; and what can be done with each key. */
export function KeyTable({ keys, ...terms }: Terms & { keys: readonly Key[] }): JSX.Element {
  const { t } = useWords();
  return (
    <DataTable
      label={t("keys.list")}
      rows={keys}
      keyOf={({ id }) => id}
      columns={[
        {
          id: "id",
          title: t("keys.id"),
          cell: ({ id, fingerprint, scheme, algorithm }) => (
            <span className={styles.two}>
              <CopyableId id={id} />
              <span className="faint" title={t("keys.fingerprint")}>
                {scheme}, {algorithm} · <code>{fingerprint}</code>
              </span>
            </span>
          ),
        },
        {
          id: "state",
          title: t("keys.state"),
          cell: (key) => (
            <span className={styles.two}>
              <KeyStateMark of={key} />
              {key.replacedBy !== null && (
                <span className="faint">
                  {t("keys.replacedBy", { id: `${key.replacedBy.slice(0, 8)}…` })}
                </span>
              )}
            </span>
          ),
        },
        {
          id: "begins",
          title: t("keys.begins"),
          cell: ({ notBefore }) => <When at={notBefore} />,
        },
        {
          id: "ends",
          title: t("keys.ends"),
          cell: ({ expiresAt, revokedAt }) =>
            (revokedAt ?? expiresAt) === null ? (
              <span className="faint">{t("keys.ends.never")}</span>
            ) : (
              <When at={revokedAt ?? expiresAt} />
            ),
        },
        {
          id: "used",
          title: t("keys.used"),
          cell: ({ lastUsedAt, lastSource }) => (
            <span className={styles.two}>
              <When at={lastUsedAt} form="ago" />
              {lastSource !== null && (
                <span className="faint">
                  {t("keys.used.from", { source: lastSource || t("address.unknown") })}
                </span>
              )}
            </span>
          ),
        },
        {
          id: "acts",
          title: t("table.acts"),
          end: true,
          cell: (key) => <Acts of={key} {...terms} />,
        },
      ]}
    />
  );
}

function Acts({ of: key, mayChange, onAct }: Terms & { of: Key }): JSX.Element | null {
  const { t } = useWords();
  const { may } = useMe();
  const acts = (
    [
      ["rotate", "keys.rotate", key.live && key.replacedBy === null],
      ["end", "keys.end", !isOver(key)],
      ["acceptOnly", "keys.end", key.live && key.state === "active"],
      ["activate", "keys.end", key.live && key.state === "accept-only"],
      ["revoke", "keys.revoke", key.state !== "revoked"],
    ] as const
  ).filter(([, permission, fits]) => mayChange && fits && may(permission));
  if (acts.length === 0) return null;
  return (
    <Menu position="bottom-end">
      <Menu.Target>
        <ActionIcon variant="subtle" aria-label={t("keys.acts", { id: key.id })}>
          <IconDots size={18} aria-hidden />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        {acts.map(([act]) => (
          <Menu.Item
            key={act}
            onClick={() => onAct(act, key)}
            {...(act === "revoke" && { className: styles.destroys })}
          >
            {t(`keys.${act}`)}
            {act === "revoke" && "…"}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}
