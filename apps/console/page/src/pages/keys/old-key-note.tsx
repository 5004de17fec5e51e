import type { JSX } from "react";
import { Button } from "@mantine/core";
import type { Key, KeyUse } from "../../api/shapes.js";
import { useWords } from "../../words/use-words.js";
import { isOver } from "./key-state.js";
import styles from "./keys.module.css";

/** While a rotation is open: who still uses the old key, and when it ends. */
export function OldKeyNote({
  keys,
  uses,
  onEnd,
}: {
  keys: readonly Key[];
  uses: readonly KeyUse[];
  onEnd: ((key: Key) => void) | undefined;
}): JSX.Element | null {
  const { t, ago } = useWords();
  const old = keys.find((key) => key.replacedBy !== null && !isOver(key));
  const successor = keys.find(({ id }) => id === old?.replacedBy);
  if (old === undefined || successor === undefined) return null;
  const since = Math.floor(Date.parse(successor.createdAt) / 60_000) * 60_000;
  const still = uses.filter(
    ({ keyId, lastMinute }) => keyId === old.id && Date.parse(lastMinute) >= since,
  );
  const sources = still.map(
    ({ source, lastMinute }) => `${source || t("address.unknown")} (${ago(lastMinute)})`,
  );
  return (
    <div className={styles.still} data-nobody={still.length === 0 || undefined} role="status">
      <p>
        {still.length === 0
          ? t("keys.still.nobody")
          : t("keys.still", { n: still.length, sources: sources.slice(0, 5).join(", ") })}{" "}
        {old.expiresAt !== null && t("keys.still.ends", { ago: ago(old.expiresAt) })}
      </p>
      {onEnd !== undefined && (
        <Button variant="default" size="compact-md" onClick={() => onEnd(old)}>
          {t("keys.still.endNow")}
        </Button>
      )}
    </div>
  );
}
