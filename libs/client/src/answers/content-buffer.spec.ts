import { describe, expect, it } from "@jest/globals";
import { ContentBuffer } from "./content-buffer.js";

const piece = (byteLength: number, value = 7): Uint8Array => new Uint8Array(byteLength).fill(value);

describe("ContentBuffer", () => {
  it.each<[number | undefined, string]>([
    [undefined, "nothing is declared"],
    [300, "all of it is declared"],
    [10, "less is declared"],
    [9_000_000_000_000, "more is declared than any machine has"],
  ])("holds what comes, where %s: %s", (declared) => {
    const content = new ContentBuffer(400, declared);
    for (let i = 0; i < 300; i++) content.add(piece(1, i % 256));
    expect([...content.bytes]).toEqual(Array.from({ length: 300 }, (_, i) => i % 256));
    expect(content.bytes.buffer.byteLength).toBeLessThanOrEqual(400);
  });

  it("takes as many bytes as it may, and not one more", () => {
    const content = new ContentBuffer(3);
    content.add(piece(3));
    content.add(piece(0));
    expect(() => content.add(piece(1))).toThrow(/content-too-large: .* more than 3 bytes/);
    expect(content.bytes.byteLength).toBe(3);
  });

  it.each([1, 999, 4096, 65_536])(
    "leaves behind little more than an eighth of what it may hold, in pieces of %i bytes",
    (byteLength) => {
      const limit = 4_000_000;
      const memories = new Set<ArrayBuffer>();
      const content = new ContentBuffer(limit);
      for (let left = limit; left > 0; left -= byteLength) {
        content.add(piece(Math.min(left, byteLength)));
        memories.add(content.bytes.buffer);
      }
      const sum = [...memories].reduce((bytes, memory) => bytes + memory.byteLength, 0);
      expect(sum).toBeLessThan(1.2 * limit);
    },
  );

  it("grows without a limit", () => {
    const content = new ContentBuffer(Infinity);
    for (let i = 0; i < 100; i++) content.add(piece(1000));
    expect(content.bytes.byteLength).toBe(100_000);
    expect(content.bytes.buffer.byteLength).toBeLessThanOrEqual(200_000);
  });
});
