import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { freePort, giveAway, notAsRoot, type PostgresServer } from "./postgres-server.js";

const INSTALL = "PgBouncer is missing. Install it: apt-get install pgbouncer";

export interface PgBouncerOptions {
  readonly poolMode: "transaction" | "session";
  /** How many connections to the server it opens. */
  readonly poolSize: number;
  /** Further lines of its configuration. */
  readonly lines?: readonly string[];
}

/** A PgBouncer of the test's own before a server, in a folder that goes with it. */
export class PgBouncer {
  readonly #folder: string;
  readonly #server: PostgresServer;
  readonly #port: number;

  private constructor(folder: string, server: PostgresServer, port: number) {
    this.#folder = folder;
    this.#server = server;
    this.#port = port;
  }

  /** Starts it. Fails, and says what to install, where there is none. */
  static async before(server: PostgresServer, options: PgBouncerOptions): Promise<PgBouncer> {
    const { stdout } = spawnSync("sh", ["-c", "command -v pgbouncer || ls /usr/sbin/pgbouncer"]);
    const program = String(stdout).trim();
    if (program === "") throw new Error(INSTALL);
    const folder = mkdtempSync(join(tmpdir(), "lacre-pgbouncer-"));
    const port = await freePort();
    const bouncer = new PgBouncer(folder, server, port);
    const file = (name: string): string => join(folder, name);
    writeFileSync(file("userlist"), `"postgres" "${server.password}"\n`);
    const lines = [
      "[databases]",
      `postgres = host=127.0.0.1 port=${server.port}`,
      "[pgbouncer]",
      "listen_addr = 127.0.0.1",
      `listen_port = ${port}`,
      "unix_socket_dir =",
      "auth_type = scram-sha-256",
      `auth_file = ${file("userlist")}`,
      `logfile = ${file("log")}`,
      `pidfile = ${file("pid")}`,
      `pool_mode = ${options.poolMode}`,
      `default_pool_size = ${options.poolSize}`,
      ...(options.lines ?? []),
    ];
    writeFileSync(file("ini"), `${lines.join("\n")}\n`);
    giveAway(folder);
    notAsRoot(program, ["-d", file("ini")]);
    await listening(port);
    return bouncer;
  }

  /** The address with the superuser's password. */
  url(query = ""): string {
    return this.#server.url({ port: this.#port, query });
  }

  /** Kills it, and removes its files. */
  destroy(): void {
    try {
      process.kill(Number(readFileSync(join(this.#folder, "pid"), "utf8")), "SIGKILL");
    } catch {
      // It does not run.
    }
    rmSync(this.#folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** It says that it runs before it listens. */
async function listening(port: number): Promise<void> {
  for (let tries = 0; tries < 200; tries++) {
    const taken = await new Promise<boolean>((resolve) => {
      const socket = connect(port, "127.0.0.1", () => resolve(true));
      socket.on("error", () => resolve(false)).on("connect", () => socket.destroy());
    });
    if (taken) return;
    await wait(25);
  }
  throw new Error("PgBouncer does not listen");
}
