import { useLingui } from "@lingui/react";
import type codes from "./en/codes.json";
import { useWords } from "./use-words.js";

/** What there is under this id; undefined where a service knows a code that this page does not. */
function useKnown(): (id: string) => string | undefined {
  const { t } = useWords();
  const { i18n } = useLingui();
  return (id) => (id in i18n.messages ? t(id as keyof typeof codes) : undefined);
}

/** A verdict in a few words, or the code itself. */
export function useCodeWords(): (code: string) => string {
  const known = useKnown();
  return (code) => known(`code.${code}`) ?? code;
}

/** One sentence on what a verdict means. */
export function useCodeMeaning(): (code: string) => string | undefined {
  const known = useKnown();
  return (code) => known(`code.means.${code}`);
}
