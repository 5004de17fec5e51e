import { cpSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { ROOT } from "../../docs/markdown.js";
import { need, run } from "../../support/run.js";

/** The clients in other languages, installed as their users install a folder: without any registry. */
describe("clients/ as packages", () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "lacre-packages-"));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  /** A copy, since tools leave what they build in the folder. */
  const copyOf = (language: string): string => {
    cpSync(join(ROOT, "clients", language), join(folder, language), { recursive: true });
    return join(folder, language);
  };
  const steps = async (
    commands: readonly (readonly [string, ...string[]])[],
    cwd: string,
    env: Record<string, string>,
  ): Promise<string> => {
    let printed = "";
    for (const [command, ...args] of commands) {
      const { code, stdout, stderr } = await run(command, args, { cwd, env });
      if (code !== 0) throw new Error(`${command} ${args.join(" ")}\n${stdout}${stderr}`);
      printed = stdout;
    }
    return printed.trim();
  };

  it("Python: pip installs the folder", async () => {
    need("pip3", "apt-get install python3-pip");
    const copy = copyOf("python");
    const [tools, site] = [join(folder, "tools"), join(folder, "site")];
    mkdirSync(tools);
    const pip = ["-m", "pip", "install", "-q", "--disable-pip-version-check"] as const;
    const quiet = [...pip, "--root-user-action=ignore"] as const;
    // What builds packages comes from the registry, once; the package itself needs none.
    await steps(
      [["python3", ...quiet, "--target", tools, "setuptools==75.8.0", "wheel==0.45.1"]],
      folder,
      {},
    );
    const offline = ["--no-index", "--no-deps", "--no-build-isolation"];
    await steps([["python3", ...quiet, ...offline, "--target", site, copy]], folder, {
      PYTHONPATH: tools,
    });
    const code = `import importlib.metadata, lacre; print(lacre.__file__, importlib.metadata.version("lacre"))`;
    expect(await steps([["python3", "-c", code]], folder, { PYTHONPATH: site })).toBe(
      `${join(site, "lacre.py")} 0.1.0`,
    );
  });

  it("Ruby: gem builds and installs the folder", async () => {
    need("gem", "apt-get install ruby");
    const copy = copyOf("ruby");
    const gems = join(folder, "gems");
    const env = { GEM_HOME: gems, GEM_PATH: gems };
    const code = `require "lacre"; puts $LOADED_FEATURES.grep(/lacre/), Lacre::Client`;
    const printed = await steps(
      [
        ["gem", "build", "--silent", "lacre.gemspec"],
        ["gem", "install", "--silent", "--local", "--no-document", "lacre-0.1.0.gem"],
        ["ruby", "-e", code],
      ],
      copy,
      env,
    );
    expect(printed).toBe(`${join(gems, "gems/lacre-0.1.0/lacre.rb")}\nLacre::Client`);
  });

  it("Go: a module takes the folder in place of a release", async () => {
    need("go", "apt-get install golang-go");
    const copy = copyOf("go");
    const user = join(folder, "user");
    mkdirSync(user);
    const env = { GOFLAGS: "-mod=mod", GOPROXY: "off", GOTOOLCHAIN: "local", GOWORK: "off" };
    const printed = await steps(
      [
        ["go", "mod", "init", "example"],
        ["go", "mod", "edit", "-require=lacre@v0.0.0", `-replace=lacre=${copy}`],
        ["go", "list", "-m", "-f", "{{.Dir}}", "lacre"],
      ],
      user,
      env,
    );
    expect(printed).toBe(copy);
    await steps([["go", "build", "lacre"]], user, env);
  });
});
