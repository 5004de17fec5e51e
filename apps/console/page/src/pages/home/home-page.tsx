import { useMemo, type JSX } from "react";
import { CloseButton } from "@mantine/core";
import { OWN_TEAMS_ONLY } from "../../../../src/access/roles.js";
import { useRead } from "../../api/use-api.js";
import { useMe } from "../../api/use-me.js";
import { RangeBar } from "../../parts/range-bar.js";
import { Empty, Shown } from "../../parts/states.js";
import { useFilters } from "../../parts/use-filters.js";
import { useRange } from "../../parts/use-range.js";
import { Page } from "../../shell/page.js";
import { useCodeWords } from "../../words/use-code-words.js";
import { useWords } from "../../words/use-words.js";
import { EachRefusal } from "./each-refusal.js";
import { askedFor, HOME_FILTERS, NO_APP, type HomeFilters } from "./home-filters.js";
import styles from "./home.module.css";
import { ReasonTable } from "./reason-table.js";
import { RefusedChart } from "./refused-chart.js";
import { Totals } from "./totals.js";

/** Without credentials it is refused, by whatever service it reaches. */
const FIRST_CALL = "curl -i http://localhost:3000/orders";

/** What was refused: how much, to whom and why, and one by one as it happens. */
export function HomePage(): JSX.Element {
  const { t } = useWords();
  const [filters, set] = useFilters(HOME_FILTERS);
  const range = useRange(filters);
  const asked = useMemo(() => askedFor(filters, range), [filters, range]);
  const everyMs = range.goesOn && 30_000;
  const series = useRead("GET /v1/verdicts/series", { query: { ...asked, points: 72 }, everyMs });
  const table = useRead("GET /v1/verdicts/table", { query: asked, everyMs });
  const narrowed = filters.app !== "" || filters.code !== "";
  const quiet =
    !narrowed &&
    series.data?.codes.length === 0 &&
    series.data.points.every(({ accepted }) => accepted === 0);
  return (
    <Page title={t("nav.home")} lead={t("home.lead")}>
      <div className={styles.bar}>
        <RangeBar filters={filters} range={range} onChoose={set} />
        <Narrowed filters={filters} onChange={set} />
      </div>
      <Shown of={series} lines={9}>
        {({ points, codes }) =>
          quiet ? (
            <NothingYet />
          ) : (
            <>
              <Totals points={points} rows={table.data?.items} />
              <RefusedChart points={points} codes={codes} filters={filters} onChoose={set} />
              <Shown of={table} lines={5}>
                {({ items }) => <ReasonTable rows={items} onNarrow={set} />}
              </Shown>
            </>
          )
        }
      </Shown>
      <EachRefusal
        asked={asked}
        goesOn={range.goesOn}
        quiet={quiet}
        onNarrow={set}
        onNews={() => {
          void series.refetch();
          void table.refetch();
        }}
      />
    </Page>
  );
}

/** A call without a signature is nobody's: whoever sees their own teams alone would wait for it in vain. */
function NothingYet(): JSX.Element {
  const { t } = useWords();
  const { kind } = useMe();
  if (OWN_TEAMS_ONLY.includes(kind))
    return <Empty title={t("home.empty.own")}>{t("home.empty.own.text")}</Empty>;
  return (
    <Empty title={t("home.empty")} command={FIRST_CALL}>
      {t("home.empty.text")}
    </Empty>
  );
}

/** What the page is narrowed to, each with a way out of it. */
function Narrowed({
  filters: { app, code },
  onChange,
}: {
  filters: HomeFilters;
  onChange: (change: Partial<HomeFilters>) => void;
}): JSX.Element | null {
  const { t } = useWords();
  const codeWords = useCodeWords();
  const chips = [
    ...(app === "" ? [] : [{ name: app === NO_APP ? t("home.app.none") : app, off: { app: "" } }]),
    ...(code === "" ? [] : [{ name: codeWords(code), off: { code: "" } }]),
  ];
  if (chips.length === 0) return null;
  return (
    <ul className={styles.chips}>
      {chips.map(({ name, off }) => (
        <li key={name}>
          {name}
          <CloseButton
            size="xs"
            aria-label={t("filter.remove", { name })}
            onClick={() => onChange(off)}
          />
        </li>
      ))}
    </ul>
  );
}
