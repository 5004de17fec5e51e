import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ConfigurationError } from "@lacre/core";
import { makeFolder } from "./make-folder.js";

describe("the folder of the data", () => {
  const base = mkdtempSync(join(tmpdir(), "lacre-folder-"));
  afterAll(() => rmSync(base, { recursive: true }));

  it("is made with those that it is in, for its owner alone", () => {
    const folder = join(base, "a", "b", "c");
    for (let times = 0; times < 2; times += 1) makeFolder(folder);
    expect(statSync(folder).mode & 0o777).toBe(0o700);
  });

  // By `recursive` of Node the first two never end.
  it.each(["/proc/lacre", "/proc/lacre/a/b", "/dev/null/a", join(base, "file", "a")])(
    "is refused with the cure where there can be none: %s",
    (folder) => {
      writeFileSync(join(base, "file"), "");
      expect(() => makeFolder(folder)).toThrow(ConfigurationError);
      expect(() => makeFolder(folder)).toThrow(/CONSOLE_DATA.*cannot be made.*Name a folder/s);
    },
  );
});
