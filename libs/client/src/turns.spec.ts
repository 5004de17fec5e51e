import { describe, expect, it } from "@jest/globals";
import { Turns } from "./turns.js";

describe("Turns", () => {
  it("runs a call from inside afterwards, and once for however many", () => {
    const turns = new Turns();
    const heard: string[] = [];
    let left = 2;
    const turn = (): void => {
      heard.push("in");
      if (left-- > 0) {
        turns.take(turn);
        turns.take(turn);
      }
      heard.push("out");
    };
    turns.take(turn);
    expect(heard).toEqual(["in", "out", "in", "out", "in", "out"]);
  });

  it("goes on after a turn that failed", () => {
    const turns = new Turns();
    const failing = (): void => {
      throw new Error("once");
    };
    expect(() => turns.take(failing)).toThrow("once");
    let ran = 0;
    turns.take(() => void ran++);
    expect(ran).toBe(1);
  });
});
