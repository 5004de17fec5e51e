import type { JSX } from "react";
import { Modal } from "@mantine/core";
import { useRead } from "../../api/use-api.js";
import type { AuditReport } from "../../api/shapes.js";
import { CopyBlock } from "../../parts/copy-block.js";
import { Mark } from "../../parts/mark.js";
import { Shown } from "../../parts/states.js";
import { useWords } from "../../words/use-words.js";
import styles from "./audit.module.css";

/** Follows the chain of the log from its beginning to its end. */
export function VerifyDialog({
  opened,
  onClose,
}: {
  opened: boolean;
  onClose: () => void;
}): JSX.Element {
  const { t } = useWords();
  return (
    <Modal
      opened={opened}
      onClose={onClose}
      title={t("audit.verify")}
      closeButtonProps={{ "aria-label": t("dialog.close") }}
    >
      {opened && <Verdict />}
    </Modal>
  );
}

function Verdict(): JSX.Element {
  const report = useRead("GET /v1/audit/verify");
  return (
    <Shown of={report} lines={2}>
      {(shown) => <Report report={shown} />}
    </Shown>
  );
}

function Report({ report }: { report: AuditReport }): JSX.Element {
  const { t, number } = useWords();
  const { whole, checked, brokenAt, problem, head } = report;
  return (
    <div className={styles.change}>
      {whole ? (
        <p>
          <Mark tone="whole">{t("audit.whole")}</Mark>
          <br />
          {t("audit.whole.text", { n: checked, number: number(checked) })}
        </p>
      ) : (
        <div className="says-wrong">
          <Mark tone="broken">{t("audit.broken")}</Mark>
          <p>{brokenAt === null ? problem : t("audit.broken.text", { seq: brokenAt })}</p>
          {brokenAt !== null && problem !== null && <p>{problem}</p>}
        </div>
      )}
      {head !== null && (
        <>
          <p className="faint">{t("audit.head")}</p>
          <CopyBlock wraps label={t("audit.hash")} text={head.hash} />
        </>
      )}
    </div>
  );
}
