import { createHash } from "node:crypto";
import { IncomingMessage } from "node:http";
import { Socket } from "node:net";
import { describe, expect, it } from "@jest/globals";
import { Refusal, type ContentClaim } from "@lacre/core";
import { BodyTap } from "./body-tap.js";

const tap = (request: IncomingMessage, uses: ConstructorParameters<typeof BodyTap>[1] = []) =>
  new BodyTap(request, uses, 100, { errorOf: (refusal) => refusal });

/** A request as Node's parser fills it. */
function incoming(contentLength?: number): IncomingMessage {
  const request = new IncomingMessage(new Socket());
  if (contentLength !== undefined) request.headers["content-length"] = String(contentLength);
  return request;
}

const codeOf = async (ask: () => unknown): Promise<unknown> => {
  try {
    return await ask();
  } catch (error) {
    return (error as Refusal).code;
  }
};
const tick = () => new Promise((resolve) => setImmediate(resolve));
const chunk = (byteLength: number) => Buffer.alloc(byteLength, 7);
const claimOf = (content: Buffer): ContentClaim => ({
  kind: "declared",
  algorithm: "sha256",
  encoding: "hex",
  digest: createHash("sha256").update(content).digest("hex"),
});

describe("the limit of whoever asks", () => {
  it("refuses what is announced at once, and leaves it to others", async () => {
    const request = incoming(20);
    const content = tap(request);
    expect(await codeOf(() => content.settle(19))).toBe("content-too-large");
    request.push(chunk(20));
    request.push(null);
    expect(await content.settle(20)).toBe(20);
    expect(await codeOf(() => content.settle(19))).toBe("content-too-large"); // also once it is there
    expect((request.read() as Buffer).equals(chunk(20))).toBe(true);
  });

  it("holds for content that has ended, and is the tap's own where nobody names one", async () => {
    for (const size of [100, 101]) {
      const request = incoming();
      const content = tap(request);
      request.push(chunk(size));
      request.push(null);
      request.read(); // a parser of the application's
      expect(await codeOf(() => content.settle())).toBe(size === 100 ? 100 : "content-too-large");
      expect(await content.settle(200)).toBe(size);
    }
  });

  it("fails for good what overflows while it is kept for the largest", async () => {
    const request = incoming();
    const content = tap(request);
    const asked = [10, 30].map((most) => codeOf(() => content.settle(most)));
    request.push(chunk(20));
    await tick();
    expect(request.destroyed).toBe(false);
    request.push(chunk(11));
    expect(await Promise.all(asked)).toEqual(["content-too-large", "content-too-large"]);
    expect(await codeOf(() => content.settle(1000))).toBe("content-too-large");
    expect(request.destroyed).toBe(true); // nobody takes what is there for whole
  });

  it("tells each of those who wait", async () => {
    const request = incoming();
    const content = tap(request);
    const asked = [10, 30, undefined].map((most) => codeOf(() => content.settle(most)));
    request.push(chunk(20));
    request.push(null);
    expect(await Promise.all(asked)).toEqual(["content-too-large", 20, 20]);
  });

  it("fails a stream that goes on beyond it", async () => {
    const request = incoming();
    const content = tap(request, ["sha256"]);
    const told = new Promise<Refusal>((resolve) => request.on("error", resolve));
    expect(() => tap(incoming(31)).expect(claimOf(chunk(31)), 30)).toThrow("content-too-large");
    content.expect(claimOf(chunk(31)), 30);
    request.push(chunk(30));
    request.push(chunk(1));
    expect((await told).code).toBe("content-too-large");
    expect(await content.judged()).toBe(await told);
  });
});

