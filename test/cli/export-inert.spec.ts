import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { exported, HOSTILE, HOSTILE_API } from "./export.js";
import { insomniaFolder } from "./export-sandboxes.js";

let folder: string;
beforeAll(() => void (folder = mkdtempSync(join(tmpdir(), "lacre-inert-"))));
afterAll(() => rmSync(folder, { recursive: true }));

const BASE = "https://api.example.com";

interface Folder {
  readonly scripts: { readonly preRequest: string };
  readonly children: unknown;
}
const childrenOf = (out: string): unknown => insomniaFolder<Folder>(out).children;

/** All that an export says of its requests: what a tool resolves, without the scripts. */
const WRITTEN = {
  postman: (out: string): string => {
    const { info, item } = JSON.parse(readFileSync(out, "utf8")) as Record<string, unknown>;
    return JSON.stringify({ info, item });
  },
  bruno: (out: string): string =>
    readdirSync(out)
      .filter((name) => /\.bru$|bruno\.json/.test(name) && name !== "collection.bru")
      .map((name) => `${name}\n${readFileSync(join(out, name), "utf8")}`)
      .join("\n"),
  insomnia: (out: string): string => {
    const [, name = ""] = /^name:\n(.*)$/m.exec(readFileSync(out, "utf8")) ?? [];
    return name + JSON.stringify(childrenOf(out));
  },
};

describe.each(["postman", "bruno", "insomnia"] as const)(
  "a document that wants the key sent, for %s",
  (tool) => {
    let out: string;
    let said: string;
    beforeAll(async () => {
      out = join(folder, tool);
      said = await exported(tool, out, BASE, { openapi: HOSTILE_API });
    });

    it("has no variable but the exporter's own", () => {
      const openings = WRITTEN[tool](out).match(/\{[{%#][^}]*/g) ?? [];
      expect(new Set(openings)).toEqual(
        new Set([tool === "insomnia" ? "{{ _.baseUrl " : "{{baseUrl"]),
      );
      expect(openings.length).toBe(7);
    });

    it("leaves the text readable, and says where it is another", () => {
      expect(WRITTEN[tool](out)).toContain("{ {apiKey}} { { _.apiKey }} { { {apiKey}}");
      expect(said).toContain(
        'in the header X-A, "{ " stands for a "{" that would begin a variable',
      );
      expect(said).toContain('"{{apiKey}}" is no name of a header, and is left out');
      expect(said).toContain("POST /text: in the content,");
      expect(said).not.toContain("POST /json: in the content,");
    });

    it("leaves out what would be a part of the host", () => {
      expect(said).toContain("left out GET @127.0.0.1:9/: its path does not begin with /");
      expect(said).toContain("left out GET {{apiKey}}: its path does not begin with /");
    });

    it("lets --request have variables", async () => {
      const own = join(folder, `${tool}-own`);
      await exported(tool, own, BASE, { requests: ["GET /orders/{{id}}"] });
      expect(WRITTEN[tool](own)).toMatch(/\/orders\/\{\{ ?(_\.)?id\}\}/);
    });
  },
);

it("leaves JSON and paths with the meaning that they have", async () => {
  const out = join(folder, "meaning.json");
  await exported("postman", out, BASE, { openapi: HOSTILE_API });
  const { item } = JSON.parse(readFileSync(out, "utf8")) as {
    item: { request: { url: string; body?: { raw: string } } }[];
  };
  expect(decodeURIComponent(item[0]?.request.url.replace("{{baseUrl}}", "") ?? "")).toBe(
    Object.keys(HOSTILE_API.paths)[0],
  );
  expect(JSON.parse(item[2]?.request.body?.raw ?? "")).toEqual({
    [HOSTILE]: [HOSTILE, { a: {}, b: "\\{{apiKey}}" }],
  });
});
