import type codes from "./en/codes.json";
import { useWords } from "./use-words.js";

/** A verdict in a few words; the code itself where a service knows one that this page does not. */
export function useCodeWords(): (code: string) => string {
  const { t } = useWords();
  return (code) => {
    const words = t(`code.${code}` as keyof typeof codes);
    return words === `code.${code}` ? code : words;
  };
}

/** One sentence on what a verdict means; undefined where a service knows a code that this page does not. */
export function useCodeMeaning(): (code: string) => string | undefined {
  const { t } = useWords();
  return (code) => {
    const id = `code.means.${code}` as keyof typeof codes;
    const words = t(id);
    return words === id ? undefined : words;
  };
}
