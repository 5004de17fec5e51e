import { cpSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "../docs/markdown.js";
import { need, run } from "../support/run.js";

/** How the client of one language is built and run. */
export interface Language {
  readonly name: string;
  /** The word after the fence of its block in docs/clients.md. */
  readonly fence: string;
  /** The client itself, from the root of the repository. */
  readonly file: string;
  /** Whether it can check signed answers. */
  readonly verifies: boolean;
  /** Builds the driver in an empty folder. Gives the command that runs it. */
  driver(folder: string): Promise<Command>;
  /** Builds a program that its user wrote, in an empty folder. Gives the command that runs it. */
  program(folder: string, code: string): Promise<Command>;
}

export type Command = readonly [string, ...string[]];

const client = (path: string) => join(ROOT, "clients", path);
const driver = (file: string) => join(ROOT, "test/clients", file);

/** Runs a step of a build. Fails with what it printed. */
async function build(command: string, args: readonly string[], cwd: string): Promise<void> {
  const { code, stdout, stderr } = await run(command, args, {
    cwd,
    env: { GOFLAGS: "-mod=mod", GOPROXY: "off", GOTOOLCHAIN: "local" },
  });
  if (code !== 0) throw new Error(`${command} ${args.join(" ")}\n${stdout}${stderr}`);
}

const write = (folder: string, file: string, code: string): string => {
  writeFileSync(join(folder, file), code);
  return join(folder, file);
};

/** A language that needs no build: the program stands beside a copy of the client, as its user would have it. */
function interpreted(name: string, command: string, path: string, install: string) {
  const [extension = ""] = /\.\w+$/.exec(path) ?? [];
  return {
    name,
    fence: command === "python3" ? "python" : command,
    file: `clients/${path}`,
    verifies: true,
    driver: async (): Promise<Command> => {
      need(command, install);
      return [command, driver(`driver${extension}`)];
    },
    program: async (folder: string, code: string): Promise<Command> => {
      cpSync(client(path), join(folder, `lacre${extension}`));
      return [command, write(folder, `example${extension}`, code)];
    },
  } satisfies Language;
}

async function compileJava(folder: string, file: string): Promise<void> {
  need("javac", "apt-get install default-jdk-headless");
  // The client says that Java 11 is enough.
  const options = ["--release", "11", "-Xlint:all,-options", "-Werror", "-d", folder];
  await build("javac", [...options, client("java/Lacre.java"), file], folder);
}

async function compileGo(folder: string, file: string): Promise<Command> {
  need("go", "apt-get install golang-go");
  write(
    folder,
    "go.mod",
    `module example\n\ngo 1.19\n\nrequire lacre v0.0.0\n\nreplace lacre => ${client("go")}\n`,
  );
  await build("go", ["vet", "lacre"], folder);
  await build("go", ["build", "-o", "program", file], folder);
  return [join(folder, "program")];
}

export const LANGUAGES: readonly Language[] = [
  interpreted("Python", "python3", "python/lacre.py", "apt-get install python3"),
  {
    name: "Java",
    fence: "java",
    file: "clients/java/Lacre.java",
    verifies: true,
    async driver(folder) {
      await compileJava(folder, driver("Driver.java"));
      return ["java", "-cp", folder, "Driver"];
    },
    async program(folder, code) {
      await compileJava(folder, write(folder, "Example.java", code));
      return ["java", "-cp", folder, "Example"];
    },
  },
  {
    name: "Go",
    fence: "go",
    file: "clients/go/lacre.go",
    verifies: true,
    async driver(folder) {
      cpSync(driver("driver.go"), join(folder, "main.go"));
      return compileGo(folder, "main.go");
    },
    async program(folder, code) {
      return compileGo(folder, write(folder, "example.go", code));
    },
  },
  interpreted("PHP", "php", "php/lacre.php", "apt-get install php-cli"),
  interpreted("Ruby", "ruby", "ruby/lacre.rb", "apt-get install ruby"),
  {
    ...interpreted("bash", "bash", "bash/lacre.sh", "apt-get install bash"),
    verifies: false,
    async driver() {
      need("openssl", "apt-get install openssl");
      need("curl", "apt-get install curl");
      return ["bash", driver("driver.sh")];
    },
  },
];

/** The package `requests`, as its users have it: from the package registry, into an empty folder. */
export async function installRequests(folder: string): Promise<string> {
  need("pip3", "apt-get install python3-pip");
  const target = join(folder, "requests");
  mkdirSync(target);
  const quiet = ["-q", "--disable-pip-version-check", "--root-user-action=ignore"];
  await build(
    "python3",
    ["-m", "pip", "install", ...quiet, "--target", target, "requests==2.32.3"],
    folder,
  );
  return target;
}
