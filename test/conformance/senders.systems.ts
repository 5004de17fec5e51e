import { readdirSync, readFileSync } from "node:fs";
import { extname, join } from "node:path";
import { beforeAll, describe, expect, it } from "@jest/globals";
import { need, run } from "../support/run.js";

/*
 * Where a sender publishes no vector, a program in another language makes one of the sender's own description. What it
 * prints is checked in beside it.
 */

const FOLDER = join(import.meta.dirname, "senders");
const LANGUAGES: Readonly<Record<string, string>> = {
  ".php": "php",
  ".py": "python3",
  ".rb": "ruby",
};
const programs = readdirSync(FOLDER).filter((file) => extname(file) in LANGUAGES);

describe("the messages of senders that publish none", () => {
  beforeAll(() => {
    for (const program of new Set(programs.map((file) => LANGUAGES[extname(file)] as string)))
      need(program, `apt-get install ${program}`);
  });

  it.each(programs)("are what %s prints", async (file) => {
    const { code, stdout, stderr } = await run(LANGUAGES[extname(file)] as string, [
      join(FOLDER, file),
    ]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    const kept = readFileSync(join(FOLDER, file.replace(/[^.]*$/, "json")), "utf8");
    expect(JSON.parse(kept)).toEqual(JSON.parse(stdout));
  });
});
