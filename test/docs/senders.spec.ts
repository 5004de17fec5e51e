import { join } from "node:path";
import { describe, expect, it } from "@jest/globals";
import { type SenderMessage, type SenderRow, senderRows } from "../conformance/senders/message.js";
import { read, ROOT } from "./markdown.js";

/* The tables of senders, held against the messages that test/conformance/senders.spec.ts sends. */
const PAGE = "docs/schemes/webhooks.md";
const ROWS = senderRows(join(ROOT, "test/conformance/senders"));

/** The cells of the table below a heading, a row each. */
function tableUnder(heading: string): string[][] {
  const [, section = ""] = read(PAGE).split(`\n## ${heading}\n`);
  return [...(section.split("\n## ", 1)[0] ?? "").matchAll(/^\| (.+) \|$/gm)]
    .slice(1) // the head
    .map(([, cells = ""]) => cells.split("|").map((cell) => cell.trim()));
}

const withoutTicks = (cell = ""): string => cell.replaceAll("`", "");

type Options = SenderMessage["options"];

/** Options as the page writes them. */
const written = ({ name: _name, ...options }: NonNullable<Options> = {}): string =>
  Object.entries(options)
    .map(([option, value]) => `${option}: ${JSON.stringify(value)}`)
    .join(", ");

/** What of a message cannot be changed, in the words of the page. */
const covered = ({ time, expected }: SenderMessage): string[] => [
  ...(expected.unsigned.includes("method") ? [] : ["method"]),
  ...(expected.unsigned.includes("url") ? [] : ["URL"]),
  ...(expected.unsigned.includes("content") ? [] : ["content"]),
  ...(time === undefined ? [] : ["time"]),
];

describe("the senders with a preset", () => {
  const table = tableUnder("Senders with a preset");
  const presets = ROWS.filter(({ preset }) => preset !== "body-signature");

  /** The row of a preset, or that with an option which the message has. */
  const isOf = ({ preset, message }: SenderRow, name: string | undefined): boolean => {
    const [door, ...options] = withoutTicks(name).split(", ");
    return door === preset && options.every((each) => written(message.options).includes(each));
  };

  it("are all that there are, in order", () => {
    const names = table.map(([name]) => withoutTicks(name).split(", ", 1)[0]);
    expect([...new Set(names)]).toEqual(
      [...new Set(presets.map(({ preset }) => preset))].toSorted(),
    );
  });

  it.each(presets.map((row) => [row.title, row] as const))(
    "%s: covers what is said",
    (_title, row) => {
      const [, said = "", , time = ""] = table.findLast(([name]) => isOf(row, name)) ?? [];
      const words = ["method", "URL", "content", "time"];
      const parts = said.split(", ").filter((word) => words.includes(word));
      expect(parts).toEqual(covered(row.message));
      expect(/^(?:seconds|milliseconds|RFC 3339)/.test(time)).toBe(row.message.time !== undefined);
    },
  );
});

describe("the senders without a preset", () => {
  it("are described by the options that are tried", () => {
    const table = tableUnder("Senders without a preset");
    const tried = ROWS.filter(({ preset }) => preset === "body-signature");
    expect(table.map(([, options]) => withoutTicks(options))).toEqual(
      tried.map(({ message }) => written(message.options)),
    );
    for (const [i, { message }] of tried.entries()) {
      const key = table[i]?.[2] ?? "";
      expect(key).toMatch(new RegExp(`^${message.encoding}\\b`));
    }
  });
});
