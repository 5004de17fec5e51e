import { useState, type SubmitEvent, type JSX } from "react";
import { Button, TextInput } from "@mantine/core";
import type { ConsoleSettingsRecord } from "../../api/shapes.js";
import { useAct } from "../../api/use-api.js";
import { useMe } from "../../api/use-me.js";
import { saidDone } from "../../parts/notify.js";
import { ErrorWords } from "../../parts/states.js";
import { Section } from "../../shell/section.js";
import type { MessageId } from "../../words/message-id.js";
import { useWords } from "../../words/use-words.js";
import styles from "./settings.module.css";

const FIELDS = ["refusalDays", "minuteDays", "keyExpiringDays", "replayStormPerMinute"] as const;
type Field = (typeof FIELDS)[number];
type Texts = Readonly<Record<Field, string>>;

/** What people choose: for how long things are kept, and what is told of. */
export function ChoicesSection({ settings }: { settings: ConsoleSettingsRecord }): JSX.Element {
  const { t } = useWords();
  const { may } = useMe();
  const mayChange = may("settings.manage");
  const before = textsOf(settings);
  const [texts, setTexts] = useState(before);
  const save = useAct("PATCH /v1/settings", ["GET /v1/settings"]);
  const changed = FIELDS.some((field) => texts[field] !== before[field]);
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    save.mutate(
      { version: settings.version, body: bodyOf(texts) },
      { onSuccess: () => saidDone(t("profile.saved")) },
    );
  };
  return (
    <Section title={t("settings.choices")} lead={t("settings.choices.lead")}>
      <form className={styles.form} onSubmit={submit}>
        {FIELDS.map((field) => (
          <TextInput
            key={field}
            label={t(`settings.${field}` satisfies MessageId)}
            description={t(`settings.${field}.text` satisfies MessageId)}
            inputMode="numeric"
            readOnly={!mayChange}
            value={texts[field]}
            onChange={({ currentTarget }) =>
              setTexts({ ...texts, [field]: currentTarget.value.replaceAll(/\D/g, "") })
            }
          />
        ))}
        {save.error !== null && (
          <p className="says-wrong" role="alert">
            <ErrorWords error={save.error} />
          </p>
        )}
        {mayChange && (
          <div>
            <Button type="submit" loading={save.isPending} disabled={!changed}>
              {t("profile.save")}
            </Button>
          </div>
        )}
      </form>
    </Section>
  );
}

const textsOf = ({ refusalDays, minuteDays, alarms }: ConsoleSettingsRecord): Texts => ({
  refusalDays: String(refusalDays),
  minuteDays: String(minuteDays),
  keyExpiringDays: String(alarms.keyExpiringDays),
  replayStormPerMinute: String(alarms.replayStormPerMinute),
});

const bodyOf = (
  texts: Texts,
): Pick<ConsoleSettingsRecord, "refusalDays" | "minuteDays" | "alarms"> => ({
  refusalDays: Number(texts.refusalDays),
  minuteDays: Number(texts.minuteDays),
  alarms: {
    keyExpiringDays: Number(texts.keyExpiringDays),
    replayStormPerMinute: Number(texts.replayStormPerMinute),
  },
});
