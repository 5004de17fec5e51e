import { describe, expect, it } from "@jest/globals";
import { readCurlArguments } from "./arguments.js";

const read = (...args: string[]) => {
  const { options, urls } = readCurlArguments(args);
  return { options: options.map(({ words }) => words.join(" ")), urls };
};

describe("curl's arguments", () => {
  it.each([
    [["u"], [], ["u"]],
    [["-X", "POST", "u"], ["-X POST"], ["u"]],
    [["-XPOST", "u"], ["-X POST"], ["u"]],
    [["-sSXPOST", "u"], ["-s", "-S", "-X POST"], ["u"]],
    [["-so", "-X", "u"], ["-s", "-o -X"], ["u"]],
    [["u", "-v"], ["-v"], ["u"]],
    [["--request", "--", "u"], ["--request --"], ["u"]],
    [["-s", "--", "-v", "u"], ["-s"], ["-v", "u"]],
    [["--url", "u", "-v"], ["-v"], ["u"]],
    [["-", "-#"], ["-#"], ["-"]],
    [["-d", ""], ["-d "], []],
    [["--no-location", "--buffer", "-N"], ["--no-location", "--buffer", "-N"], []],
  ])("%j", (args, options, urls) => {
    expect(read(...args)).toEqual({ options, urls });
  });

  it("knows a flag that is taken back", () => {
    const { options } = readCurlArguments(["-G", "--no-get", "-N", "--buffer"]);
    expect(options.map(({ name, on }) => [name, on])).toEqual([
      ["get", true],
      ["get", false],
      ["buffer", false],
      ["buffer", true],
    ]);
  });

  it.each([["--no-request"], ["--reques"], ["--"], ["-s\u0000"]])(
    "does not guess about %j",
    (word) => {
      if (word === "--") expect(read(word)).toEqual({ options: [], urls: [] });
      else expect(() => read(word, "x")).toThrow("not known");
    },
  );
});
