import { describe, expect, it } from "@jest/globals";
import { readApiKey } from "./api-key.js";
import type { KeyEncoding } from "./encoding.js";
import type { KeyLength } from "./key-bytes.js";
import type { KeyFault } from "./key-fault.js";

/*
 * Keys as people really give them: what happened to each on its way is in the message, with the cure, and nothing of the
 * key is.
 */

const BYTES = Buffer.from(
  "fbefbe00112233445566778899aabbccddeeff0123456789abcdeffedcbaffff",
  "hex",
);
const BASE64 = BYTES.toString("base64");
const HEX = BYTES.toString("hex");
const WHSEC = `whsec_${BASE64}`;
const TEXT = "whsec_2QF92N94RwqD5M6t553xec5ce3NGgfKs";
const PASSWORD = "Zr$8_(kQ!p2vN~@xE^yT&u)w=Lm+9*sD,fG.hJ/aB:c;0";
const LENGTH: KeyLength = { min: 24, max: 128, otherPrefixes: ["sk_", "rk_"] };

function faultOf(text: string, encoding: KeyEncoding): string | undefined {
  try {
    readApiKey(text, encoding, LENGTH);
    return undefined;
  } catch (error) {
    const said = `${(error as KeyFault).message} ${(error as KeyFault).cure}`;
    const core = [BASE64, HEX, TEXT, PASSWORD, "AbCdEfGhIjKlMnOpQrStUvWx"];
    for (const key of core)
      for (let at = 6; at < key.length - 8; at += 1)
        expect(said).not.toContain(key.slice(at, at + 8));
    return said;
  }
}

