import { describe, expect, it } from "@jest/globals";
import { Refusal } from "@lacre/core/scheme";
import { SignatureField, type SignatureFieldOptions } from "./signature-field.js";

const A = "a".repeat(64);
const B = "b".repeat(64);
const T = "1700000000";
const OPTIONS: SignatureFieldOptions = {
  algorithm: "sha256",
  encoding: "hex",
  prefix: "",
  separator: undefined,
  timestampPrefix: undefined,
  timestampFormat: "seconds",
};
const PADDLE = { ...OPTIONS, prefix: "h1=", separator: ";", timestampPrefix: "ts=" };
const RECURLY = { ...OPTIONS, separator: ",", timestampPrefix: "" };
const DOCUSEAL = { ...OPTIONS, separator: ".", timestampPrefix: "" };
const LIST = { ...OPTIONS, separator: ", " };

/** What is read, in words: signatures, and the time. */
function read(options: SignatureFieldOptions, text: string): string {
  try {
    const { macs, timestamp } = new SignatureField(options, "o").read(text, "x-signature");
    return [timestamp ?? "-", ...macs.map((mac) => mac.slice(0, 1))].join(" ");
  } catch (error) {
    if (error instanceof Refusal) return error.code;
    throw error;
  }
}

describe("the text with the signature", () => {
  it.each<[string, SignatureFieldOptions, string, string]>([
    ["a MAC alone", OPTIONS, A, "- a"],
    ["a MAC and something", OPTIONS, `${A},${B}`, "signature-malformed"],
    ["a prefix with a blank", { ...OPTIONS, prefix: "sha256 " }, `sha256 ${A}`, "- a"],
    ["two blanks", { ...OPTIONS, prefix: "sha256 " }, `sha256  ${A}`, "signature-malformed"],
    ["another word", { ...OPTIONS, prefix: "sha256 " }, `sha1 ${A}`, "credentials-malformed"],
    ["time and MAC", PADDLE, `ts=${T};h1=${A}`, `${T} a`],
    ["MAC and time", PADDLE, `h1=${A};ts=${T}`, `${T} a`],
    ["a blank behind", PADDLE, `ts=${T}; h1=${A}; h1=${B}`, `${T} a b`],
    ["a blank before", PADDLE, `ts=${T} ;h1=${A}`, `${T}  a`], // no time has a blank: timestamp-malformed
    ["one name, two values", PADDLE, `ts=${T};h1=${A};${B}`, `${T} a b`],
    ["a value behind the time", PADDLE, `h1=${A};ts=${T};${B}`, "credentials-malformed"],
    ["a value before its name", PADDLE, `${B};ts=${T};h1=${A}`, "credentials-malformed"],
    ["another part", PADDLE, `ts=${T};h2=x;h1=${A};alg=hmac-sha256`, `${T} a`],
    ["no time", PADDLE, `h1=${A}`, "credentials-malformed"],
    ["two times", PADDLE, `ts=${T};ts=${T};h1=${A}`, "credentials-malformed"],
    ["no signature", PADDLE, `ts=${T}`, "credentials-malformed"],
    ["an end", PADDLE, `ts=${T};h1=${A};`, "credentials-malformed"],
    ["a short one", PADDLE, `ts=${T};h1=${A};h1=abc`, "signature-malformed"],
    ["capitals", PADDLE, `ts=${T};h1=${A.toUpperCase()}`, "signature-malformed"],
    ["without names", RECURLY, `${T},${A},${B}`, `${T} a b`],
    ["without names, with blanks", RECURLY, `${T}, ${A}, ${B}`, `${T} a b`],
    ["the time last", RECURLY, `${A},${T}`, "signature-malformed"],
    ["the time alone", RECURLY, T, "credentials-malformed"],
    ["a point", DOCUSEAL, `${T}.${A}`, `${T} a`],
    ["another separator", DOCUSEAL, `${T},${A}`, "credentials-malformed"],
    ["two characters", LIST, `${A}, ${B}`, "- a b"],
    ["one of them", LIST, `${A},${B}`, "signature-malformed"],
    ["nothing", LIST, "", "signature-malformed"],
    ["sixteen", LIST, Array(16).fill(A).join(", "), `-${" a".repeat(16)}`],
    ["seventeen", LIST, Array(17).fill(A).join(", "), "credentials-malformed"],
    ["4097 characters", PADDLE, `ts=${T};h1=${A};x=${"x".repeat(4096)}`, "credentials-malformed"],
  ])("%s", (_, options, text, found) => expect(read(options, text)).toBe(found));

  it.each<[SignatureFieldOptions, string]>([
    [OPTIONS, A],
    [{ ...OPTIONS, prefix: "sha256 " }, `sha256 ${A}`],
    [{ ...OPTIONS, encoding: "hex-upper" }, A.toUpperCase()],
    [PADDLE, `ts=${T};h1=${A}`],
    [RECURLY, `${T},${A}`],
    [DOCUSEAL, `${T}.${A}`],
  ])("is written as %j", (options, text) =>
    expect(new SignatureField(options, "o").write([A], T)).toBe(text),
  );

  it.each<[SignatureFieldOptions, string, string]>([
    [OPTIONS, "abc", "it must be 64 characters of lower-case hexadecimal"],
    [PADDLE, `ts=${T};h1=abc`, 'it must be "h1=" and 64 characters of lower-case hexadecimal'],
    [{ ...OPTIONS, encoding: "base64" }, A, "it must be 44 characters of strict base64"],
    [
      { ...OPTIONS, encoding: "base64url", algorithm: "sha1" },
      A,
      "it must be 27 characters of strict base64url without padding",
    ],
  ])("that is wrong is told with its place and its form, not with its value: %j", (...each) => {
    const [options, text, note] = each;
    let refusal: Refusal | undefined;
    try {
      new SignatureField(options, "o").read(text, "x-signature");
    } catch (error) {
      refusal = error as Refusal;
    }
    expect(refusal?.message).toBe("signature-malformed: x-signature");
    expect(refusal?.progress()).toEqual({ note });
  });

  it("holds two signatures during a rotation", () =>
    expect(new SignatureField(PADDLE, "o").write([A, B], T)).toBe(`ts=${T};h1=${A};h1=${B}`));
});
