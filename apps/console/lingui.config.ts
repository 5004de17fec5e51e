import { readdirSync } from "node:fs";
import { defineConfig } from "@lingui/conf";
import { formatter } from "@lingui/format-json";

const WORDS = new URL("page/src/words/en/", import.meta.url);

/** One catalog for each room of the page, in `words/<language>/<room>.json`. Read by the build of the page. */
export default defineConfig({
  locales: ["en", "es", "pt"],
  sourceLocale: "en",
  catalogs: readdirSync(WORDS).map((file) => ({
    path: `<rootDir>/page/src/words/{locale}/${file.replace(/[.]json$/, "")}`,
    include: [],
  })),
  format: formatter({ style: "minimal" }),
});