describe("a key that something happened to", () => {
  it.each<[string, string, KeyEncoding, RegExp]>([
    ["a line feed", `${TEXT}\n`, "text", /ends with a line end.*\.trim\(\)/],
    ["CR LF", `${TEXT}\r\n`, "text", /ends with a line end/],
    ["CR alone", `${WHSEC}\r`, "whsec", /ends with a line end/],
    [
      "an escape for a line feed",
      `${TEXT}\\n`,
      "text",
      /written as \\n or \\r.*two characters off/,
    ],
    ["a line feed before", `\n${TEXT}`, "text", /begins or ends with a blank/],
    ["a tab", `${TEXT}\t`, "text", /begins or ends with a blank.*have another secret made/],
    ["a blank that does not break", `${TEXT}\u00A0`, "text", /begins or ends with a blank/],
    ["quotation marks", `"${TEXT}"`, "text", /stands in quotation marks.*Take them off/],
    ["single ones", `'${PASSWORD}'`, "text", /stands in quotation marks/],
    ["backquotes", `\`${HEX}\``, "hex", /stands in quotation marks/],
    ["quotation marks of a page", `“${TEXT}”`, "text", /stands in quotation marks/],
    ["quotation marks of a page", `„${BASE64}“`, "base64", /stands in quotation marks/],
    ["a byte order mark", `\uFEFF${TEXT}`, "text", /byte order mark \(BOM\)/],
    [
      "a blank without width",
      `${TEXT.slice(0, 9)}\u200B${TEXT.slice(9)}`,
      "text",
      /cannot be seen/,
    ],
    ["a soft hyphen", `${HEX.slice(0, 9)}\u00AD${HEX.slice(9)}`, "hex", /cannot be seen/],
    ["an ellipsis", "whsec_2QF92N94RwqD5M6t55…", "text", /was cut.*whole/],
    ["three dots", "whsec_2QF92N94RwqD5M6t553xec5ce...", "text", /was cut/],
    ["dots in its place", `whsec_${"•".repeat(32)}`, "text", /is masked.*shown first/],
    ["stars in its place", `whsec_${"*".repeat(20)}1a2b`, "text", /is masked/],
    ["a variable's name", "$STRIPE_WEBHOOK_SECRET_OF_MY_ENDPOINT", "text", /name of a variable/],
    [
      "a variable's name in braces",
      "${STRIPE_WEBHOOK_SECRET:-nothing}",
      "text",
      /name of a variable/,
    ],
    [
      "a variable of a pipeline",
      "${{ secrets.STRIPE_WEBHOOK_SECRET }}",
      "text",
      /name of a variable/,
    ],
    ["a variable of cmd", "%STRIPE_WEBHOOK_SECRET_OF_MY_ENDPOINT%", "text", /name of a variable/],
    ["a placeholder", "<your webhook signing secret here>", "text", /is a placeholder/],
    [
      "a line of a .env file",
      `WEBHOOK_SECRET=${TEXT}`,
      "text",
      /line of a \.env file.*behind the =/,
    ],
    ["a line of a shell", `export SECRET=${TEXT}`, "text", /line of a \.env file/],
    ["a word of a header", `Bearer ${HEX}`, "text", /Authorization header/],
    [
      "a PEM",
      `-----BEGIN PRIVATE KEY-----\n${BASE64}\n-----END PRIVATE KEY-----`,
      "text",
      /is a PEM/,
    ],
    ["a token", "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl", "text", /JSON Web Token/],
    ["an address", "https://api.example.com/hooks/stripe", "text", /is a URL.*not its address/],
    [
      "another secret of the same issuer",
      "sk_test_51AbCdEfGhIjKlMnOpQrStUvWx",
      "text",
      /begins with sk_, as other credentials.*is another one/,
    ],
    [
      "another secret of the same issuer",
      "rk_live_51AbCdEfGhIjKlMnOpQrStUvWx",
      "whsec",
      /begins with rk_/,
    ],
    ["a version before it", `v1,${WHSEC}`, "text", /"v1," before whsec_/],
    [
      "base64 of URLs",
      `whsec_${BYTES.toString("base64url")}`,
      "whsec",
      /it has - or _, which are of base64url.*Write \+ for -/,
    ],
    ["base64 of URLs", BYTES.toString("base64url"), "base64", /it has - or _/],
    ["base64 without padding", BASE64.replace("=", ""), "base64", /its padding is missing/],
    [
      "hex for base64",
      HEX,
      "base64",
      /written in hex, but its encoding is said to be base64.*"hex"/,
    ],
    ["base64 for hex", BASE64, "hex", /letters as base64 has them.*"base64"/],
    ["base64 of URLs for hex", BYTES.toString("base64url"), "hex", /letters as base64 has them/],
    [
      "whsec for base64",
      WHSEC,
      "base64",
      /begins with whsec_, but its encoding is said to be base64.*"whsec"/,
    ],
    ["whsec for hex", WHSEC, "hex", /begins with whsec_, but its encoding is said to be hex/],
    ["hex for whsec", HEX, "whsec", /written in hex, but its encoding is said to be whsec/],
    ["whsec for lk1", WHSEC, "lk1", /but with whsec_.*"whsec"/],
    ["too few bytes", "a short secret of 23 b.", "text", /shorter than 24 bytes: it has 23/],
    [
      "too few bytes behind whsec_",
      `whsec_${BASE64.slice(0, 20)}`,
      "whsec",
      /shorter than 24 bytes: it has 15/,
    ],
  ])("is told of %s", (_what, text, encoding, message) => {
    expect(faultOf(text, encoding)).toMatch(message);
  });

  it.each<[string, string, KeyEncoding]>([
    ["a secret with all that can be typed", PASSWORD, "text"],
    ["a sentence", "It's a Secret to Everybody", "text"],
    ["a quotation mark on one side", `"${PASSWORD}`, "text"],
    ["a quotation inside", `say "${PASSWORD}" twice`, "text"],
    ["hex that is used as it stands", HEX, "text"],
    ["hex behind whsec_, used as it stands", `whsec_${HEX}`, "text"],
    ["base32 with its padding", "MFRGGZDFMZTWQ2LKNNWG23TPOBYXE43UOV3HO===", "text"],
    ["a dollar and letters", "$abcdefghijklmnopqrstuvwxyz", "text"],
    ["two stars", "**bold** is not a mask at all, is it", "text"],
    ["dots inside", "to be...or not to be, that is it", "text"],
    ["words with Bearer", "Bearer bonds are kept in the safe", "text"],
    ["sk in the middle", `key_sk_${HEX}`, "text"],
  ])("is not told of %s", (_what, text, encoding) => {
    expect(faultOf(text, encoding)).toBeUndefined();
  });
});
