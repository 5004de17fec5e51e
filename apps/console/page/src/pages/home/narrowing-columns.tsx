import type { Column } from "../../parts/data-table.js";
import { useCodeWords } from "../../words/use-code-words.js";
import { useWords } from "../../words/use-words.js";
import { NO_APP, type HomeFilters } from "./home-filters.js";

/** App and reason of a row. A click narrows the page to it. */
export function useNarrowingColumns(
  narrow: (change: Partial<HomeFilters>) => void,
): readonly Column<{ readonly appId: string | null; readonly code: string }>[] {
  const { t } = useWords();
  const codeWords = useCodeWords();
  return [
    {
      id: "app",
      title: t("home.app"),
      cell: ({ appId }) => (
        <button type="button" className="narrows" onClick={() => narrow({ app: appId ?? NO_APP })}>
          {appId ?? <i className="faint">{t("home.app.none")}</i>}
        </button>
      ),
      text: ({ appId }) => appId,
    },
    {
      id: "code",
      title: t("home.reason"),
      cell: ({ code }) => (
        <button type="button" className="narrows" title={code} onClick={() => narrow({ code })}>
          {codeWords(code)}
        </button>
      ),
      text: ({ code }) => code,
    },
  ];
}
