import type { JSX } from "react";
import { useWords, type TimeForm } from "../words/use-words.js";

/**
 * A time in the reader's zone, or how long it is ago; UTC on hover. The key `u` shows all times of the page in UTC, so
 * that nobody needs a pointer for it.
 */
export function When({
  at,
  form = "short",
}: {
  at: string | null | undefined;
  form?: TimeForm | "ago";
}): JSX.Element {
  const { t, time, ago } = useWords();
  if (at === null || at === undefined) return <span className="faint">{t("time.never")}</span>;
  const shown = form === "ago" ? ago(at) : time(at, form);
  const utc = at.replace("T", " ").replace(/(?:[.]\d+)?Z$/, " UTC");
  return (
    <time dateTime={at} title={form === "ago" ? `${time(at, "full")}\n${utc}` : utc}>
      {shown}
    </time>
  );
}
