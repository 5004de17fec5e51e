const APP_ID = /^[A-Za-z0-9._~-]{1,128}$/;

/** Whether a request may carry this AppId. */
export const isAppIdText = (text: string): boolean => APP_ID.test(text);

/** Whether this will do as the AppId of a configuration: a key in its place is a mix-up that must not be printed. */
export const isAppId = (value: unknown): value is string =>
  typeof value === "string" && APP_ID.test(value) && !value.startsWith("lk1_");

/** What to write as an AppId. */
export const APP_ID_CURE =
  'Use 1 to 128 letters, digits or - _ . ~, and nothing that begins with "lk1_".';
