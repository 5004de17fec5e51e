import type { KnownCommand, KnownProgram } from "../command.js";
import { flagsOf } from "./flags.js";

/** The manual page lacre(1), in the macros of man(7). */
export function manPage({ version, details, commands }: KnownProgram): string {
  return `${[
    `.TH LACRE 1 "" "lacre ${version}" "User Commands"`,
    ".SH NAME",
    "lacre \\- keys, signatures and verdicts on the command line",
    ".SH SYNOPSIS",
    ...commands.flatMap(({ name, description: { args = "" } }) => [
      ".br",
      `.B lacre ${escaped(name)}`,
      `[options] ${escaped(args)}`.trimEnd(),
    ]),
    ".SH COMMANDS",
    ...commands.flatMap(section),
    ".SH NOTES",
    ...literal(details),
  ].join("\n")}\n`;
}

function section({ name, summary, description }: KnownCommand): string[] {
  const { args = "", details } = description;
  return [
    `.SS ${escaped(`lacre ${name} ${args}`.trimEnd())}`,
    `${escaped(summary)}.`,
    ...flagsOf(description).flatMap(({ short, long, value, choices, summary: says }) => [
      ".TP",
      `.B ${escaped(`${short === undefined ? "" : `${short}, `}${long}${value === undefined ? "" : ` <${value}>`}`)}`,
      line(`${says}${choices.length > 0 ? ` (${choices.join(", ")})` : ""}`),
    ]),
    ".PP",
    ...literal(details),
  ];
}

/** Text with its lines as they are. */
const literal = (text: string): string[] => [".nf", ...text.trim().split("\n").map(line), ".fi"];

/** A line is a request where it begins with a dot or an apostrophe. */
const line = (text: string): string =>
  text === "" ? "\\&" : escaped(text).replace(/^(?=[.'])/, "\\&");

const escaped = (text: string): string =>
  text.replaceAll("\\", "\\e").replaceAll("-", "\\-").replaceAll("…", "...");
