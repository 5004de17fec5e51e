import { useState, type JSX } from "react";
import { PasswordInput, TextInput } from "@mantine/core";
import type { Missing } from "../../parts/missing.js";
import { useWords } from "../../words/use-words.js";

export interface Proof {
  readonly password: string;
  readonly totp: string;
}
const NONE: Proof = { password: "", totp: "" };

/** What proves that it is still the same person who asks. */
export function useProof(): {
  proof: Proof;
  setProof: (proof: Proof) => void;
  missing: Missing;
} {
  const { t } = useWords();
  const [proof, setProof] = useState(NONE);
  const missing = [
    proof.password === "" && t("profile.proof.password"),
    proof.totp.length < 6 && t("signIn.code.label"),
  ];
  return { proof, setProof, missing };
}

export function ProofFields({
  proof,
  onChange,
}: {
  proof: Proof;
  onChange: (proof: Proof) => void;
}): JSX.Element {
  const { t } = useWords();
  return (
    <>
      <PasswordInput
        label={t("profile.proof.password")}
        data-autofocus
        autoComplete="current-password"
        value={proof.password}
        visibilityToggleButtonProps={{ "aria-label": t("password.show"), tabIndex: 0 }}
        onChange={({ currentTarget }) => onChange({ ...proof, password: currentTarget.value })}
      />
      <TextInput
        label={t("signIn.code.label")}
        inputMode="numeric"
        autoComplete="one-time-code"
        value={proof.totp}
        onChange={({ currentTarget }) =>
          onChange({ ...proof, totp: currentTarget.value.replaceAll(/\D/g, "").slice(0, 6) })
        }
      />
    </>
  );
}
