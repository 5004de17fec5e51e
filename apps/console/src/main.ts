import "reflect-metadata";
import { ConfigurationError } from "@lacre/core";
import { CommanderError } from "commander";
import { faultText } from "./problems/fault-text.js";
import { program } from "./terminal/program.js";

/** 1 is what a command has found; this is that it could not look. */
const COULD_NOT = 2;

try {
  await program().parseAsync();
} catch (error) {
  if (error instanceof CommanderError) process.exit(error.exitCode === 0 ? 0 : COULD_NOT);
  console.error(error instanceof ConfigurationError ? error.message : faultText(error));
  process.exit(COULD_NOT);
}
