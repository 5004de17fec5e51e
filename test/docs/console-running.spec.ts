import { describe, expect, it } from "@jest/globals";
import { SETTING_NAMES } from "../../apps/console/src/start/read-settings.js";
import { PROBLEMS } from "../../apps/console/src/problems/problem.js";
import { read } from "./markdown.js";

const PAGE = "docs/console/running.md";

describe(PAGE, () => {
  it("has a row for each setting, and for no other", () => {
    const [, section = ""] = read(PAGE).split("\n## Settings\n");
    const [table = ""] = /(?:^\|.*\n)+/m.exec(section) ?? [];
    const names = [...table.matchAll(/^\| `(\w+)` \|/gm)].map(([, name]) => name);
    expect(names).toEqual([...SETTING_NAMES]);
  });

  it("has a row for each metric", () => {
    const source = read("apps/console/src/metrics/console-metrics.ts");
    for (const [, name = ""] of source.matchAll(/name: "(lacre_\w+)"/g))
      expect(read(PAGE)).toContain(`| \`${name}\` |`);
  });
});

// Its routes are held by test/console/cases/access-cases.ts, against a console that runs.
describe("docs/console/api.md", () => {
  it("has a row for each code of a problem, with its status", () => {
    const rows = [...read("docs/console/api.md").matchAll(/^\| `([\w-]+)` \| (\d+) \|/gm)];
    const written = Object.fromEntries(rows.map(([, code, status]) => [code, Number(status)]));
    const known = Object.entries(PROBLEMS).map(([code, [status]]) => [code, status]);
    expect(written).toEqual(Object.fromEntries(known));
  });
});
