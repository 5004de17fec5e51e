import { useState, type JSX } from "react";
import { Button } from "@mantine/core";
import type { Passkey } from "../../api/shapes.js";
import { useAct, useRead } from "../../api/use-api.js";
import { ConfirmDialog } from "../../parts/confirm-dialog.js";
import { DataTable } from "../../parts/data-table.js";
import { Shown } from "../../parts/states.js";
import { When } from "../../parts/when.js";
import { useWords } from "../../words/use-words.js";

export function PasskeyTable(): JSX.Element {
  const { t } = useWords();
  const passkeys = useRead("GET /v1/me/passkeys");
  const [going, setGoing] = useState<Passkey>();
  const remove = useAct("DELETE /v1/me/passkeys/:id", ["GET /v1/me/passkeys", "GET /v1/me"]);
  return (
    <>
      <Shown of={passkeys} lines={2}>
        {({ items }) =>
          items.length > 0 && (
            <DataTable
              label={t("profile.passkeys")}
              rows={items}
              keyOf={({ id }) => id}
              columns={[
                { id: "name", title: t("people.name"), cell: ({ name }) => name },
                {
                  id: "made",
                  title: t("profile.made"),
                  cell: ({ createdAt }) => <When at={createdAt} form="day" />,
                },
                {
                  id: "used",
                  title: t("profile.used"),
                  cell: ({ lastUsedAt }) => <When at={lastUsedAt} form="ago" />,
                },
                {
                  id: "remove",
                  title: t("table.acts"),
                  end: true,
                  cell: (passkey) => (
                    <Button variant="subtle" size="compact-sm" onClick={() => setGoing(passkey)}>
                      {t("profile.passkeys.remove")}
                      <span className="visually-hidden"> {passkey.name}</span>
                    </Button>
                  ),
                },
              ]}
            />
          )
        }
      </Shown>
      <ConfirmDialog
        opened={going !== undefined}
        onClose={() => setGoing(undefined)}
        title={t("profile.passkeys.remove.title", { name: going?.name })}
        action={t("profile.passkeys.remove")}
        onConfirm={() => remove.mutateAsync({ params: { id: going?.id ?? "" } })}
      >
        {t("profile.passkeys.remove.text")}
      </ConfirmDialog>
    </>
  );
}
