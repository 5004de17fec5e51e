import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { blocksOf } from "../docs/markdown.js";
import { embedded } from "./support/databases.js";
import { startEnrolled } from "./support/enrolled.js";
import { TestConsole } from "./support/test-console.js";

const PAGE = "docs/console/sign-in.md";

describe(PAGE, () => {
  let lacre: TestConsole;
  beforeAll(async () => {
    lacre = await TestConsole.start(embedded());
  });
  afterAll(() => lacre.close());

  it("signs in with the curl line that it shows", async () => {
    execFileSync("curl", ["--version"]);
    const ada = await startEnrolled(lacre, "operator", "ada");
    const [line = ""] = blocksOf(PAGE)
      .filter(({ kind }) => kind === "sh")
      .map(({ code }) => code);
    expect(line).toContain(`"ada:${ada.password}"`);
    const command = line
      .replace("https://console.example.com", lacre.url)
      .replace("123456", ada.freshCode());
    const curl = spawn("sh", ["-c", `${command.trim()} --silent`]);
    let answer = "";
    curl.stdout.on("data", (chunk: Buffer) => (answer += chunk.toString()));
    await once(curl, "close");
    const { code, message, token } = JSON.parse(answer) as Record<string, unknown>;
    expect([code, message]).toEqual([200, null]);
    expect((await lacre.ask("/v1/me", { token: String(token) })).body.login).toBe("ada");
  });
});
