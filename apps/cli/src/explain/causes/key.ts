import type { Cause, Findings } from "./cause.js";

const madeIt =
  (mistake: string) =>
  ({ trial }: Findings): boolean =>
    trial?.outcome === "explained" && trial.mistakes.includes(mistake);
/** How a signature is written that should be hexadecimal. */
const macLooks =
  (how: (mac: string) => boolean) =>
  ({ client, server }: Findings): boolean =>
    [client, server].some(({ macs, recipe }) => recipe?.encoding === "hex" && macs.some(how));
const either =
  (...tests: ((findings: Findings) => boolean)[]) =>
  (findings: Findings): boolean =>
    tests.some((test) => test(findings));
const nothingDiffers = ({ rows, server, client }: Findings): boolean =>
  rows.every(({ state }) => state !== "differs") &&
  server.fault === undefined &&
  client.fault === undefined;

const WITH_PREFIX = /^[\w-]+[=:][0-9a-f]{40,128}$/;

/** How keys, texts and MACs go wrong: what `tryMistakes` names, and what shows without a key. */
export const KEY_CAUSES: readonly Cause[] = [
  {
    id: "mac-in-capitals",
    when: either(
      madeIt("mac-in-capitals"),
      macLooks((mac) => /^[0-9A-F]+$/.test(mac) && /[A-F]/.test(mac)),
    ),
    says: "The signature is hexadecimal in capitals.",
    cure: "Write it in lower case.",
  },
  {
    id: "mac-with-prefix",
    when: either(
      madeIt("mac-with-prefix"),
      macLooks((mac) => WITH_PREFIX.test(mac)),
    ),
    says: "The name of the hash stands before the signature.",
    cure: "Send the hexadecimal digits alone.",
  },
  {
    id: "mac-in-base64",
    when: either(
      madeIt("mac-in-base64"),
      macLooks((mac) => /[g-zG-Z+/=_-]/.test(mac) && !WITH_PREFIX.test(mac)),
    ),
    says: "The signature is in base64.",
    cure: "Write it in hexadecimal, lower case, all 64 digits for SHA-256.",
  },
  {
    id: "mac-in-hex",
    when: madeIt("mac-in-hex"),
    says: "The signature is hexadecimal, and this format wants base64.",
    cure: "Write the bytes of the MAC in base64, or say to the server that the sender writes hexadecimal.",
    concerns: ["caller", "server"],
  },
  {
    id: "mac-cut",
    when: either(
      madeIt("mac-cut"),
      macLooks((mac) => /^[0-9a-f]+$/.test(mac) && ![40, 64, 96, 128].includes(mac.length)),
    ),
    says: "The signature has not the length of its algorithm: it was cut.",
    cure: "Send the whole MAC, and see whether a log or a field of a form cuts it.",
  },
  {
    id: "key-as-text",
    when: madeIt("key-as-text"),
    says: "The text of the key itself, as it is configured (lk1_…, whsec_…), was used as the HMAC key.",
    cure: "Decode the key and use the bytes: what follows lk1_ is base64url, what follows whsec_ is base64.",
  },
  {
    id: "key-as-text-without-prefix",
    when: madeIt("key-as-text-without-prefix"),
    says: "The text of the key after its prefix (lk1_, whsec_) was used as the HMAC key, without decoding it.",
    cure: "Decode the key and use the bytes: what follows lk1_ is base64url, what follows whsec_ is base64.",
  },
  {
    id: "key-without-prefix",
    when: madeIt("key-without-prefix"),
    says: "The signature was made with what follows the prefix (whsec_, lk1_) of the key. In this format the key is its whole text.",
    cure: "Use the key as it was issued, its prefix included, and decode nothing. Where the sender signs so, give the key here without its prefix.",
    concerns: ["caller", "server"],
  },
  {
    id: "key-lacks-prefix",
    when: madeIt("key-lacks-prefix"),
    says: "The signature was made with the prefix whsec_ before the key: the key here lacks it.",
    cure: "Copy the secret again, whole: whsec_ is a part of it.",
    concerns: ["server", "caller"],
  },
  {
    id: "key-with-line-end",
    when: madeIt("key-with-line-end"),
    says: "The line end at the end of the key's file became a part of the key.",
    cure: "Trim the text of the key once after reading it, then decode it.",
  },
  {
    id: "key-in-base64",
    when: madeIt("key-in-base64"),
    says: "The base64 text of the key's bytes was used as the HMAC key.",
    cure: "Decode it, and use the bytes.",
  },
  {
    id: "key-in-hex",
    when: madeIt("key-in-hex"),
    says: "The hexadecimal text of the key's bytes was used as the HMAC key (openssl -hmac takes text).",
    cure: "Use the bytes: with openssl, -mac HMAC -macopt hexkey:…",
  },
  {
    id: "key-decoded-with-prefix",
    when: madeIt("key-decoded-with-prefix"),
    says: "The prefix lk1_ was decoded as a part of the key.",
    cure: "Take lk1_ off first, then decode.",
  },
  {
    id: "key-decoded-by-other-alphabet",
    when: madeIt("key-decoded-by-other-alphabet"),
    says: "The key was decoded with the alphabet of standard base64, which drops its - and _.",
    cure: "Decode it as base64url (Python: urlsafe_b64decode, PHP: strtr($text, '-_', '+/')).",
  },
  {
    id: "key-decoded-though-text",
    when: madeIt("key-decoded-though-text"),
    says: "The key was decoded, while the server uses its text as it is.",
    cure: "Say the same encoding on both sides: text, base64 or hex.",
    concerns: ["caller", "server"],
  },
  {
    id: "key-through-text",
    when: madeIt("key-through-text"),
    says: "The key's bytes were turned into a string and back, which changes them.",
    cure: "Keep the key as bytes (Buffer, bytes, byte[]) from the decoder to HMAC.",
  },
  {
    id: "key-not-derived",
    when: madeIt("key-not-derived"),
    says: "The key itself signed the text. In this format a key derived from it does.",
    cure: "Derive the signing key first: HMAC over the date, then the region, the service and aws4_request, each with the result of the one before.",
  },
  {
    id: "key-derived-without-prefix",
    when: madeIt("key-derived-without-prefix"),
    says: "The signing key was derived from the secret without AWS4 before it.",
    cure: "Begin the derivation with the text AWS4 and the secret behind it, as one key.",
  },
  {
    id: "text-not-hashed",
    when: madeIt("text-not-hashed"),
    says: "The canonical request itself was signed. In this format the string to sign holds its hash.",
    cure: "Sign the string to sign: AWS4-HMAC-SHA256, the time, the scope, and the hex SHA-256 of the canonical request, a line each.",
  },
  {
    id: "text-of-content-alone",
    when: madeIt("text-of-content-alone"),
    says: "The content alone was signed, without the time and the id that belong beside it.",
    cure: "Sign the whole text of the format: the id, the time and the content with what stands between them.",
  },
  {
    id: "template-order",
    when: madeIt("template-order"),
    says: "The parts of the text were signed in another order than the template has them.",
    cure: "Put them into the template, or into the text, in the order of the other side.",
    concerns: ["server", "caller"],
  },
  {
    id: "template-separator",
    when: madeIt("template-separator"),
    says: "Something else was signed between the parts of the text than the template has.",
    cure: "Write between them what the other side does.",
    concerns: ["server", "caller"],
  },
  {
    id: "template-part",
    when: madeIt("template-part"),
    says: "A part of the text was left out, such as the id: the signature is of fewer parts than the template has.",
    cure: "Sign all parts of the template, or give the template that the sender signs by.",
    concerns: ["server", "caller"],
  },
  {
    id: "text-with-line-end",
    when: madeIt("text-with-line-end"),
    says: "The canonical request was signed with a line end after its last line.",
    cure: "End the text with the list of names: printf '%s' in place of echo, join in place of a loop.",
  },
  {
    id: "text-with-crlf",
    when: either(madeIt("text-with-crlf"), ({ client }) => client.form.crlf),
    says: "The lines of the canonical request end with CR LF.",
    cure: 'Join the lines with LF ("\\n"), not with the line end of the system.',
  },
  {
    id: "text-with-byte-order-mark",
    when: either(madeIt("text-with-byte-order-mark"), ({ client }) => client.form.bom),
    says: "The canonical request begins with a byte order mark (EF BB BF).",
    cure: "Encode the text as UTF-8 without a byte order mark.",
  },
  {
    id: "text-with-literal-line-ends",
    when: either(
      madeIt("text-with-literal-line-ends"),
      ({ client }) => client.form.literalLineEnds,
    ),
    says: "The lines are joined with a backslash and an n in place of a line feed.",
    cure: "Use a real line feed: in a shell $'\\n' or printf, in code double quotes.",
  },
  {
    id: "text-without-empty-line",
    when: either(madeIt("text-without-empty-line"), ({ client }) => client.form.noEmptyLine),
    says: "The empty line between the last header and the list is missing.",
    cure: "Write an empty line after the headers, then the list.",
  },
  {
    id: "text-without-list",
    when: madeIt("text-without-list"),
    says: "The text was signed without the list of names at its end.",
    cure: "End the text with an empty line and the list, as the header has it.",
  },
  {
    id: "text-with-space-after-colon",
    when: madeIt("text-with-space-after-colon"),
    says: "The lines of headers were signed with a space after the colon.",
    cure: "Write name:value, nothing between them.",
  },
  {
    id: "text-in-latin1",
    when: madeIt("text-in-latin1"),
    says: "The text was signed in another character set than it was sent in.",
    cure: "Keep everything that is signed in printable ASCII: percent-encode the rest.",
  },
  {
    id: "text-in-utf16",
    when: madeIt("text-in-utf16"),
    says: "The text was signed in UTF-16 (Encoding.Unicode in .NET).",
    cure: "Encode it as UTF-8 before it is signed.",
  },
  {
    id: "text-hashed-first",
    when: madeIt("text-hashed-first"),
    says: "The hash of the canonical request was signed in place of the text.",
    cure: "Give the text itself to HMAC. (Hashing first is what AWS Signature Version 4 does.)",
  },
  {
    id: "hash-of-other-algorithm",
    when: madeIt("hash-of-other-algorithm"),
    says: "The MAC was made with another hash than its algorithm says.",
    cure: "Use the hash that the first line names: SHA-256 for LACRE1-HMAC-SHA256.",
  },
  {
    id: "key-other",
    when: ({ trial }) => trial?.outcome === "unexplained",
    says: "The signature is not that of the client's text under this key, nor under any known mistake with it: another key made it, or it is of another text.",
    cure: "Compare the short fingerprint of the key that the server names with that of the client's, and take both views of one request.",
    concerns: ["caller", "server"],
  },
  {
    id: "key-fits",
    alone: true,
    when: (findings) => findings.trial?.outcome === "fits" && nothingDiffers(findings),
    says: "The views are equal and the signature fits this key. If the server refuses it, the server holds another key for this AppId, or refuses for another reason.",
    cure: "Look at the code in the server's log: signature-mismatch means another key there; timestamp-…, nonce-seen and content-… are no matter of the text.",
    concerns: ["server"],
  },
  {
    id: "key-unknown",
    alone: true,
    when: (findings) => findings.trial === undefined && nothingDiffers(findings),
    says: "The views are equal. If the server still finds that the signature does not match, the keys differ, or how they are used.",
    cure: "Run this again with --app-id and --key-file: known mistakes with keys are then tried.",
  },
];
