import { spawn } from "node:child_process";
import { once } from "node:events";
import { connect as connectPlain, isIP, type Socket } from "node:net";
import { constants } from "node:os";
import { connect as connectTls } from "node:tls";
import { systemClock, type Clock } from "@lacre/core";

/** Everything outside the program that a command may touch, files excepted. */
export interface Io {
  readonly stdout: Output;
  readonly stderr: { write(text: string): unknown };
  readonly stdin: AsyncIterable<Uint8Array | string>;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
  /**
   * Runs a program to its end and says its exit code. Its output goes where the caller's goes.
   * Rejects when the program could not be started.
   */
  run(program: string, args: readonly string[], options: RunOptions): Promise<number>;
  /** Opens a connection. Rejects when there is none to be had. */
  connect(place: Place): Promise<Socket>;
}

/** Where results go. Those of a stream say more than whether the text was taken. */
export interface Output {
  /** False where the reader is behind. */
  write(text: string | Uint8Array): unknown;
  /** False once nobody reads any more. */
  readonly writable?: boolean;
  once?(event: "drain" | "close", listener: () => void): unknown;
}

/** Writes, and waits for a reader that is behind. Says whether there still is one. */
export async function writeAll(output: Output, text: string | Uint8Array): Promise<boolean> {
  const isRead = (): boolean => output.writable !== false;
  if (isRead() && output.write(text) === false && output.once !== undefined)
    await new Promise<void>((resolve) => {
      output.once?.("drain", resolve);
      output.once?.("close", resolve);
    });
  return isRead();
}

/** Where a server listens. */
export interface Place {
  readonly secure: boolean;
  /** A name, or an address without brackets. */
  readonly hostname: string;
  readonly port: number;
}

/** How to run a program. */
export interface RunOptions {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** What it reads from its standard input; the caller's own where nothing is given. */
  readonly input?: Uint8Array;
}

/** The terminal, or whatever stands in its place. */
export const processIo: Io = {
  stdout: process.stdout,
  stderr: process.stderr,
  stdin: process.stdin,
  env: process.env,
  clock: systemClock,
  run: (program, args, { env, input }) =>
    new Promise((resolve, reject) => {
      const child = spawn(program, args, {
        env,
        stdio: [input === undefined ? "inherit" : "pipe", "inherit", "inherit"],
      });
      child.on("error", reject);
      // As a shell reports a program that a signal ended.
      child.on("close", (code, signal) =>
        resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal])),
      );
      // The program may end without reading all; its exit code tells the rest.
      child.stdin?.on("error", () => {});
      child.stdin?.end(input);
    }),
  async connect({ secure, hostname: host, port }) {
    // RFC 6066 §3: an address is no server name.
    const servername = isIP(host) === 0 ? host : undefined;
    const socket = secure
      ? connectTls({ host, port, servername, ALPNProtocols: ["http/1.1"] })
      : connectPlain({ host, port });
    const tooLate = (): void => void socket.destroy(new Error("no connection within 10 s"));
    socket.setTimeout(10_000, tooLate);
    await once(socket, secure ? "secureConnect" : "connect");
    socket.off("timeout", tooLate);
    return socket;
  },
};
