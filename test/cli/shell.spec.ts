import { describe, expect, it } from "@jest/globals";
import { DEMO_KEY } from "../support/app.js";
import { lacre } from "./lacre.js";

const SHELLS = ["bash", "zsh", "fish"] as const;

/** What the help itself says there is. */
const helpOf = async (...words: string[]): Promise<string> =>
  (await lacre([...words, "--help"])).out;
const commandsIn = (help: string): string[] =>
  [...help.matchAll(/^ {2}([a-z]+)(?: \[options\]| <| {2})/gm)]
    .map(([, name = ""]) => name)
    .filter((name) => name !== "help");
const flagsIn = (help: string): string[] =>
  [...help.matchAll(/^ {2}(?:-\w, )?--([a-z][\w-]*)/gm)].map(([, name = ""]) => name);

describe("lacre completions", () => {
  it.each(SHELLS)("for %s: every command and every option", async (shell) => {
    const { code, out, err } = await lacre(["completions", shell]);
    expect([code, err]).toEqual([0, ""]);
    const commands = commandsIn(await helpOf());
    expect(commands.length).toBeGreaterThanOrEqual(12);
    for (const command of commands) {
      expect(out).toContain(command);
      const flags = flagsIn(await helpOf(command)).filter((flag) => flag !== "help");
      const written = (flag: string) => (shell === "fish" ? `-l ${flag} ` : `--${flag}`);
      for (const flag of flags)
        expect([command, flag, out]).toEqual([
          command,
          flag,
          expect.stringContaining(written(flag)),
        ]);
    }
    // Understood in order to be refused.
    expect(out).not.toContain("api-key");
  });

  it.each([[[]], [["tcsh"]]])("%j: refuses", async (args: string[]) => {
    const { code, out } = await lacre(["completions", ...args]);
    expect([code, out]).toEqual([2, ""]);
  });
});

describe("lacre manual", () => {
  it("has every command and every option, and what the help says", async () => {
    const { code, out } = await lacre(["manual"]);
    expect(code).toBe(0);
    const plain = out.replaceAll("\\-", "-");
    for (const command of commandsIn(await helpOf())) {
      expect(plain).toContain(`.SS lacre ${command}`);
      for (const flag of flagsIn(await helpOf(command)))
        if (flag !== "help") expect(plain).toMatch(new RegExp(`^\\.B (-\\w, )?--${flag}\\b`, "m"));
    }
    expect(plain).toContain("Exit codes:");
    expect(plain).toContain("LACRE_API_KEY");
  });
});

it.each([{}, { NO_COLOR: "1" }, { FORCE_COLOR: "3" }])("writes no colours, in %j", async (env) => {
  const world = { env: { ...env, LACRE_APP_ID: "demo", LACRE_API_KEY: DEMO_KEY } };
  for (const args of [
    ["--help"],
    ["sign", "--help"],
    ["sign", "GET", "https://a.test/", "--show-canonical"],
    ["sign", "GET"],
    ["nothing"],
    ["keygen"],
  ]) {
    const { out, err } = await lacre(args, world);
    expect(out + err).not.toContain("\u001b");
  }
});
