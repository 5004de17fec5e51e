import type { JSX } from "react";
import { useLocation } from "wouter";
import { useRead } from "../../api/use-api.js";
import { useMe } from "../../api/use-me.js";
import { useWords } from "../../words/use-words.js";
import { answersSeen } from "./answers-seen.js";
import styles from "./open-requests-badge.module.css";

const MOST = 99;
const EVERY_MS = 60_000;

/** To whoever answers requests, how many wait; to whoever asks, how many of theirs were answered since they looked. */
export function OpenRequestsBadge(): JSX.Element | null {
  const { may } = useMe();
  return may("requests.answer") ? <Waiting /> : <Answered />;
}

function Waiting(): JSX.Element | null {
  const { t } = useWords();
  const query = { state: "open", limit: MOST + 1 };
  const open = useRead("GET /v1/requests", { query, everyMs: EVERY_MS });
  const n = open.data?.items.length ?? 0;
  return <Badge n={n} words={t("requests.badge", { n })} />;
}

function Answered(): JSX.Element | null {
  const { t } = useWords();
  const { id } = useMe();
  const [path] = useLocation();
  const all = useRead("GET /v1/requests", { query: { limit: MOST + 1 }, everyMs: EVERY_MS });
  const since = answersSeen(id);
  const news = (all.data?.items ?? []).filter(
    ({ person, answeredBy, answeredAt }) =>
      person.id === id && answeredBy !== null && Date.parse(answeredAt ?? "") > since,
  );
  const n = path === "/requests" ? 0 : news.length;
  return <Badge n={n} words={t("requests.badge.answered", { n })} />;
}

function Badge({ n, words }: { n: number; words: string }): JSX.Element | null {
  if (n === 0) return null;
  return (
    <span className={styles.badge}>
      <span aria-hidden="true">{n > MOST ? `${MOST}+` : n}</span>
      <span className="visually-hidden">{words}</span>
    </span>
  );
}
