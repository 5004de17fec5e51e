import { brotliCompressSync, deflateSync, gzipSync } from "node:zlib";
import { describe, expect, it } from "@jest/globals";
import { HeaderLines } from "@lacre/core/scheme";
import { inflated } from "./inflate.js";

const lines = (...codings: string[]): HeaderLines =>
  HeaderLines.fromEntries(codings.map((coding) => ["Content-Encoding", coding] as const));
const latin1 = (bytes: Uint8Array): string => Buffer.from(bytes).toString("latin1");
const TEXT = "é".repeat(1000);
const BYTES = Buffer.from(TEXT);

describe("content without its Content-Encoding", () => {
  it.each<[string, (bytes: Uint8Array) => Uint8Array]>([
    ["gzip", gzipSync],
    ["GZIP", gzipSync],
    ["x-gzip", gzipSync],
    ["deflate", deflateSync],
    ["br", brotliCompressSync],
    ["identity", (bytes) => bytes],
  ])("%s", (coding, compress) => {
    const content = latin1(compress(BYTES));
    expect(inflated(lines(coding), content, 2000)).toBe(latin1(BYTES));
    expect(inflated(lines(coding), content, Infinity)).toBe(latin1(BYTES));
    expect(inflated(lines(coding), "", 2000)).toBe("");
  });

  it("is the content where there is none", () =>
    expect(inflated(lines(), "as it came", 5)).toBe("as it came"));

  it("is no more than the route takes, however much a few bytes make", () => {
    const bomb = latin1(gzipSync(Buffer.alloc(50_000_000)));
    expect(bomb.length).toBeLessThan(60_000);
    expect(() => inflated(lines("gzip"), bomb, 1_048_576)).toThrow("content-too-large");
    expect(() => inflated(lines("gzip"), latin1(gzipSync(BYTES)), 1999)).toThrow(
      "content-too-large",
    );
  });

  it.each(["zstd", "gzip, gzip", "constructor", "", "gzip;q=1"])("%j is refused", (coding) =>
    expect(() => inflated(lines(coding), "x", 2000)).toThrow("header-malformed"),
  );

  it("is refused under two lines, and where it is not what they say", () => {
    expect(() => inflated(lines("gzip", "gzip"), "x", 2000)).toThrow("header-malformed");
    for (const coding of ["gzip", "deflate", "br"])
      expect(() => inflated(lines(coding), "no such thing", 2000)).toThrow("content-mismatch");
  });
});
