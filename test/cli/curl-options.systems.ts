import { execFileSync } from "node:child_process";
import { describe, expect, it } from "@jest/globals";
import { LONG_OPTIONS, SHORT_OPTIONS } from "../../apps/cli/src/curl/options.js";
import { need } from "../support/run.js";

need("curl", "apt-get install curl");

// " -X, --request <method> Specify…": a value is in <> or begins with [; --help alone takes one or none.
const LINE = /^ *(?:-(.), )?--([\w.-]+)( [<[])?/;

const installed = execFileSync("curl", ["--help", "all"], { encoding: "utf8" })
  .split("\n")
  .flatMap((line) => {
    const [, letter, name, value] = LINE.exec(line) ?? [];
    return name === undefined
      ? []
      : [{ letter, name, takesValue: value !== undefined && name !== "help" }];
  });

describe("the table of curl's options", () => {
  it("has something to be held against", () => {
    expect(installed.length).toBeGreaterThan(200);
  });

  it.each(installed)(
    "knows --$name of the curl that is installed",
    ({ letter, name, takesValue }) => {
      expect(LONG_OPTIONS.get(name)).toEqual({ name, takesValue });
      if (letter !== undefined) expect(SHORT_OPTIONS.get(letter)).toEqual({ name, takesValue });
    },
  );
});
