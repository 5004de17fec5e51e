import { afterAll, describe, expect, it } from "@jest/globals";
import { chmodSync } from "node:fs";
import { CAUSES } from "../../apps/cli/src/explain/causes/causes.js";
import { blocksOf, read } from "../docs/markdown.js";
import { DEMO_KEY } from "../support/app.js";
import { Desk } from "./explain-bench.js";
import { lacre } from "./lacre.js";

const RECIPE = "docs/recipes/it-does-not-match.md";
const desk = new Desk();
afterAll(() => desk.close());

describe("the recipe for what does not match", () => {
  const blocks = blocksOf(RECIPE);

  it("shows what really comes out", async () => {
    const [command, answer, first, report, signed, alone, found, request, second, verdict] =
      blocks.map(({ code }) => code);
    const key = desk.file("orders.key", `${DEMO_KEY}\n`);
    chmodSync(key, 0o600);
    const files: Record<string, string> = {
      "command.txt": desk.file("command.txt", command ?? ""),
      "answer.json": desk.file("answer.json", answer ?? ""),
      "signed.http": desk.file("signed.http", signed ?? ""),
      "request.http": desk.file("request.http", request ?? ""),
      "orders.key": key,
    };
    for (const [line = "", shown] of [
      [first, report],
      [alone, found],
      [second, verdict],
    ]) {
      const [npx, program, ...words] = line.trim().split(" ");
      expect([npx, program]).toEqual(["npx", "lacre"]);
      const { code, out, err } = await lacre(words.map((word) => files[word] ?? word));
      expect({ code, err }).toEqual({ code: 1, err: "" });
      expect(out).toBe(shown);
    }
    expect(blocks).toHaveLength(10);
  });

  it("has every cause, in order", () => {
    const rows = [...read(RECIPE).matchAll(/^\| `([\w-]+)` \| (.*) \| (.*) \|$/gm)].map(
      ([, id, says, cure]) => ({ id, says, cure }),
    );
    expect(rows).toEqual(CAUSES.map(({ id, says, cure }) => ({ id, says, cure })));
    expect(new Set(rows.map(({ id }) => id)).size).toBe(rows.length);
  });
});
