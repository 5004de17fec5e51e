import type { JSX, ReactNode } from "react";
import { Button } from "@mantine/core";
import type { UseQueryResult } from "@tanstack/react-query";
import { ApiError } from "../api/api-error.js";
import { useWords } from "../words/use-words.js";
import { CopyBlock } from "./copy-block.js";
import { useFaultLines } from "./fault-words.js";
import { ServerText } from "./server-text.js";
import styles from "./states.module.css";

/** Lines where words will be. */
export function Loading({ lines = 4 }: { lines?: number }): JSX.Element {
  const { t } = useWords();
  return (
    <div className={styles.loading} role="status">
      <span className="visually-hidden">{t("state.loading")}</span>
      {Array.from({ length: lines }, (_, i) => (
        <span key={i} className={styles.line} aria-hidden="true" />
      ))}
    </div>
  );
}

/** Nothing is here yet: what will be, and the next step towards it. */
export function Empty({
  title,
  children,
  action,
  command,
}: {
  title: string;
  children?: ReactNode;
  action?: ReactNode;
  /** A line for a shell that makes the first entry. */
  command?: string;
}): JSX.Element {
  return (
    <div className={styles.state}>
      <svg className={styles.drawing} viewBox="0 0 64 44" aria-hidden="true">
        <rect x="1.500" y="1.500" width="61" height="41" rx="5" />
        <path d="m3 5 26 20a5 5 0 0 0 6 0L61 5" />
        <circle cx="32" cy="27" r="7" />
      </svg>
      <h2>{title}</h2>
      {children !== undefined && <div className={styles.text}>{children}</div>}
      {command !== undefined && (
        <div className={styles.command}>
          <CopyBlock text={command} />
        </div>
      )}
      {action}
    </div>
  );
}

/** It did not work: what, and a way to try again. */
export function Failing({ error, again }: { error: unknown; again?: () => void }): JSX.Element {
  const { t } = useWords();
  if (error instanceof ApiError && error.code === "not-allowed") return <NotAllowed />;
  return (
    <div className={styles.state} role="alert">
      <h2>{t("state.failed")}</h2>
      <div className={styles.text}>
        <ErrorWords error={error} />
      </div>
      {again !== undefined && (
        <Button variant="default" onClick={again}>
          {t("state.again")}
        </Button>
      )}
    </div>
  );
}

/** Who is asking may not see this. */
function NotAllowed(): JSX.Element {
  const { t } = useWords();
  return (
    <div className={styles.state}>
      <h2>{t("state.notAllowed")}</h2>
      <p className={styles.text}>{t("state.notAllowed.text")}</p>
    </div>
  );
}

/** What went wrong in the reader's language, and what the console says of it. */
export function ErrorWords({ error }: { error: unknown }): JSX.Element {
  const { t } = useWords();
  if (!(error instanceof ApiError)) return <>{t("problem.internal")}</>;
  return (
    <>
      {t(`problem.${error.code}`)}
      {error.detail !== undefined && (
        <span className={styles.detail}>
          <ServerText text={error.detail} />
        </span>
      )}
      <Faults error={error} />
    </>
  );
}

function Faults({ error }: { error: ApiError }): JSX.Element {
  const lines = useFaultLines(error);
  return (
    <>
      {lines.map(({ at, words }) => (
        <span key={at} className={styles.detail}>
          {words}
        </span>
      ))}
    </>
  );
}

/** What a query has to show: loading, failing, or its data. */
export function Shown<Data>({
  of: { data, error, refetch },
  lines,
  children,
}: {
  of: UseQueryResult<Data, ApiError>;
  lines?: number;
  children: (data: Data) => ReactNode;
}): ReactNode {
  if (data !== undefined) return children(data);
  if (error !== null) return <Failing error={error} again={() => void refetch()} />;
  return <Loading {...(lines !== undefined && { lines })} />;
}
