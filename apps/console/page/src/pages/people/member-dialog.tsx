import { useState, type JSX } from "react";
import { Radio } from "@mantine/core";
import type { ReadRoute } from "../../api/ask.js";
import type { TeamRecord } from "../../api/shapes.js";
import { useAct, useList } from "../../api/use-api.js";
import { SearchField } from "../../parts/filter-bar.js";
import { FormDialog } from "../../parts/form-dialog.js";
import { Loading } from "../../parts/states.js";
import { useWords } from "../../words/use-words.js";
import styles from "./people.module.css";

/** Chooses one of all people for a team. */
export function MemberDialog({
  team: { id, people },
  renews,
  onClose,
}: {
  team: TeamRecord;
  renews: readonly ReadRoute[];
  onClose: () => void;
}): JSX.Element {
  const { t } = useWords();
  const [search, setSearch] = useState("");
  const [chosen, setChosen] = useState("");
  const { items, loading } = useList("GET /v1/people", { search, limit: 20 });
  const add = useAct("PUT /v1/teams/:id/members/:personId", renews);
  const others = items.filter((person) => !people.some((member) => member.id === person.id));
  return (
    <FormDialog
      opened
      onClose={onClose}
      title={t("teams.people.add")}
      action={t("teams.people.add")}
      missing={[chosen === "" && t("teams.people.who")]}
      onSubmit={() => add.mutateAsync({ params: { id, personId: chosen } })}
    >
      <SearchField label={t("people.search")} value={search} onSearch={setSearch} />
      {loading ? (
        <Loading lines={3} />
      ) : (
        <Radio.Group aria-label={t("nav.people")} value={chosen} onChange={setChosen}>
          <div className={styles.roles}>
            {others.map((person) => (
              <Radio
                key={person.id}
                value={person.id}
                label={person.name}
                description={person.login}
              />
            ))}
            {others.length === 0 && <p className="faint">{t("people.none")}</p>}
          </div>
        </Radio.Group>
      )}
    </FormDialog>
  );
}
