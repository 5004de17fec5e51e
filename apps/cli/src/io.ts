import type { Socket } from "node:net";
import type { Clock } from "@lacre/core";
import type { Place } from "./http/connect-to.js";
import type { RunOptions } from "./run-program.js";

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
  off?(event: "drain" | "close", listener: () => void): unknown;
}

/** The terminal, or whatever stands in its place. Node makes each part of it for those that ask: it takes time. */
export const processIo: Io = {
  get stdout() {
    return process.stdout;
  },
  get stderr() {
    return process.stderr;
  },
  get stdin() {
    return process.stdin;
  },
  env: process.env,
  clock: { nowMs: () => Date.now() },
  async run(program, args, options) {
    const { runProgram } = await import("./run-program.js");
    return runProgram(program, args, options);
  },
  async connect(place) {
    const { connectTo } = await import("./http/connect-to.js");
    return connectTo(place);
  },
};
