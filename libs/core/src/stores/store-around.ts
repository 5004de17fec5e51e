import type { NonceNeeds, NonceStore, SharedHorizon } from "../ports/nonce-store.js";

type Holding = Required<NonceStore>["hold"];

/** A store that hands everything on to another one. */
export abstract class StoreAround implements NonceStore {
  readonly #inner: NonceStore;
  /** Where the other one has it. */
  readonly hold?: Holding;

  constructor(inner: NonceStore) {
    this.#inner = inner;
    if (typeof inner.hold === "function") this.hold = (...args) => this.holdInner(...args);
  }

  protected holdInner(...args: Parameters<Holding>): ReturnType<Holding> {
    return (this.#inner as Required<NonceStore>).hold(...args);
  }

  claim(key: string, expiresAtMs: number, scheme?: string): ReturnType<NonceStore["claim"]> {
    return this.#inner.claim(key, expiresAtMs, scheme);
  }

  get completeSinceMs(): number | undefined {
    return this.#inner.completeSinceMs;
  }

  get isShared(): boolean {
    return this.#inner.isShared ?? false;
  }

  horizonOf(scheme: string): SharedHorizon | undefined {
    return this.#inner.horizonOf?.(scheme);
  }

  get isClockOff(): boolean {
    return this.#inner.isClockOff ?? false;
  }

  async start(needs?: NonceNeeds): Promise<void> {
    await this.#inner.start?.(needs);
  }

  async stop(): Promise<void> {
    await this.#inner.stop?.();
  }
}
