import type { JSX } from "react";
import { Radio } from "@mantine/core";
import { KINDS, type Kind, type Role, type Subrole } from "../../../../src/access/roles.js";
import { useWords } from "../../words/use-words.js";
import styles from "./people.module.css";

/** What a person is, each with what it may do. */
export function RoleSelect({
  value,
  onChoose,
}: {
  value: Kind;
  onChoose: (kind: Kind) => void;
}): JSX.Element {
  const { t } = useWords();
  return (
    <Radio.Group
      label={t("people.role")}
      value={value}
      onChange={(chosen) => onChoose(KINDS.find((kind) => kind === chosen) ?? value)}
    >
      <div className={styles.roles}>
        {KINDS.map((kind) => (
          <Radio
            key={kind}
            value={kind}
            label={t(`kind.${kind}`)}
            description={t(`kind.${kind}.text`)}
          />
        ))}
      </div>
    </Radio.Group>
  );
}

/** A kind as the console takes it. */
export function roleOf(kind: Kind): { role: Role; subrole: Subrole | null } {
  const [role, subrole] = kind.split(":") as [Role, Subrole | undefined];
  return { role, subrole: subrole ?? null };
}
