import { ConfigurationError } from "@lacre/core";

/** A command was given a place where no console has ever been: it makes none. */
export const noConsole = (option: "CONSOLE_DATA" | "DATABASE_URL", problem: string) =>
  new ConfigurationError(
    option,
    problem,
    "Name the folder of your console in CONSOLE_DATA, or its server in DATABASE_URL.",
  );
