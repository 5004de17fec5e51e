import { describe, expect, it } from "@jest/globals";
import { beginningOf } from "./beginning.js";

async function* inPieces(text: string, length = 7): AsyncGenerator<Uint8Array> {
  const bytes = new TextEncoder().encode(text);
  for (let at = 0; at < bytes.byteLength; at += length) yield bytes.subarray(at, at + length);
}

const HEADERS = [
  ["Host", "api.example.com"],
  ["Cookie", "sid=s3cret"],
] as const;

describe("beginningOf", () => {
  it.each([
    ["<title>Not found</title>", "<title>Not found</title>"],
    ["a\r\nb\tc\u0000\u202e", "a\\u000d\\nb\\u0009c\\u0000\\u202e"],
    ["no api.example.com here", "no api.example.com here"],
    ["Cookie: sid=s3cret; path=/", "Cookie: …; path=/"],
    ["Cannot GET /orders?token=hush&amp;a='b' HTTP/1.1", "Cannot GET /orders?… HTTP/1.1"],
    [`Signature=${"0f".repeat(32)}, x`, "…, x"],
    ["\u00e9\u2713", "\u00e9\u2713"],
  ])("shows %j as %j", async (text, shown) => {
    expect(await beginningOf(inPieces(text), HEADERS)).toBe(shown);
  });

  it.each([
    ["you sent PIN=4711 and 4711", "you sent … and …"],
    ["session ABC, Sid=abc", "session …, …"],
    ["user QWxhZGRpbg==, scheme basic", "user …, scheme …"],
    ["proxy hunter2", "proxy …"],
  ])("removes each part of a credential, in any case: %j as %j", async (text, shown) => {
    const headers = [
      ["cookie", "sid=abc; pin=4711"],
      ["Authorization", "Basic QWxhZGRpbg=="],
      ["Proxy-Authorization", 'Digest user="x", response="hunter2"'],
    ] as const;
    expect(await beginningOf(inPieces(text), headers)).toBe(shown);
  });

  it("shows nothing of nothing", async () => {
    expect(await beginningOf(inPieces(""), HEADERS)).toBeUndefined();
  });

  it("reads 200 bytes, and shows no half of a word at their end: it may be a secret's", async () => {
    let read = 0;
    async function* counted(): AsyncGenerator<Uint8Array> {
      for await (const each of inPieces("word ".repeat(38) + "sid=s3cret".repeat(99), 50)) {
        read += each.byteLength;
        yield each;
      }
    }
    expect(await beginningOf(counted(), [["Cookie", "sid=s3cret!"]])).toBe(
      `${"word ".repeat(38)}…`,
    );
    expect(read).toBe(200);
  });

  it("waits no longer than shortly, and shows what has come", async () => {
    let isStopped = false;
    const never: AsyncIterable<Uint8Array> = {
      [Symbol.asyncIterator]: () => ({
        next: () => new Promise(() => {}),
        async return() {
          isStopped = true;
          return { done: true, value: undefined };
        },
      }),
    };
    expect(await beginningOf(never, HEADERS)).toBeUndefined();
    expect(isStopped).toBe(true);
  });

  it("shows what came before an error", async () => {
    async function* failing(): AsyncGenerator<Uint8Array> {
      yield* inPieces("half");
      throw new Error("reset");
    }
    expect(await beginningOf(failing(), HEADERS)).toBe("half");
  });
});
