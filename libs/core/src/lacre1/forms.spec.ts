import { describe, expect, it } from "@jest/globals";
import { readApps, type AppDefinition } from "../apps/apps.js";
import { readApiKey } from "../crypto/api-key.js";
import type { Claims } from "../scheme/claims.js";
import { HeaderLines } from "../http/header-lines.js";
import type { SignableRequest } from "../http/signable-request.js";
import { lacre1 } from "./lacre1.js";

/** The worked examples of docs/protocol.md, sections 11 and 12, under the key of section 1.1. */
const secret = readApiKey("lk1_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8");
const request: Claims = {
  appId: "demo",
  recipe: { algorithm: "sha256", encoding: "hex" },
  timestampSeconds: 1700000000,
  nonce: "c2FtcGxlLW5vbmNlLTAx",
  signedHeaders: [],
  mac: "e7dae6ec7a9b250b77d1403574183485fd4428c1f83280ebf8f9a8c9a7c06565",
  content: { kind: "none" },
};
const head: SignableRequest = {
  method: "POST",
  target: "/v1/items?tag=a%20b",
  host: "api.example.test",
  authority: "api.example.test",
  urlScheme: "https",
  headers: HeaderLines.fromRaw([]),
};
const draftOf = (
  status: number,
  headers: readonly (readonly [string, string])[],
  contentSha256?: string,
) =>
  lacre1.responses?.write(
    {
      status,
      headers: HeaderLines.fromEntries(headers),
      contentSha256: contentSha256 === undefined ? undefined : () => contentSha256,
      signedHeaders: [],
    },
    { head, claims: request },
    1700000001,
  );

describe("a signed response", () => {
  it("is that of the specification", () => {
    const draft = draftOf(
      201,
      [
        ["Content-Type", "application/json"],
        ["Location", "/v1/items/42"],
        ["X-Powered-By", "nobody"],
      ],
      "F7TbBk4X9IeOORF35spiO3mJEfNAFLyeeJIJk9fdJ60=",
    );
    expect(secret.mac("sha256", draft?.canonicalResponse ?? "", "hex")).toBe(
      "6a891fba2c40f858d4d6b0f58864906eae6a317b93d7773bc5d16baa7751219d",
    );
    expect(draft?.headersWith("6a89")).toEqual([
      ["Content-Digest", "sha-256=:F7TbBk4X9IeOORF35spiO3mJEfNAFLyeeJIJk9fdJ60=:"],
      [
        "Lacre-Signature",
        "LACRE1-HMAC-SHA256-RESPONSE Timestamp=1700000001, SignedHeaders=content-digest;content-type;location, Signature=6a89",
      ],
    ]);
  });

  it("may sign no header at all", () => {
    expect(secret.mac("sha256", draftOf(204, [])?.canonicalResponse ?? "", "hex")).toBe(
      "48d372884c017beb31e62d2f3bb8c829c7a9adb54b9a2a9dd88ceb647d0adbe0",
    );
  });

  it("is refused with a header that could not be signed", () => {
    expect(() =>
      draftOf(200, [
        ["location", "/a"],
        ["location", "/b"],
      ]),
    ).toThrow("header-repeated");
    expect(() => draftOf(200, [["location", "/é"]])).toThrow("header-malformed");
  });
});

describe("a presigned URL", () => {
  it("is that of the specification", () => {
    const draft = lacre1.presigned?.write(
      {
        method: "GET",
        target: "/v1/report?id=7",
        host: "api.example.test",
        authority: "api.example.test",
        urlScheme: "https",
        headers: HeaderLines.fromEntries([]),
        contentSha256: undefined,
        signedHeaders: [],
      },
      { appId: "demo", algorithm: "sha256" },
      {
        timestampSeconds: 1700000000,
        nonce: "c2FtcGxlLW5vbmNlLTAx",
        expiresSeconds: 600,
        singleUse: false,
      },
    );
    const mac = "2c2dc06faabe26b4840ba08b1b79bc10e0f7d68ed2431d04ee58909369b11a94";
    expect(secret.mac("sha256", draft?.canonicalRequest ?? "", "hex")).toBe(mac);
    expect(draft?.signedWith(mac).target).toBe(
      `/v1/report?id=7&Lacre-Algorithm=LACRE1-HMAC-SHA256-PRESIGNED&Lacre-Credential=demo&Lacre-Timestamp=1700000000&Lacre-Expires=600&Lacre-SignedHeaders=host&Lacre-Signature=${mac}`,
    );
  });
});

describe("the keys of LACRE1", () => {
  const bytes = Buffer.from(Array.from({ length: 32 }, (_, i) => i));
  const read = (key: object) => readApps([{ appId: "demo", ...key } as AppDefinition], [lacre1]);

  it.each([
    ["lk1", "lk1_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"],
    ["base64", "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="],
    ["hex", "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"],
    ["text", "correct-horse-battery-staple-and-so-on-and-on"],
  ])("are taken as %s", (encoding, apiKey) => {
    expect(() => read({ apiKey, encoding })).not.toThrow();
  });

  it("are lk1 unless said otherwise, and not taken as another scheme's", () => {
    expect(() => read({ apiKey: `lk1_${bytes.toString("base64url")}` })).not.toThrow();
    const whsec = `whsec_${bytes.toString("base64")}`;
    expect(() => read({ apiKey: whsec, encoding: "whsec" })).toThrow("apps[0].encoding");
  });

  it.each(["sha256", "sha384", "sha512"])("may be for %s", (algorithm) => {
    const apiKey = `lk1_${bytes.toString("base64url")}`;
    expect(() => read({ apiKey, algorithm })).not.toThrow();
  });
});