describe("a head after which nothing can follow", () => {
  /** A request of HTTP/1 with neither Content-Length nor Transfer-Encoding. */
  const bare = (): IncomingMessage => Object.assign(incoming(), { httpVersionMajor: 1 });

  it("is all there is, at once, and what comes all the same fails for whoever reads", async () => {
    for (const isRead of [true, false]) {
      const request = bare();
      const content = tap(request, ["sha256", "bytes"]);
      expect(content.settle()).toBe(0);
      expect(content.settle(50)).toBe(0); // another who asks
      let bytes = 0;
      const errors: unknown[] = [];
      request.on("error", (error: Refusal) => errors.push(error.code));
      if (isRead) request.on("data", (part: Buffer) => (bytes += part.byteLength));
      request.push(chunk(1));
      request.push(chunk(9));
      request.push(null);
      await tick();
      if (!isRead) request.on("data", (part: Buffer) => (bytes += part.byteLength)); // a late parser
      await tick();
      expect([bytes, errors, request.readableEnded]).toEqual([0, ["content-too-large"], false]);
      expect(content.isRight).toBe(false);
      expect((await content.judged())?.code).toBe("content-too-large");
      expect(await codeOf(() => content.settle(1000))).toBe("content-too-large");
    }
  });

  it("is never read to an end by whoever comes late, when nobody could be told", async () => {
    const request = bare();
    const content = tap(request, ["sha256"]);
    expect(content.settle()).toBe(0);
    request.push(chunk(5));
    request.push(null);
    const parts: unknown[] = [];
    const reading = (async () => {
      for await (const part of request) parts.push(part);
    })();
    await expect(reading).rejects.toThrow();
    expect([parts, content.isUnheard]).toEqual([[], true]);
  });

  it("lets what comes all the same through under no claim but its own", async () => {
    for (const [claim, code] of [
      [{ kind: "none" }, "content-undigested"],
      [claimOf(Buffer.alloc(0)), "content-mismatch"],
    ] as const) {
      const request = bare();
      const content = tap(request, ["sha256"]);
      expect(content.settle()).toBe(0); // for one rule
      content.expect(claim); // for another, of a streamed route
      let bytes = 0;
      const errors: unknown[] = [];
      request
        .on("error", (error: Refusal) => errors.push(error.code))
        .on("data", (part: Buffer) => (bytes += part.byteLength));
      request.push(chunk(1));
      request.push(null);
      await tick();
      expect([bytes, errors, request.readableEnded]).toEqual([0, [code], false]);
      expect(content.isRight).toBe(false);
    }
  });

  it.each<[string, object]>([
    ["it is of HTTP/2", { httpVersionMajor: 2 }],
    ["it has a transfer coding", { headers: { "transfer-encoding": "chunked" } }],
    ["it announces content", { headers: { "content-length": "4" } }],
    ["an adapter hands it over", { complete: true }],
    ["inject() makes it", { _lightMyRequest: {} }],
  ])("is no such head where %s", async (_what, more) => {
    const request = Object.assign(bare(), more);
    const asked = tap(request).settle();
    expect(asked).toBeInstanceOf(Promise);
    request.push(chunk(4));
    request.push(null);
    expect(await asked).toBe(4);
  });

  it("is none either where something has come already", async () => {
    const request = bare();
    const content = tap(request);
    request.push(chunk(3));
    const asked = content.settle();
    request.push(null);
    expect(await asked).toBe(3);
  });
});

describe("what is kept", () => {
  const sha = (algorithm: string, content: Buffer) =>
    createHash(algorithm).update(content).digest("hex");

  it("is what each of the uses needs, side by side", async () => {
    const request = incoming();
    const content = tap(request, ["sha512", "bytes", "sha256", "sha256"]);
    for (const part of ["ab", "c"]) request.push(Buffer.from(part));
    request.push(null);
    await content.settle();
    const abc = Buffer.from("abc");
    expect(content.digest("sha256", "hex")).toBe(sha("sha256", abc));
    expect(content.digest("sha512", "hex")).toBe(sha("sha512", abc));
    expect(Buffer.from(content.bytes()).equals(abc)).toBe(true);
  });

  it("is told in either encoding, and not before the end", async () => {
    const request = incoming();
    const content = tap(request, ["sha256"]);
    request.push(Buffer.from("abc"));
    expect(() => content.digest("sha256", "hex")).toThrow("content-unread");
    request.push(null);
    await content.settle();
    for (const encoding of ["hex", "base64"] as const)
      expect(content.digest("sha256", encoding)).toBe(
        createHash("sha256").update("abc").digest(encoding),
      );
  });

  it("is nothing else", async () => {
    const request = incoming();
    const content = tap(request, ["sha256"]);
    request.push(null);
    await content.settle();
    expect(content.digest("sha256", "hex")).toBe(sha("sha256", Buffer.alloc(0)));
    expect(() => content.digest("sha512", "hex")).toThrow("content-unread");
    expect(() => content.bytes()).toThrow("content-unread");
  });

  it("is not more than the tap may keep", async () => {
    const request = incoming();
    const content = tap(request, ["bytes"]);
    for (let i = 0; i < 3; i++) request.push(chunk(40));
    request.push(null);
    expect(await content.settle(120)).toBe(120);
    expect(() => content.bytes()).toThrow("content-too-large");
  });
});

