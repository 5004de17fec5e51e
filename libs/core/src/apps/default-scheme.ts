/** The scheme of a key, a client or an app that names none. */
export const DEFAULT_SCHEME = "lacre1";
