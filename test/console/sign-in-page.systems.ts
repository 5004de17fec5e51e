import { execFileSync, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openEmbedded } from "../../apps/console/src/database/embedded-database.js";
import { people } from "../../apps/console/src/database/tables.js";
import { blocksOf } from "../docs/markdown.js";
import { runConsole } from "./support/console-process.js";
import { embedded } from "./support/databases.js";
import { startEnrolled } from "./support/enrolled.js";
import { TestConsole } from "./support/test-console.js";

const PAGE = "docs/console/sign-in.md";

describe("console invite", () => {
  it("makes a link for a login on the console's machine, and none for a stranger", async () => {
    const folder = mkdtempSync(join(tmpdir(), "lacre-invite-"));
    try {
      const { db, close } = await openEmbedded({ folder });
      await db.insert(people).values({ id: "p_ada", login: "ada", name: "Ada", role: "admin" });
      await close();
      const env = {
        CONSOLE_DATA: folder,
        CONSOLE_MASTER_KEY: randomBytes(32).toString("base64"),
      };
      const made = await runConsole(["invite", "--login", "Ada"], env);
      expect(made).toMatchObject({ code: 0, output: expect.stringMatching(/\/enrol#[\w-]{43}\n/) });
      const stranger = await runConsole(["invite", "--login", "bob"], env);
      expect(stranger).toMatchObject({ code: 1, output: "Nobody has this login.\n" });
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});

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
