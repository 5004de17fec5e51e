import { DrizzleQueryError } from "drizzle-orm";
import { faultText } from "./fault-text.js";

describe("what the log is told of an error", () => {
  it("has the statement that failed and why, and none of its values", () => {
    const value = "a-secret\n    at first (sight)\nparams: a-secret";
    const query = "insert into nowhere values ($1)";
    const cause = new Error('relation "nowhere" does not exist');
    const text = faultText(new DrizzleQueryError(query, [value], cause));
    expect(text).toMatch(/^Failed query: insert into nowhere values \(\$1\)\n +at /);
    expect(text).toContain('Caused by: Error: relation "nowhere" does not exist');
    expect(text).not.toContain("a-secret");
  });

  it("has what else was thrown", () => {
    expect(faultText(new Error("outer", { cause: new Error("inner") }))).toMatch(
      /^Error: outer\n[\s\S]*\nCaused by: Error: inner\n/,
    );
    expect(faultText("a text")).toBe("a text");
  });
});
