import type { RefusalCode, Scheme } from "@lacre/core";

/** What a refusal means under a scheme: what the verifier saw, and where to look. */
export const explanationOf = (code: RefusalCode, scheme?: Scheme): string =>
  scheme?.explanations?.[code] ?? EXPLANATIONS[code];

/** The same to the user of a command, who may have said too little of the recording. */
export function explanationToUser(code: RefusalCode, scheme?: Scheme): string {
  const hint = HINTS[code];
  return explanationOf(code, scheme) + (hint === undefined ? "" : ` ${hint}`);
}

const AT = "To judge an old recording, say --at.";
const HINTS: Readonly<Partial<Record<RefusalCode, string>>> = {
  "credentials-missing": "If it is signed in another format, judge it with lacre verify --scheme.",
  "timestamp-absurd": AT,
  "timestamp-too-old": AT,
};

/** A sentence for each refusal, true under every scheme. */
const EXPLANATIONS: Readonly<Record<RefusalCode, string>> = {
  "credentials-missing":
    "The request has no credentials of this scheme. Sign it, and check that no proxy removes the header.",
  "credentials-repeated":
    "There are two Authorization headers, or credentials in the header and in the query. Send one kind, once.",
  "credentials-malformed":
    "The credentials do not follow the grammar of the scheme. Compare them with its specification, part by part.",
  "app-id-malformed": "The AppId has characters outside A-Z a-z 0-9 - . _ ~ or is longer than 128.",
  "timestamp-malformed": "The timestamp is not in the form that the scheme asks for.",
  "nonce-malformed": "The nonce is not in the form that the scheme asks for.",
  "signed-headers-malformed":
    "The list of signed headers is not in the form that the scheme asks for.",
  "header-forbidden":
    "A header is signed that proxies change on the way. Leave it out of the list.",
  "signature-malformed":
    "The signature is not written as the scheme writes it, or has another length.",
  "scope-wrong": "The credential's scope is not the verifier's. Check date, region and service.",
  "method-refused": "The method must be written in capitals, and CONNECT and TRACE are not taken.",
  "target-malformed":
    "The request target must begin with / and hold only printable ASCII, without #, at most 8192 bytes.",
  "host-unknown":
    "The Host is none of the server's origins. Check the name, the port and what the proxy passes on.",
  "transfer-coding-refused": "The only transfer coding that is taken is chunked, named once.",
  "header-missing":
    "A header that is signed, or Host, did not arrive. Check what a proxy or a library takes off.",
  "header-repeated":
    "A header that is signed, or must be, stands on more than one line. Send it once.",
  "header-ambiguous":
    "A header differs from a signed one only by _ instead of -. Send only one of them.",
  "header-malformed":
    "A signed header holds something else than printable ASCII. Encode its value.",
  "header-unsigned":
    "A header that must be signed is not in the list. Sign it: often a library added a Content-Type after signing.",
  "digest-malformed": "The digest of the content is not written as the scheme writes it.",
  "payload-unsigned":
    "The request says that its content is not signed. Sign the hash of the content.",
  "timestamp-absurd":
    "The request is signed for a time more than a day away. Check the sender's clock.",
  "app-unknown": "No app has this AppId. Compare it letter by letter: capitals count.",
  "key-unusable":
    "The app has no live key for this scheme and algorithm. Check algorithm, state and dates of the key.",
  "signature-mismatch":
    "The signature is not that of the canonical request. Compare that with the text that the sender signed, line by line; if they are equal, the keys differ.",
  "content-undigested": "There is content that the signature does not cover. Sign its digest.",
  "content-mismatch":
    "The content is not the one that was signed. It was serialised again, compressed, or changed on the way.",
  "content-incomplete": "The content ended before it was complete.",
  "content-unread": "The exact bytes of the content were not available.",
  "content-too-large": "The content is larger than the limit.",
  "scheme-refused": "This key or route does not take this scheme.",
  "timestamp-too-old":
    "The signature is right, but older than the window. Check the sender's clock.",
  "timestamp-too-new": "The signature is right, but from the future. Check the sender's clock.",
  "nonce-seen": "The request was made before: its nonce was used. Sign each attempt anew.",
  "nonce-under-way":
    "The same message is under way: it came before, and its work has not ended. Send it again later.",
  "nonce-done": "The same message came before, and its work is done: it is acknowledged.",
  "network-not-allowed":
    "The request is authentic, but came from an address outside the networks of its app.",
  "scope-insufficient":
    "The request is authentic, but the app lacks a scope that the route demands.",
  "verifier-failed": "The verifier itself failed, and let nothing through. Its own log says why.",
  "keys-unavailable": "The key look-up failed or is in doubt.",
  "app-unreadable":
    "The server has a record of this app that it cannot read, whatever the signature. Its log says what is wrong.",
  "nonces-unavailable": "The nonce store failed or is in doubt.",
  "nonces-full": "The nonce store has no room.",
  "nonces-starting": "The nonce store began too recently to know this timestamp.",
  "clock-off": "The verifier's clock and its nonce store's are further apart than clockSpread.",
};
