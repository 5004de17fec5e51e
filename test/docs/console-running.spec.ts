import { describe, expect, it } from "@jest/globals";
import { SETTING_NAMES } from "../../apps/console/src/start/read-settings.js";
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
