import { format, inspect } from "node:util";
import { describe, expect, it } from "@jest/globals";
import { logEntry } from "./log-entry.js";
import { SafeLogger } from "./safe-logger.js";

const entry = logEntry("refused 401 nonce-seen (GET /, request 7)", {
  msg: "refused 401 nonce-seen",
  code: "nonce-seen",
  requestId: "7",
});

describe("logEntry", () => {
  it("is one line to whoever prints it or makes a text of it", () => {
    const line = "refused 401 nonce-seen (GET /, request 7)";
    expect([`${String(entry)}`, entry.message]).toEqual([line, line]);
    expect([format(entry), format("%s", entry), inspect(entry)]).toEqual([line, line, line]);
  });

  it("is its fields to whoever writes JSON or copies it", () => {
    const fields = { msg: "refused 401 nonce-seen", code: "nonce-seen", requestId: "7" };
    expect(JSON.parse(JSON.stringify({ entry }))).toEqual({ entry: fields });
    expect({ ...entry }).toEqual(fields);
  });
});

describe("SafeLogger", () => {
  it("says a line as a text where it has no fields", () => {
    const said: unknown[] = [];
    const logger = new SafeLogger({ warn: (given) => said.push(given) });
    logger.warn("plain");
    logger.warn("line", { msg: "short" });
    expect(said).toEqual(["plain", expect.objectContaining({ msg: "short" })]);
  });

  it("says the line to a logger that takes nothing but texts", () => {
    const said: string[] = [];
    const logger = new SafeLogger({ warn: (text) => said.push((text as string).toUpperCase()) });
    logger.warn("line", { msg: "short" });
    expect(said).toEqual(["LINE"]);
  });

  it("throws nothing, whatever the logger does", () => {
    const broken = (): never => {
      throw new Error("disk full");
    };
    new SafeLogger({ error: broken }).error("line", { msg: "short" });
    new SafeLogger({}).error("line", { msg: "short" });
  });
});
