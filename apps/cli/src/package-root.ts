/** The folder of this package, seen from `src` as from `dist`. */
export const PACKAGE_ROOT = new URL("../", import.meta.url);
