import { join } from "node:path";

/** The statements that make the database, by version. Beside the sources and beside what is built of them. */
export const MIGRATIONS = join(import.meta.dirname, "..", "..", "migrations");
