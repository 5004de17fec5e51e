import type { JSX } from "react";
import type { Revocation } from "../../api/shapes.js";
import { useWords } from "../../words/use-words.js";

/** "Used 3 minutes ago from 10.1.2.3, 412 times today." */
export function UsedBy({
  revocation: { lastUsedAt, sources, usesToday },
}: {
  revocation: Revocation;
}): JSX.Element {
  const { t, ago, number } = useWords();
  if (lastUsedAt === null) return <strong>{t("keys.revoke.unused")}</strong>;
  const source = sources[0]?.source || t("address.unknown");
  return (
    <strong>
      {t("keys.revoke.used", {
        ...{ ago: ago(lastUsedAt), source, n: usesToday, number: number(usesToday) },
      })}
    </strong>
  );
}
