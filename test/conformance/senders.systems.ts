import { readdirSync, readFileSync } from "node:fs";
import { extname, join } from "node:path";
import { beforeAll, describe, expect, it } from "@jest/globals";
import { need, run } from "../support/run.js";
import type { SenderMessage } from "./senders/message.js";

/*
 * Where a sender publishes no vector, a program in another language makes one of the sender's own description: the
 * `source` of the file beside it. Where it makes several, each is asked for by the word in the file's name.
 */

const FOLDER = join(import.meta.dirname, "senders");
const LANGUAGES: Readonly<Record<string, string>> = {
  ".php": "php",
  ".py": "python3",
  ".rb": "ruby",
};
const files = readdirSync(FOLDER);
const programs = files.filter((file) => extname(file) in LANGUAGES);

/** What is checked in, and by which program it was made. */
const made = files
  .filter((file) => file.endsWith(".json"))
  .map((file) => {
    const kept = JSON.parse(readFileSync(join(FOLDER, file), "utf8")) as
      | SenderMessage
      | SenderMessage[];
    const [first] = [kept].flat();
    const [program = ""] = first?.source.split(": ") ?? [];
    return { file, program, kept };
  })
  .filter(({ program }) => programs.includes(program));

describe("the messages of senders that publish none", () => {
  beforeAll(() => {
    for (const program of new Set(programs.map((file) => LANGUAGES[extname(file)] as string)))
      need(program, `apt-get install ${program}`);
  });

  it("are of all programs", () => {
    expect(new Set(made.map(({ program }) => program))).toEqual(new Set(programs));
  });

  it.each(made)("$file: are what $program prints", async ({ file, program, kept }) => {
    const [, kind] = /^[^.]+\.(.+)\.json$/.exec(file) ?? [];
    const { code, stdout, stderr } = await run(LANGUAGES[extname(program)] as string, [
      join(FOLDER, program),
      ...(kind === undefined ? [] : [kind]),
    ]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(kept).toEqual(JSON.parse(stdout));
  });
});
