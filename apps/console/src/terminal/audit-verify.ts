import { ConfigurationError } from "@lacre/core";
import { AuditLog } from "../audit/audit-log.js";
import type { ChainReport } from "../audit/chain.js";
import type { TerminalCommand } from "./terminal-command.js";

/** A part of one would be found nowhere, and a typo raise an alarm. */
const HASH = /^[0-9a-f]{64}$/;

/** Whether the audit log is what was written: 0, or 1 and where it is broken. */
export const AUDIT_VERIFY: TerminalCommand = {
  name: "audit verify",
  summary: "says whether the audit log is what was written",
  options: [
    ["--expect <hash>", "a whole hash that must be in it, from the console's output or an export"],
  ],
  run: async (app, { expect }) => {
    if (expect !== undefined && !HASH.test(expect))
      throw new ConfigurationError(
        "--expect",
        "is no whole hash.",
        "Give all of its 64 characters, each a digit or one of a to f.",
      );
    const report = await app.get(AuditLog).verify(expect);
    console.log(reportText(report));
    return report.whole ? 0 : 1;
  },
};

/** What was found, for people. */
export function reportText({ whole, checked, brokenAt, problem, head }: ChainReport): string {
  if (!whole)
    return `The audit log is broken${brokenAt === null ? "" : ` at ${brokenAt}`}. ${problem}`;
  const end = head === null ? "It is empty." : `It ends with ${head.seq}, ${head.hash}.`;
  return `The audit log is whole. Rows: ${checked}. ${end}`;
}