describe("expected content", () => {
  it("waits in the stream one chunk less, however it is read, and slows its source down", async () => {
    const request = incoming();
    const content = tap(request, ["sha256"]);
    const size = request.readableHighWaterMark;
    const whole = chunk(3 * size);
    content.expect(claimOf(whole));
    expect(request.push(chunk(size))).toBe(true);
    expect(request.readableLength).toBe(0);
    expect(request.push(chunk(size))).toBe(false);
    expect(request.readableLength).toBe(size);
    expect((request.read() as Buffer).byteLength).toBe(size);
    request.push(chunk(size));
    expect(request.readableLength).toBe(size);
    request.push(null);
    expect(request.readableLength).toBe(2 * size);
    expect(content.isRight).toBe(true);
  });

  it("takes back what came before, and gives back nothing of it when the rest is wrong", async () => {
    for (const isRight of [true, false]) {
      const request = incoming();
      const content = tap(request, ["sha256"]);
      request.push(chunk(10));
      content.expect(claimOf(chunk(isRight ? 10 : 11)));
      content.expect(claimOf(chunk(isRight ? 10 : 11))); // the door, and then the guard
      expect([request.readableLength, request.readableDidRead]).toEqual([0, false]);
      let bytes = 0;
      request.on("data", (part: Buffer) => (bytes += part.byteLength)).on("error", () => undefined);
      request.push(null);
      await tick();
      expect([bytes, request.readableEnded, content.isRight]).toEqual(
        isRight ? [10, true, true] : [0, false, false],
      );
    }
  });

  it("is refused before anything is read where there is to be none, and some has come or will", () => {
    const empty = claimOf(Buffer.alloc(0));
    for (const claim of [{ kind: "none" }, { ...empty, mustBeEmpty: true }] as ContentClaim[]) {
      expect(() => tap(incoming(5), ["sha256"]).expect(claim)).toThrow("content-undigested");
      const request = incoming(); // chunked
      const content = tap(request, ["sha256"]);
      request.push(chunk(1));
      expect(() => content.expect(claim)).toThrow("content-undigested");
      for (const none of [incoming(), incoming(0)]) tap(none, ["sha256"]).expect(claim);
      // A serverless adapter may announce what it does not have.
      tap(Object.assign(incoming(5), { complete: true }), ["sha256"]).expect(claim);
    }
    expect(() => tap(incoming(5), ["sha256"]).expect(empty)).not.toThrow(); // judged at its end
  });

  it("fails with its first byte where there is to be none", () => {
    const request = incoming();
    const content = tap(request, ["sha256"]);
    request.on("error", () => undefined);
    content.expect({ kind: "none" });
    request.push(chunk(1));
    expect(content.failure?.code).toBe("content-undigested");
  });

  it("says null twice, as HTTP/2 does", async () => {
    for (const isRight of [true, false]) {
      const request = incoming();
      const content = tap(request, ["sha256"]);
      content.expect(claimOf(chunk(isRight ? 10 : 11)));
      let errors = 0;
      request.on("error", () => errors++);
      request.push(chunk(10));
      request.push(null);
      request.push(null);
      await tick();
      expect([request.readableLength, errors]).toEqual(isRight ? [10, 0] : [0, 1]);
    }
  });

  it("cannot be taken back once it is text", () => {
    const request = incoming();
    const content = tap(request, ["sha256"]);
    request.push(chunk(10));
    request.setEncoding("utf8");
    expect(() => content.expect(claimOf(chunk(10)))).toThrow("content-unread");
  });
});
