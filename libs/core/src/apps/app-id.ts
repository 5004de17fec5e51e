import type { TextTerms } from "../option-kinds.js";

const APP_ID = /^(?!lk1_)[A-Za-z0-9._~-]{1,128}$/;

/** Whether a request may carry this AppId: a key in its place is a mix-up that must be neither looked up nor printed. */
export const isAppIdText = (text: string): boolean => APP_ID.test(text);

/** Whether this will do as the AppId of a configuration. */
export const isAppId = (value: unknown): value is string =>
  typeof value === "string" && isAppIdText(value);

/** What to write as an AppId. */
export const APP_ID_CURE =
  'Use 1 to 128 letters, digits or - _ . ~, and nothing that begins with "lk1_".';

/** The terms of an option that is an AppId. A wrong value may be a key, so it is never shown. */
export const APP_ID_TERMS: TextTerms = {
  pattern: APP_ID,
  as: 'an AppId: 1 to 128 letters, digits or - _ . ~, not beginning with "lk1_"',
  example: "orders",
};
