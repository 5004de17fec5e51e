import { readFileSync } from "node:fs";
import { PACKAGE_ROOT } from "../package-root.js";

/** The tools that a collection can be written for. */
export const TOOLS = ["postman", "bruno", "insomnia"] as const;
export type Tool = (typeof TOOLS)[number];

const SNIPPETS = new URL("snippets/", PACKAGE_ROOT);

/**
 * The script that signs each request of a collection: how LACRE1 signs, which is one text for all tools, and how
 * the tool shows a request to its scripts. Plain JavaScript; it holds no key.
 */
export function signingScript(tool: Tool): string {
  const read = (name: string): string =>
    readFileSync(new URL(`${name}.js`, SNIPPETS), "utf8").replace(/^\/\/ oxlint-.*\n/, "");
  // A scope of its own: some sandboxes have global constants, CryptoJS among them.
  return `(() => {\n${read("sign")}${read(tool)}})();\n`;
}

/** What a tool runs after each answer: without a test, its command line calls every run a success. */
export const ANSWER_TESTS: Readonly<Record<Tool, string>> = {
  postman: `pm.test("the call succeeds", () => {
  pm.expect(pm.response.code, pm.response.text().slice(0, 200)).to.be.below(400);
});
`,
  bruno: `test("the call succeeds", () => {
  expect(res.getStatus()).to.be.below(400);
});
`,
  insomnia: `insomnia.test("the call succeeds", () => {
  insomnia.expect(insomnia.response.code).to.be.below(400);
});
`,
};
