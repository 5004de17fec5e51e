import { describe, expect, it } from "@jest/globals";
import { contentOf } from "./content.js";

describe("contentOf", () => {
  const content = contentOf(Buffer.from("hello"));
  const claim = {
    kind: "declared",
    algorithm: "sha256",
    encoding: "hex",
    // printf hello | sha256sum
    digest: "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824",
  } as const;

  it("is judged by the limit of whoever asks", () => {
    expect([content.settle(), content.settle(5), content.settle(6)]).toEqual([5, 5, 5]);
    expect(() => content.settle(4)).toThrow("content-too-large");
  });

  it("is what was claimed, and not more than that", () => {
    content.expect(claim);
    content.expect(claim, 5);
    expect(() => content.expect(claim, 4)).toThrow("content-too-large");
    expect(() => contentOf(Buffer.from("hallo")).expect(claim)).toThrow("content-mismatch");
  });
});
