import { readFileSync } from "node:fs";
import { embedded } from "./support/databases.js";
import { TestConsole } from "./support/test-console.js";

describe("what the console's page asks", () => {
  it("is what the console answers, route by route", async () => {
    const console = await TestConsole.start(embedded());
    const { body } = await console.ask("/v1/openapi.json");
    await console.close();
    const there = Object.entries(body.paths as Record<string, object>).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
    );
    const shapes = readFileSync("apps/console/page/src/api/shapes.ts", "utf8");
    const asked = [...shapes.matchAll(/^ {2}"([A-Z]+ \/v1\/[^"]*)":/gm)].map(([, route = ""]) =>
      route.replaceAll(/:(\w+)/g, "{$1}"),
    );
    expect(asked.length).toBeGreaterThan(50);
    expect(asked.filter((route) => !there.includes(route))).toEqual([]);
  });
});
