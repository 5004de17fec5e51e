import { describe, expect, it } from "@jest/globals";
import { NonceStoreStartingError } from "@lacre/core";
import { RedisEpoch } from "./redis-epoch.js";
import { readMemory } from "./redis-memory.js";

const memory = (epoch: string, sinceMs: number, horizons = "{}") =>
  readMemory(`${epoch}:${sinceMs}:x ${horizons}`);
const GROWN = '{"lacre1":[326,30,1000,31]}';

describe("RedisEpoch", () => {
  it("knows nothing before it is told", () => {
    const epoch = new RedisEpoch();
    expect([epoch.now.kind, epoch.last, epoch.completeSinceMs]).toEqual([
      "unknown",
      undefined,
      undefined,
    ]);
    expect(epoch.doubt()).not.toBeInstanceOf(NonceStoreStartingError);
  });

  it("is another once a doubt has arisen, though the same memory is trusted again", () => {
    const epoch = new RedisEpoch();
    expect(epoch.trust(memory("a", 1000), true)).toBeUndefined();
    const before = epoch.now;
    expect(before.kind).toBe("sure");
    epoch.raiseDoubt();
    const doubt = epoch.now;
    expect([doubt.kind, epoch.last?.sinceMs]).toEqual(["unknown", 1000]);
    epoch.raiseDoubt();
    expect(epoch.now).not.toBe(doubt);
    expect(epoch.trust(memory("a", 1000), true)).toBeUndefined();
    expect(epoch.now.kind).toBe("sure");
    expect(epoch.now).not.toBe(before);
  });

  it("grows without a doubt, and only from the memory that the claim was made on", () => {
    const epoch = new RedisEpoch();
    const first = memory("a", 1000);
    epoch.trust(first, true);
    const before = epoch.now;
    epoch.grown(memory("b", 1000), memory("b", 1000, GROWN));
    expect(epoch.last?.horizons.of("lacre1")).toBeUndefined();
    epoch.grown(first, memory("a", 1000, GROWN));
    expect(epoch.last?.horizons.of("lacre1")?.seconds).toBe(326);
    expect(epoch.now).toBe(before);
    epoch.raiseDoubt();
    epoch.grown(memory("a", 1000, GROWN), first);
    expect(epoch.last?.horizons.of("lacre1")?.seconds).toBe(326);
  });

  it("is complete from the last claim on that lies in another memory, however old the new one is", () => {
    const epoch = new RedisEpoch();
    epoch.trust(memory("a", 1000), true);
    epoch.claimed(5000);
    epoch.claimed(4000);
    epoch.lose();
    expect(epoch.doubt()).toBeInstanceOf(NonceStoreStartingError);
    expect(epoch.completeSinceMs).toBe(1000);
    expect(epoch.trust(memory("b", 2000), true)).toBe(5000);
    expect(epoch.completeSinceMs).toBe(5000);
    epoch.lose();
    expect(epoch.trust(memory("c", 9000), true)).toBe(9000);
  });

  it("stays lost, and distrusts, through other doubts until it is trusted", () => {
    const epoch = new RedisEpoch();
    epoch.trust(memory("a", 1000), true);
    expect(epoch.distrusted).toBe("");
    epoch.lose({ isDistrusted: true });
    epoch.raiseDoubt();
    expect(epoch.doubt()).toBeInstanceOf(NonceStoreStartingError);
    expect(epoch.distrusted).toBe("a:1000:x");
    epoch.trust(memory("b", 2000), true);
    epoch.raiseDoubt();
    expect([epoch.now.kind, epoch.distrusted]).toEqual(["unknown", ""]);
  });
});
