import type { DeadKey, Refused } from "@lacre/core";

/** A refusal as the console is told of it. Neither key nor MAC nor canonical text is in it. */
export interface ToldRefusal {
  /** ISO 8601. */
  readonly at: string;
  readonly code: string;
  readonly status: number;
  readonly proven: boolean;
  readonly method: string;
  readonly requestId: string;
  readonly message: string;
  readonly route?: string;
  readonly address?: string;
  readonly appId?: string;
  readonly keyId?: string;
  readonly scheme?: string;
  readonly note?: string;
  readonly deadKey?: DeadKey;
  readonly timestamp?: number;
  readonly keyFingerprints?: readonly string[];
  readonly canonicalSha256?: string;
  readonly bytes?: number;
  readonly durationMs: number;
}

const LONGEST_TEXT = 500;
/** Of names: of apps, keys, addresses. */
export const LONGEST_NAME = 128;

/** As the console takes it: of bounded length, and without what no database keeps. To cut may halve a character. */
export const told = (text: string, most: number): string =>
  text.slice(0, most).replace(UNSTORABLE, "\ufffd");
const UNSTORABLE = /[\0\p{Cs}]/gu;

/** Refusals that wait to be told. Where there are too many the oldest go. */
export class RefusalBuffer {
  readonly #capacity: number;
  /** In the order of time, from `#first` on; what stands before it was taken or dropped. */
  #refusals: (readonly [Refused, number])[] = [];
  #first = 0;

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  get size(): number {
    return this.#refusals.length - this.#first;
  }

  /** How many had to go for it: 0 or 1. */
  add(refused: Refused, atMs: number): number {
    this.#refusals.push([refused, atMs]);
    if (this.size <= this.#capacity) return 0;
    this.#first += 1;
    this.#trim();
    return 1;
  }

  /**
   * Takes the oldest of them out, so many and so many bytes of JSON at most. What is told is made only now: `add` stands
   * in the way of a request.
   */
  take(most: number, mostBytes: number): ToldRefusal[] {
    const taken: ToldRefusal[] = [];
    let bytes = 0;
    while (taken.length < most && this.size > 0) {
      const [refused, atMs] = this.#refusals[this.#first] as readonly [Refused, number];
      const one = toldOf(refused, atMs);
      bytes += Buffer.byteLength(JSON.stringify(one)) + 1;
      if (bytes > mostBytes) break;
      taken.push(one);
      this.#first += 1;
    }
    this.#trim();
    return taken;
  }

  /** Now and then, so that each costs little. */
  #trim(): void {
    if (this.#first < this.#capacity && this.#first < this.#refusals.length) return;
    this.#refusals = this.#refusals.slice(this.#first);
    this.#first = 0;
  }
}

function toldOf(refused: Refused, atMs: number): ToldRefusal {
  const { code, status, proven, method, requestId, message, durationMs } = refused;
  const { route, address, appId, keyId, scheme, note, timestamp, bytes } = refused;
  const { keyFingerprints, canonicalSha256, deadKey } = refused;
  return {
    at: new Date(atMs).toISOString(),
    code,
    status,
    proven,
    method: told(method, LONGEST_NAME),
    requestId: told(requestId, LONGEST_NAME),
    message: told(message, LONGEST_TEXT),
    durationMs: Math.round(durationMs * 1_000) / 1_000,
    ...(route !== undefined && { route: told(route, LONGEST_TEXT) }),
    ...(address !== undefined && { address: told(address, LONGEST_NAME) }),
    ...(appId !== undefined && { appId: told(appId, LONGEST_NAME) }),
    ...(keyId !== undefined && { keyId: told(keyId, LONGEST_NAME) }),
    ...(scheme !== undefined && { scheme }),
    ...(note !== undefined && { note: told(note, LONGEST_TEXT) }),
    ...(deadKey !== undefined && { deadKey: { ...deadKey, id: told(deadKey.id, LONGEST_NAME) } }),
    ...(timestamp !== undefined && { timestamp }),
    ...(keyFingerprints !== undefined && { keyFingerprints: keyFingerprints.slice(0, 8) }),
    ...(canonicalSha256 !== undefined && { canonicalSha256 }),
    ...(bytes !== undefined && { bytes }),
  };
}
