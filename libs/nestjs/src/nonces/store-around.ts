import type { NonceStore } from "@lacre/core";

/** A store that hands everything on to another one. */
export abstract class StoreAround implements NonceStore {
  readonly #inner: NonceStore;

  constructor(inner: NonceStore) {
    this.#inner = inner;
  }

  claim(key: string, expiresAtMs: number): ReturnType<NonceStore["claim"]> {
    return this.#inner.claim(key, expiresAtMs);
  }

  get completeSinceMs(): number | undefined {
    return this.#inner.completeSinceMs;
  }

  get isShared(): boolean {
    return this.#inner.isShared ?? false;
  }

  async start(): Promise<void> {
    await this.#inner.start?.();
  }

  async stop(): Promise<void> {
    await this.#inner.stop?.();
  }
}
