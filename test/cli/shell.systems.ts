import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { need, run } from "../support/run.js";
import { lacre } from "./lacre.js";

let folder: string;
const fileOf = (shell: string): string => join(folder, `lacre.${shell}`);
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "lacre-shell-"));
  for (const shell of ["bash", "zsh", "fish"])
    writeFileSync(fileOf(shell), (await lacre(["completions", shell])).out);
  writeFileSync(join(folder, "some.key"), "");
});
afterAll(() => rmSync(folder, { recursive: true }));

/** What is typed, and what is offered; `F` stands for the folder. */
const TYPED: [string[], string[]][] = [
  [["pre"], ["presign"]],
  [["sign", "--data-f"], ["--data-file"]],
  [["sign", "--encoding", "wh"], ["whsec"]],
  [["curl", "--verify"], ["--verify-response"]],
  [["export", "in"], ["insomnia"]],
  [["sign", "--key-file", "F/so"], ["F/some.key"]],
];

describe("bash", () => {
  beforeAll(() => need("bash", "apt-get install bash"));

  it.each(TYPED)("completes %j", async (typed, offered) => {
    const script = `
      source "$1"; shift
      COMP_WORDS=(lacre "$@"); COMP_CWORD=$#
      _lacre
      printf '%s\\n' "\${COMPREPLY[@]}"`;
    const words = typed.map((word) => word.replace("F/", `${folder}/`));
    const { code, stdout, stderr } = await run("bash", [
      "--norc",
      "-uc",
      script,
      "bash",
      fileOf("bash"),
      ...words,
    ]);
    expect([code, stderr]).toEqual([0, ""]);
    expect(stdout.trim().split("\n")).toEqual(
      offered.map((word) => word.replace("F/", `${folder}/`)),
    );
  });

  it("knows the program", async () => {
    const script = 'source "$1"; complete -p lacre';
    const { stdout } = await run("bash", ["--norc", "-c", script, "bash", fileOf("bash")]);
    expect(stdout).toBe("complete -o default -F _lacre lacre\n");
  });
});

describe("fish", () => {
  beforeAll(() => need("fish", "apt-get install fish"));

  it.each(TYPED)("completes %j", async (typed, offered) => {
    const words = typed.map((word) => word.replace("F/", `${folder}/`));
    const script = `source ${fileOf("fish")}; complete -C '${["lacre", ...words].join(" ")}'`;
    const { code, stdout, stderr } = await run("fish", ["--no-config", "-c", script]);
    expect([code, stderr]).toEqual([0, ""]);
    const found = stdout
      .trim()
      .split("\n")
      .map((line) => line.split("\t")[0]);
    expect(found).toEqual(offered.map((word) => word.replace("F/", `${folder}/`)));
  });
});

describe("zsh", () => {
  beforeAll(() => need("zsh", "apt-get install zsh"));

  // A terminal of its own, in which the key Tab is pressed; what is read ends with what is offered.
  const PRESS = `
    zmodload zsh/zpty
    zpty shell zsh -f -i
    zpty -w shell "PS1=; autoload -U compinit; compinit -D -u; source $1; print READ\\\\Y"
    zpty -r -m shell ready '*READY*'
    zpty -w -n shell "lacre $2"$'\\t'
    zpty -r -m shell offered "*$3*"
    print -r -- $offered
    zpty -d shell`;

  it.each(TYPED)("completes %j", async (typed, [offered = ""]) => {
    const words = typed.map((word) => word.replace("F/", `${folder}/`)).join(" ");
    const args = [fileOf("zsh"), words, offered.replace("F/", "")];
    const { code, stdout, stderr } = await run("timeout", [
      "60",
      "zsh",
      "-fc",
      PRESS,
      "zsh",
      ...args,
    ]);
    expect([code, stderr]).toEqual([0, ""]);
    expect(stdout).toContain(offered.replace("F/", ""));
  });
});

describe("the manual page", () => {
  it("is without fault in the eyes of groff", async () => {
    need("groff", "apt-get install groff");
    const input = (await lacre(["manual"])).out;
    const args = ["-man", "-ww", "-Tutf8"];
    const { code, stdout, stderr } = await run("groff", args, { input });
    expect([code, stderr]).toEqual([0, ""]);
    expect(stdout).toContain("LACRE(1)");
  });
});
