import { read } from "./markdown.js";

const [, paragraph = ""] =
  /\n\n(Others may be signed, and a sender leaves them unsigned.*)\n\n/.exec(
    read("docs/protocol.md"),
  ) ?? [];
const listed = [...paragraph.matchAll(/`([a-z0-9-]+)`/g)].map(([, name = ""]) => name);

/** The headers that every sender leaves unsigned unless its user names them: docs/protocol.md section 4. */
export const UNSIGNED_NAMES: readonly string[] = listed.filter((name) => !name.endsWith("-"));

/** How the names of whole families of such headers begin. */
export const UNSIGNED_PREFIXES: readonly string[] = listed.filter((name) => name.endsWith("-"));
