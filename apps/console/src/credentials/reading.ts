import { ConfigurationError } from "@lacre/core";
import { Problem } from "../problems/problem.js";

/**
 * Runs a reader of the module over what a person wants to store; what it refuses is what they are told.
 * @param sentAs what the person has sent it as, of each option that the reader names
 */
export function asInput<Read>(read: () => Read, sentAs: (option: string) => string): Read {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    const { option, message } = error;
    const problem = message.startsWith(`${option}: `) ? message.slice(option.length + 2) : message;
    throw new Problem("invalid-input", { faults: [{ at: `body.${sentAs(option)}`, problem }] });
  }
}
