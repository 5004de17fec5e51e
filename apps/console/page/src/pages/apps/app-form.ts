import type { App, AppChange, LimitName } from "../../api/shapes.js";
import { linesOf } from "../../parts/lines-field.js";

export const LIMIT_NAMES: readonly LimitName[] = ["perSecond", "perMinute", "perHour", "perDay"];

/** An app as the fields of a form have it: all of it text. */
export interface AppForm {
  readonly name: string;
  readonly teamId: string;
  readonly scopes: string;
  readonly schemes: readonly string[];
  readonly networks: string;
  readonly limits: Readonly<Record<LimitName, string>>;
  readonly attributes: string;
}
export type FormField = keyof AppForm;

const NO_LIMITS = { perSecond: "", perMinute: "", perHour: "", perDay: "" };
export const EMPTY_FORM: AppForm = {
  ...{ name: "", teamId: "", scopes: "", schemes: ["lacre1"], networks: "" },
  ...{ limits: NO_LIMITS, attributes: "{}" },
};

export function formOf({
  name,
  team,
  scopes,
  schemes,
  networks,
  limits,
  attributes,
}: App): AppForm {
  const numbers = Object.entries(limits ?? {}).map(([limit, most]) => [limit, String(most)]);
  return {
    ...{ name, teamId: team.id, scopes: scopes.join("\n"), schemes },
    networks: networks.join("\n"),
    limits: { ...NO_LIMITS, ...(Object.fromEntries(numbers) as Partial<AppForm["limits"]>) },
    attributes: JSON.stringify(attributes, null, 2),
  };
}

/** Undefined where the text is no JSON object. */
export function attributesOf(text: string): Record<string, unknown> | undefined {
  try {
    const value = JSON.parse(text.trim() || "{}") as unknown;
    const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
    return isObject ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

/** What the API is told of these fields. */
export function changeOf(form: AppForm, fields: readonly FormField[]): AppChange {
  const limits = Object.entries(form.limits).filter(([, text]) => text !== "");
  const all: Required<Omit<AppChange, "state">> = {
    name: form.name.trim(),
    teamId: form.teamId,
    scopes: linesOf(form.scopes),
    schemes: form.schemes,
    networks: linesOf(form.networks),
    limits:
      limits.length === 0
        ? null
        : Object.fromEntries(limits.map(([name, text]) => [name, Number(text)])),
    attributes: attributesOf(form.attributes) ?? {},
  };
  return Object.fromEntries(fields.map((field) => [field, all[field]]));
}

/** In which of these fields two forms say different things. */
export const differing = (a: AppForm, b: AppForm, fields: readonly FormField[]): FormField[] =>
  fields.filter(
    (field) => JSON.stringify(changeOf(a, [field])) !== JSON.stringify(changeOf(b, [field])),
  );
