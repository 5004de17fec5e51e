import { describe, expect, it } from "@jest/globals";
import { HeaderLines } from "../http/header-lines.js";
import type { SignableRequest } from "../http/signable-request.js";
import { acquia2 } from "@lacre/schemes/acquia2";
import { hawk } from "@lacre/schemes/hawk";
import { lacre1 } from "../lacre1/lacre1.js";
import { ResponseSigner } from "./sign-response.js";

const requestWith = (authorization: string, target = "/"): SignableRequest => ({
  method: "GET",
  target,
  host: "api.example.test",
  authority: "api.example.test",
  urlScheme: "https",
  headers: HeaderLines.fromEntries([["authorization", authorization]]),
});

describe("an answer that is signed under nobody's key", () => {
  const signer = new ResponseSigner([lacre1, hawk(), acquia2({ realm: "r" })]);
  const response = { status: 401, headers: [], content: Buffer.from("refused") };
  const fieldsFor = (request?: SignableRequest): string[] =>
    signer.feign(request, response).map(([name]) => name.toLowerCase());

  it.each([
    ['Hawk id="a", ts="1700000000", nonce="n", mac="x"', "server-authorization"],
    ["Hawk", "server-authorization"],
    [
      `Hawk id="a", ts="1700000000", nonce="n", app="x", mac="${"A".repeat(43)}="`,
      "server-authorization",
    ],
    ["acquia-http-hmac", "x-server-authorization-hmac-sha256"],
    ["LACRE1-HMAC-SHA256 nonsense", "lacre-signature"],
    ["Basic YTpi", "lacre-signature"],
  ])("to %s has the field of its scheme", (authorization, field) => {
    expect(fieldsFor(requestWith(authorization))).toContain(field);
    const others = [
      "server-authorization",
      "x-server-authorization-hmac-sha256",
      "lacre-signature",
    ];
    expect(fieldsFor(requestWith(authorization)).filter((name) => others.includes(name))).toEqual([
      field,
    ]);
  });

  it("to a request that cannot be read has the first one's", () => {
    expect(fieldsFor()).toContain("lacre-signature");
    expect(new ResponseSigner([]).feign(undefined, response)).toEqual([]);
  });

  it("is another one for each signer", () => {
    const macOf = (): string =>
      new ResponseSigner([acquia2({ realm: "r" })]).feign(undefined, response)[0]?.[1] ?? "";
    expect(macOf()).toHaveLength(44);
    expect(macOf()).not.toBe(macOf());
  });
});
