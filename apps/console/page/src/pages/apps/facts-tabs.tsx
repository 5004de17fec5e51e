import type { JSX } from "react";
import type { App } from "../../api/shapes.js";
import { useRead } from "../../api/use-api.js";
import { Facts, Section } from "../../shell/section.js";
import { useWords } from "../../words/use-words.js";
import { LIMIT_NAMES } from "./app-form.js";
import { ScopeList } from "./scope-list.js";

/** From where an app may call, and how often. */
export function LimitsTab({ app: { limits, networks } }: { app: App }): JSX.Element {
  const { t, number } = useWords();
  return (
    <>
      <Section title={t("apps.limits")} lead={t("apps.limits.help")}>
        <Facts
          facts={LIMIT_NAMES.map((name) => {
            const most = limits?.[name];
            return [
              t(`apps.limit.${name}`),
              most === undefined ? (
                <span key={name} className="faint">
                  {t("apps.limits.none")}
                </span>
              ) : (
                number(most)
              ),
            ];
          })}
        />
      </Section>
      <Section title={t("apps.networks")}>
        <ScopeList scopes={networks} none={t("apps.networks.any")} />
      </Section>
    </>
  );
}

/** What an app's calls may do, and in which formats they may be signed. */
export function ScopesTab({ app: { scopes, schemes } }: { app: App }): JSX.Element {
  const { t } = useWords();
  const known = useRead("GET /v1/schemes");
  const titleOf = (name: string): string =>
    known.data?.items.find((scheme) => scheme.name === name)?.title ?? name;
  return (
    <>
      <Section title={t("apps.scopes")} lead={t("apps.scopes.lead")}>
        <ScopeList scopes={scopes} none={t("apps.scopes.empty")} />
      </Section>
      <Section title={t("apps.schemes")} lead={t("apps.schemes.help")}>
        <ScopeList scopes={schemes.map(titleOf)} />
      </Section>
    </>
  );
}
