import { createHash } from "node:crypto";
import { describe, expect, it } from "@jest/globals";
import { digestAlgorithmNamed, formatContentDigest, parseContentDigest } from "./content-digest.js";

const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const sha256 = createHash("sha256").update('{"hello": "world"}').digest();
const sha512 = createHash("sha512").update('{"hello": "world"}').digest();

describe("Content-Digest", () => {
  it("reads and writes the example of RFC 9530, appendix D", () => {
    const field = "sha-256=:X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE=:";
    expect(formatContentDigest(sha256.toString("base64"))).toBe(field);
    expect(parseContentDigest(field)).toEqual({
      algorithm: "sha256",
      digest: sha256.toString("base64"),
    });
  });

  it("reads sha-512", () => {
    const field = `sha-512=:${sha512.toString("base64")}:`;
    expect(parseContentDigest(field)).toEqual({
      algorithm: "sha512",
      digest: sha512.toString("base64"),
    });
    expect(digestAlgorithmNamed(field)).toBe("sha512");
  });

  it("says sha256 for a field that is absent or strange: the parser refuses it later", () => {
    expect(digestAlgorithmNamed(undefined)).toBe("sha256");
    expect(digestAlgorithmNamed("md5=:AA==:")).toBe("sha256");
    expect(digestAlgorithmNamed("SHA-512=:AA==:")).toBe("sha256");
  });

  const base64 = sha256.toString("base64");
  const base64of512 = sha512.toString("base64");

  it("takes one spelling of the last character: the other bits must be zero", () => {
    const accepted = (field: (letter: string) => string): string[] =>
      [...LETTERS].filter((letter) => {
        try {
          parseContentDigest(field(letter));
          return true;
        } catch {
          return false;
        }
      });
    expect(
      accepted((x) => `sha-256=:${base64.slice(0, 42)}${x}=:`)
        .sort()
        .join(""),
    ).toBe([..."AEIMQUYcgkosw048"].sort().join(""));
    expect(
      accepted((x) => `sha-512=:${base64of512.slice(0, 85)}${x}==:`)
        .sort()
        .join(""),
    ).toBe("AQgw");
  });

  it.each([
    ["", "empty"],
    [`sha-256=:${base64}:\n`, "a line feed at the end"],
    [`\nsha-256=:${base64}:`, "a line feed before"],
    [` sha-256=:${base64}:`, "a blank before"],
    [`sha-256=:${base64}`, "no last colon"],
    [`sha-256=:${base64}:;a=1`, "a parameter"],
    [`sha-256=:${base64}:, sha-256=:${base64}:`, "two members"],
    [`sha-512=:${base64}:`, "the hash of another length"],
    [`sha-256=:${base64of512}:`, "the hash of another length"],
    [`sha-256=:${base64.replace(/.$/, "")}:`, "no padding"],
    [`sha-256=:${base64}=:`, "more padding"],
    [`sha-256=:${base64.slice(0, 20)} ${base64.slice(21)}:`, "a blank inside"],
    [`sha-256=:${sha256.toString("base64url")}=:`.replace("=:", "=:-"), "base64url"],
    ["sha-256=::", "nothing between the colons"],
    [`__proto__=:${base64}:`, "a name from Object.prototype"],
  ])("refuses %j: %s", (field) => {
    expect(() => parseContentDigest(field)).toThrow(
      expect.objectContaining({ code: "digest-malformed" }),
    );
  });
});
