import { useMemo } from "react";
import { i18n } from "@lingui/core";
import { useLingui } from "@lingui/react";
import { usePreferences } from "../theme/preferences.js";
import type { Language } from "./languages.js";
import type { MessageId } from "./message-id.js";

const CATALOGS: Readonly<Record<Language, () => Promise<{ words: Record<string, string> }>>> = {
  en: () => import("./en.js"),
  es: () => import("./es.js"),
  pt: () => import("./pt.js"),
};

/** Speaks this language from now on. */
export async function speak(language: Language): Promise<void> {
  const { words } = await CATALOGS[language]();
  i18n.loadAndActivate({ locale: language, messages: words });
  document.documentElement.lang = language;
}

export interface Words {
  /** The message in the reader's language. */
  readonly t: (id: MessageId, values?: Record<string, unknown>) => string;
  readonly number: (value: number) => string;
  /** 0.5 is a half. */
  readonly percent: (value: number) => string;
  /** A time in the reader's zone, or in UTC where the reader wants that. */
  readonly time: (at: string | Date, form?: TimeForm) => string;
  /** A time on an axis: the hour, or the day where one begins. */
  readonly tick: (at: Date) => string;
  /** "3 minutes ago", "in 2 days". */
  readonly ago: (at: string | Date) => string;
}

/** `short` for tables, `second` where each second counts; `full` with seconds and zone; `day` without a time. */
export type TimeForm = "short" | "second" | "full" | "day";

const FORMS: Readonly<Record<TimeForm, Intl.DateTimeFormatOptions>> = {
  short: { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" },
  second: { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", second: "2-digit" },
  full: {
    year: "numeric",
    month: "short",
    day: "numeric",
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
    timeZoneName: "short",
  },
  day: { year: "numeric", month: "short", day: "numeric" },
};

const STEPS: readonly (readonly [Intl.RelativeTimeFormatUnit, number])[] = [
  ["year", 31_536_000],
  ["month", 2_592_000],
  ["day", 86_400],
  ["hour", 3600],
  ["minute", 60],
];

export function useWords(): Words {
  const { i18n: current } = useLingui();
  const { times } = usePreferences();
  const { locale } = current;
  return useMemo(() => {
    const zone = times === "utc" ? { timeZone: "UTC" } : {};
    const numbers = new Intl.NumberFormat(locale);
    const percents = new Intl.NumberFormat(locale, {
      style: "percent",
      maximumSignificantDigits: 2,
    });
    const relative = new Intl.RelativeTimeFormat(locale, { numeric: "auto" });
    return {
      t: (id, values) => current._(id, values),
      number: (value) => numbers.format(value),
      percent: (value) => percents.format(value),
      time: (at, form = "short") => {
        const date = new Date(at);
        const lately = Math.abs(Date.now() - date.getTime()) < 300 * 86_400_000;
        const year: Intl.DateTimeFormatOptions = lately ? {} : { year: "numeric" };
        return new Intl.DateTimeFormat(locale, { ...year, ...FORMS[form], ...zone }).format(date);
      },
      tick: (at) => {
        const hour = new Intl.DateTimeFormat(locale, {
          hour: "2-digit",
          minute: "2-digit",
          ...zone,
        });
        const [hours, minutes] =
          times === "utc"
            ? [at.getUTCHours(), at.getUTCMinutes()]
            : [at.getHours(), at.getMinutes()];
        if (hours + minutes > 0) return hour.format(at);
        return new Intl.DateTimeFormat(locale, { day: "numeric", month: "short", ...zone }).format(
          at,
        );
      },
      ago: (at) => {
        const seconds = Math.round((new Date(at).getTime() - Date.now()) / 1000);
        const [unit, size] = STEPS.find(([, step]) => Math.abs(seconds) >= step) ?? ["second", 1];
        return relative.format(Math.round(seconds / size), unit);
      },
    };
  }, [current, locale, times]);
}
