import { describe, expect, it } from "@jest/globals";
import { STEP_NAMES } from "../../apps/cli/src/steps.js";
import { read } from "./markdown.js";

/** Numbers with their names, under a heading: `1. **Parse.** …` in a list, `| 1. Parse | …` in a table. */
function stepsOf(path: string, heading: string): string[] {
  const [, rest = ""] = read(path).split(`\n## ${heading}\n`);
  const [section = ""] = rest.split(/^## /m, 1);
  return [...section.matchAll(/^(?:\| )?(\d+\. )(?:\*\*(.+?)\.\*\*|(.+?) \|)/gm)].map(
    ([, number = "", inList, inTable]) => `${number}${inList ?? inTable}`,
  );
}

describe("the steps of the verifier", () => {
  const specified = stepsOf("docs/protocol.md", "9. The verifier's checks, in order");

  it("are numbered and named alike wherever they are described", () => {
    expect(specified).toHaveLength(12);
    expect(specified.map((step) => parseInt(step, 10))).toEqual(specified.map((_, i) => i + 1));
    expect(stepsOf("README.md", "What is checked, in order")).toEqual(specified);
    expect(stepsOf("ARCHITECTURE.md", "The flow")).toEqual(specified);
    expect(STEP_NAMES.map((name, i) => `${i + 1}. ${name}`)).toEqual(specified);
  });

  it("are the numbers in the code, but for the first, which is before it", () => {
    const code = read("libs/core/src/verify.ts");
    const numbers = [...code.matchAll(/; \/\/ ([\d, ]+)(?:, again)?$/gm)].flatMap(([, list = ""]) =>
      list.split(", ").map(Number),
    );
    expect([...new Set(numbers)].toSorted((a, b) => a - b)).toEqual(
      specified.slice(1).map((_, i) => i + 2),
    );
  });
});

describe("the way of a request, file by file", () => {
  const [, rest = ""] = read("ARCHITECTURE.md").split(
    "\n### From arrival to principal, file by file\n",
  );
  const [section = ""] = rest.split(/^## /m, 1);
  const files = [...section.matchAll(/^\d+\. `(.+?)`/gm)].map(([, path = ""]) => path);

  it("can be read in one sitting", () => {
    const lines = files.flatMap((path) => read(path).trimEnd().split("\n"));
    expect(files.length).toBeGreaterThan(20);
    expect(files.length).toBeLessThanOrEqual(25);
    expect(lines.length).toBeLessThanOrEqual(2500);
  });

  it("has every stage of the protocol", () => {
    const stages = [
      ...read("libs/core/src/verify.ts").matchAll(/^import \{.*"\.\/(stages\/.+)\.js";$/gm),
    ];
    expect(stages.length).toBeGreaterThan(7);
    for (const [, stage] of stages) expect(files).toContain(`libs/core/src/${stage}.ts`);
  });
});
