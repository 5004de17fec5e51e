import { randomBytes } from "node:crypto";
import { Inject, Injectable } from "@nestjs/common";
import { hash, verify, type Options } from "@node-rs/argon2";
import { SETTINGS, type ConsoleSettings } from "../start/settings.js";
import { HashQueue } from "./hash-queue.js";

/** OWASP's cheat sheet for storing passwords: argon2id with 19 MiB and two passes. */
const MEMORY_KIB = 19_456;
const PASSES = 2;
/** argon2id, as its package numbers it: the name is a const enum, which cannot be imported. */
const ARGON2ID = 2;

/** Two run at once, which leaves two of libuv's four threads to others; 64 that wait take about two seconds. */
const AT_ONCE = 2;
const MAY_WAIT = 64;

/** Hashes of passwords: argon2id. Few at once, so that a flood of sign-ins takes neither all memory nor all threads. */
@Injectable()
export class PasswordHashes {
  readonly #queue = new HashQueue(AT_ONCE, MAY_WAIT);
  readonly #options: Options;
  #nobodys: Promise<string> | undefined;

  constructor(@Inject(SETTINGS) { passwordCost }: ConsoleSettings) {
    this.#options = {
      algorithm: ARGON2ID,
      memoryCost: passwordCost?.memoryKib ?? MEMORY_KIB,
      timeCost: passwordCost?.passes ?? PASSES,
      parallelism: 1,
    };
  }

  /** @param lane who asks, for fairness: a browser or a network */
  hash(password: string, lane: string): Promise<string> {
    return this.#queue.run(lane, () => hash(password, this.#options));
  }

  /** Whether this is the password. Where there is no hash it is not, after the same work. */
  async isRight(stored: string | undefined, password: string, lane: string): Promise<boolean> {
    const compared = stored ?? (await this.nobodys());
    const isRight = await this.#queue.run(lane, () => verify(compared, password));
    return isRight && stored !== undefined;
  }

  /** A hash of what nobody knows. Made once. */
  nobodys(): Promise<string> {
    return (this.#nobodys ??= hash(randomBytes(32), this.#options));
  }
}
