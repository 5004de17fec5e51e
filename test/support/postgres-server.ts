import { randomBytes } from "node:crypto";
import { spawnSync } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

const INSTALL = "PostgreSQL is missing. Install it: apt-get install postgresql";

/** A PostgreSQL server of the test's own, in a folder that goes with it. */
export class PostgresServer {
  readonly port: number;
  /** The superuser's: only the wrong one is refused. */
  readonly password: string;
  readonly #folder: string;

  private constructor(folder: string, port: number, password: string) {
    this.#folder = folder;
    this.port = port;
    this.password = password;
  }

  /** Makes a cluster and starts it. Fails, and says what to install, where there is no PostgreSQL. */
  static async start(): Promise<PostgresServer> {
    const folder = mkdtempSync(join(tmpdir(), "lacre-postgres-"));
    const password = `pw-${randomBytes(9).toString("hex")}`;
    const server = new PostgresServer(folder, await freePort(), password);
    writeFileSync(join(folder, "password"), password);
    giveAway(folder);
    server.#pg("initdb", [
      ...["-D", server.#data, "-U", "postgres", "--encoding=UTF8", "--locale=C"],
      ...["--auth=scram-sha-256", `--pwfile=${join(folder, "password")}`],
    ]);
    server.startAgain();
    return server;
  }

  /** A copy of a cluster as its files stand now, which should be stopped: a standby that waits to be promoted. */
  static async standbyOf(primary: PostgresServer): Promise<PostgresServer> {
    const folder = mkdtempSync(join(tmpdir(), "lacre-postgres-"));
    const standby = new PostgresServer(folder, await freePort(), primary.password);
    cpSync(primary.#data, standby.#data, { recursive: true });
    writeFileSync(join(standby.#data, "standby.signal"), "");
    giveAway(folder);
    return standby;
  }

  /** The address with the superuser's password, or with another one. */
  url({ password = this.password, port = this.port, query = "" } = {}): string {
    return `postgres://postgres:${encodeURIComponent(password)}@127.0.0.1:${port}/postgres${query}`;
  }

  /** Starts the server after a stop, on the same port. */
  startAgain(): void {
    const options = `-p ${this.port} -k ${this.#folder} -c listen_addresses=127.0.0.1`;
    const log = join(this.#folder, "log");
    this.#pg("pg_ctl", ["-D", this.#data, "-l", log, "-o", options, "-w", "start"]);
  }

  /** Stops it: `immediate` is a crash. */
  stop(mode: "fast" | "immediate" = "fast"): void {
    this.#pg("pg_ctl", ["-D", this.#data, "-m", mode, "-w", "stop"]);
  }

  promote(): void {
    this.#pg("pg_ctl", ["-D", this.#data, "-w", "promote"]);
  }

  /** Sends a signal to the server and to each of its processes, which lead groups of their own. */
  kill(signal: NodeJS.Signals): void {
    const main = Number(readFileSync(join(this.#data, "postmaster.pid"), "utf8").split("\n", 1)[0]);
    const early = childrenOf(main); // those of a dead process are nobody's
    send(main, signal); // before its children, so that it starts no other
    for (const child of new Set([...early, ...childrenOf(main)])) send(child, signal);
  }

  /** Hangs the whole server. The kernel goes on taking connections for it. */
  pause(): void {
    this.kill("SIGSTOP");
  }

  resume(): void {
    this.kill("SIGCONT");
  }

  /** Stops it, whatever its state, and removes its files. */
  destroy(): void {
    if (existsSync(join(this.#data, "postmaster.pid"))) {
      this.kill("SIGKILL"); // nobody needs its files any more
    }
    rmSync(this.#folder, { recursive: true, force: true, maxRetries: 5 });
  }

  get #data(): string {
    return join(this.#folder, "data");
  }

  #pg(program: string, args: readonly string[]): void {
    notAsRoot(join(binaries(), program), args);
  }
}

/** Runs a program of PostgreSQL's, which refuse to run as root. */
export function notAsRoot(path: string, args: readonly string[]): void {
  if (process.getuid?.() === 0) must("runuser", ["-u", "postgres", "--", path, ...args]);
  else must(path, args);
}

/** Debian keeps them out of the path. */
function binaries(): string {
  const root = "/usr/lib/postgresql";
  const versions = existsSync(root) ? readdirSync(root).map(Number).filter(Boolean) : [];
  const newest = Math.max(...versions.filter((v) => existsSync(`${root}/${v}/bin/initdb`)));
  if (Number.isFinite(newest)) return `${root}/${newest}/bin`;
  const found = spawnSync("sh", ["-c", "command -v initdb"], { encoding: "utf8" }).stdout.trim();
  if (found === "") throw new Error(INSTALL);
  return join(found, "..");
}

/** Makes a folder theirs. */
export function giveAway(folder: string): void {
  if (process.getuid?.() === 0) must("chown", ["-R", "postgres", folder]);
}

function must(command: string, args: readonly string[]): void {
  // The server inherits what it is given, so that a pipe would never end.
  const out = join(mkdtempSync(join(tmpdir(), "lacre-out-")), "out");
  const done = spawnSync("sh", ["-c", 'exec "$@" >"$0" 2>&1 </dev/null', out, command, ...args], {
    cwd: "/",
  });
  const said = existsSync(out) ? readFileSync(out, "utf8") : "";
  rmSync(join(out, ".."), { recursive: true, force: true });
  if (done.status !== 0) throw new Error(`${command} ${args.join(" ")} failed: ${said}`);
}

function childrenOf(pid: number): number[] {
  const { stdout } = spawnSync("ps", ["-o", "pid=", "--ppid", String(pid)], { encoding: "utf8" });
  return stdout.split("\n").map(Number).filter(Boolean);
}

function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It has ended.
  }
}

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
