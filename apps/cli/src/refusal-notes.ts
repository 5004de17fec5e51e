import type { RefusalCode } from "@lacre/core";

/** What is known of a refusal by its code alone. Texts are Markdown: code stands between backticks. */
export interface RefusalNotes {
  /** What the verifier found, in sentences. */
  readonly means: string;
  /** The status, with what is to be said of it. */
  readonly callerSaw: string;
  /** The likely first: parts of a sentence, each whole. */
  readonly causes: readonly string[];
  /** In sentences. */
  readonly cure: string;
}

/** Each code of the closed list. docs/errors.md shows these texts to the letter, and a test holds it to them. */
export const REFUSAL_NOTES: Readonly<Record<RefusalCode, RefusalNotes>> = {
  "credentials-missing": {
    means:
      "The request has no credentials of a format that the route takes. The line says what it has in their place.",
    callerSaw: "401",
    causes: [
      "the request is not signed",
      "a proxy removes `Authorization`",
      "it is signed in another format, or is a presigned URL whose query was cut",
    ],
    cure: "sign it. Compare the format with the `schemes` of the route. Look whether the header arrives.",
  },
  "credentials-repeated": {
    means: "There are two `Authorization` lines, or credentials of two kinds.",
    callerSaw: "401",
    causes: [
      "a bearer token or Basic beside the signature",
      "a presigned URL that is called by a client that signs",
      "a route that takes two formats which read one header",
    ],
    cure: "send one kind, once. Give formats that read one header a route each.",
  },
  "credentials-malformed": {
    means:
      "The credentials do not follow the grammar of their format. The line says where, if that is known.",
    callerSaw: "401",
    causes: [
      "a client of one's own",
      "a parameter that is missing, unknown or repeated",
      "a proxy that folds or changes the header",
    ],
    cure: "hold the header against the specification (`docs/protocol.md` section 5). `lacre sign` prints a right one.",
  },
  "app-id-malformed": {
    means: "The AppId is not 1 to 128 of `A-Z a-z 0-9 - . _ ~`, or is a key.",
    callerSaw: "401",
    causes: ["AppId and ApiKey are mixed up", "a blank or a line end at its end"],
    cure: "compare the caller's AppId with the server's, letter by letter.",
  },
  "timestamp-malformed": {
    means: "The time is not written as the format asks.",
    callerSaw: "401",
    causes: ["milliseconds in place of seconds", "a local time", "a fraction"],
    cure: "send Unix seconds, ten digits, or what the page of the format says.",
  },
  "nonce-malformed": {
    means: "The nonce is not written as the format asks.",
    callerSaw: "401",
    causes: ["it is too short or too long, or has `+`, `/` or `=` of base64"],
    cure: "use 16 random bytes in hexadecimal or base64url, new for each attempt.",
  },
  "signed-headers-malformed": {
    means: "The list of signed headers is not as the format asks.",
    callerSaw: "401",
    causes: ["it is not sorted, has capitals, a name twice, or more than 32 names"],
    cure: "write the names in lower case, sorted, each once, with `;` between them.",
  },
  "header-forbidden": {
    means: "A header is signed that proxies change on the way.",
    callerSaw: "401",
    causes: [
      "a client that signs every header, `Connection`, `Via` or `X-Forwarded-For` among them",
    ],
    cure: "leave the header that the line names out of the list.",
  },
  "signature-malformed": {
    means: "The signature is not written as the format writes it, or has another length.",
    callerSaw: "401",
    causes: [
      "base64 in place of hexadecimal, or the reverse",
      "capitals",
      "another hash",
      "a value that was cut",
    ],
    cure: "write what the format asks for: lower-case hexadecimal for LACRE1.",
  },
  "scope-wrong": {
    means: "The credential is for another service, region, date, realm or tag than this server's.",
    callerSaw: "401",
    causes: ["the options of the format differ between caller and server"],
    cure: "compare them: region and service of SigV4, realm of Acquia, tag of RFC 9421.",
  },
  "method-refused": {
    means:
      "The method is not in capitals, or is CONNECT or TRACE; or a presigned URL is used with another method than GET and HEAD.",
    callerSaw: "401",
    causes: ["`fetch` sends `patch` as it is written"],
    cure: "write methods in capitals.",
  },
  "target-malformed": {
    means:
      "Path and query do not begin with `/`, or have something else than printable ASCII, or a `#`, or more than 8,192 bytes.",
    callerSaw: "401",
    causes: [
      "a target that was not encoded",
      "a fragment that was sent",
      "a filter in a very long query",
    ],
    cure: "encode the URL before it is signed. Send long filters as content.",
  },
  "host-unknown": {
    means:
      "The request is for a host that is not in `origins`. The line says which host came, and what `origins` has.",
    callerSaw: "401",
    causes: [
      "`origins` lacks the port or the name that callers use (`localhost` and `127.0.0.1` are two)",
      "a proxy sends its own `Host`, and `X-Forwarded-Host` does not count, as the proxy is not in `trustedProxies`",
      'a subdomain without `"https://*.example.com"`',
    ],
    cure: "add what callers write to `origins`, or have the proxy pass `Host` on (`docs/recipes/behind-a-proxy.md`). If you do not know the host at all, somebody is trying.",
  },
  "transfer-coding-refused": {
    means: "There is a transfer coding other than `chunked`.",
    callerSaw: "401",
    causes: ["a client or a proxy that sends `Transfer-Encoding: gzip`"],
    cure: "use `Content-Encoding`, which is signed, for compression.",
  },
  "header-missing": {
    means: "A header that is signed, or `Host`, did not arrive.",
    callerSaw: "401",
    causes: [
      "a proxy or a library took it off after signing",
      "the route's `signedHeaders` asks for a header that the caller does not send",
    ],
    cure: "look where the header that the line names is lost; or sign it, or stop asking for it.",
  },
  "header-repeated": {
    means: "A header that is signed, or must be, is on more than one line.",
    callerSaw: "401",
    causes: ["a client or a proxy adds a second line, often of `Content-Type`"],
    cure: "send it once.",
  },
  "header-ambiguous": {
    means: "A header differs from a signed one only by `_` in place of `-`.",
    callerSaw: "401",
    causes: [
      "somebody tries to slip in a header that other software reads as the signed one",
      "a gateway that sends both spellings",
    ],
    cure: "send the spelling with `-` alone.",
  },
  "header-malformed": {
    means:
      "A signed header has something else than printable ASCII, or cannot be read as what it is.",
    callerSaw: "401",
    causes: ["a name of a file or a person in a header"],
    cure: "encode the value: percent-encoding or base64.",
  },
  "header-unsigned": {
    means: "A header that must be signed is not in the list.",
    callerSaw: "401",
    causes: [
      "a library added `Content-Type` after signing",
      "a method override",
      "a header of the route's `signedHeaders`",
      "a webhook whose `Content-Type` does not agree with its content, or says another charset than UTF-8",
    ],
    cure: "set the header that the line names before signing, and sign it. One that clients leave unsigned, such as `User-Agent`, must be named in the client's `signedHeaders`.",
  },
  "digest-malformed": {
    means: "The digest of the content is not written as the format writes it.",
    callerSaw: "401",
    causes: ["hexadecimal in place of base64", "two digests", "another hash"],
    cure: "send one `Content-Digest` of sha-256 or sha-512 in strict base64, or what the page of the format says.",
  },
  "payload-unsigned": {
    means: "The request says itself that its content is not signed.",
    callerSaw: "401",
    causes: ["`UNSIGNED-PAYLOAD` of SigV4", "a client that sends a stream"],
    cure: "sign the hash of the content.",
  },
  "timestamp-absurd": {
    means: "The time is more than a day away. The line says by how much, and in which direction.",
    callerSaw: "401",
    causes: [
      "milliseconds",
      "a machine whose clock was never set",
      "a recording that is sent again",
    ],
    cure: "set the caller's clock, or this server's if many callers are refused.",
  },
  "app-unknown": {
    means: "No app has this AppId.",
    callerSaw: "401",
    causes: [
      "a spelling, in which capitals count",
      "an app of another environment",
      "an app source that does not have it yet (`keyCache.negativeTtlMs`)",
    ],
    cure: "compare the AppId with those of `apps`, or ask your source for it.",
  },
  "key-unusable": {
    means:
      "The app has no live key for this format and algorithm. The line says if a dead key made the MAC.",
    callerSaw: "401",
    causes: [
      "the key is revoked, expired or not valid yet",
      "it is for another format",
      "the caller uses another algorithm",
    ],
    cure: "look at `state`, `notBefore`, `expiresAt`, `schemes` and `algorithm` of the app's keys.",
  },
  "signature-mismatch": {
    means:
      "The MAC is not that of the request as it arrived. The line has fingerprints of the keys that were tried, and the hash of the text that was compared.",
    callerSaw: "401",
    causes: [
      "another key",
      "something changed after signing: the path, the query, its escapes, a header, the host. The line says if a dead key made the MAC",
    ],
    cure: "run `lacre explain` with what the client signed and what the server saw: it finds the first byte that differs. `lacre verify` judges a recorded request, in every format. Where the hashes of both texts are equal, the keys differ: compare their fingerprints with what `lacre keygen` printed, or give both sides the key again (`docs/recipes/it-does-not-match.md`).",
  },
  "content-undigested": {
    means: "There is content that the signature does not cover.",
    callerSaw: "401",
    causes: [
      "the content was added after signing, or given to the signer under another name than `content`",
      "a presigned URL with content",
      "a format over the content itself on a streamed route",
    ],
    cure: "sign the bytes that are sent.",
  },
  "content-mismatch": {
    means: "The content is not what was signed.",
    callerSaw: "401; on a streamed route the connection may end",
    causes: [
      "JSON was written twice, and differs",
      "compression after signing",
      "a proxy that changes content",
      "a line end that was added",
    ],
    cure: "make the bytes once, sign them, send them.",
  },
  "content-incomplete": {
    means: "The content ended before it was complete.",
    callerSaw: "401, or nothing: mostly it is gone",
    causes: ["the caller gave up", "a proxy's timeout or limit"],
    cure: "compare timeouts and limits of caller, proxy and server.",
  },
  "content-unread": {
    means: "The exact bytes of the content were not there to be hashed.",
    callerSaw: "401",
    causes: [
      "something read the content before the gate met the request: a parser or a middleware that stands in front of it",
    ],
    cure: "let the gate meet requests first. With `createGate`, put `gate.middleware()` before the parsers.",
  },
  "content-too-large": {
    means: "There is more content than the limit.",
    callerSaw:
      "413 under a right MAC, 401 under a wrong one; where the format must read the content before its MAC, 413 under both",
    causes: ["`maxBodyBytes` of the route or the module, 1,048,576 unless set"],
    cure: "raise it on the route that needs it, or take the content as a stream.",
  },
  "scheme-refused": {
    means:
      "The route does not take this format, or no presigned URLs, or not for so long. The line says what it takes.",
    callerSaw: "401",
    causes: [
      "the route has no `schemes`, and takes the first enabled one alone",
      "a presigned URL without `presigned` on the route",
    ],
    cure: "name the format in `schemes` of the route, or raise `presigned`.",
  },
  "timestamp-too-old": {
    means: "The signature is right, and the request is too old. The line says by how much.",
    callerSaw: "401; the holder of the key is told the time, where answers are signed",
    causes: [
      "the caller's clock is behind, or this server's is ahead",
      "the request waited in a queue",
      "a copy",
      "a presigned URL that has ended",
    ],
    cure: "a few seconds: raise `maxAge`, or look at queues. Many: set the clock that is wrong (NTP). Sign each attempt anew.",
  },
  "timestamp-too-new": {
    means: "The signature is right, and the request is from the future. The line says by how much.",
    callerSaw: "401; the holder of the key is told the time, where answers are signed",
    causes: ["the caller's clock is ahead, or this server's is behind"],
    cure: "set the clock that is wrong. `futureSkew` is short on purpose: the fence after a start is as long.",
  },
  "nonce-seen": {
    means: "The request was made before: its nonce was used.",
    callerSaw: "401",
    causes: [
      "a client or a proxy that sends the same bytes again",
      "two guards of two apps",
      "somebody who tries a copy",
    ],
    cure: "sign each attempt anew. Turn off repeats in proxies for signed requests.",
  },
  "nonce-under-way": {
    means:
      'The same message came before, and its work has not ended, or never did: it may fail yet, so the repeat is neither run nor acknowledged. Only formats with `duplicates: "acknowledge"` say so.',
    callerSaw: "503, with `Retry-After`",
    causes: [
      "a sender that does not wait for its answer",
      "a handler that takes longer than the sender waits",
      "a process that ended while it worked: it stays so until the message is forgotten",
    ],
    cure: "nothing while the work goes on: the sender tries again. Put the message into a queue, and answer soon. After a crash a format that signs a time takes a later attempt; one that signs none says so for all of its `maxAge`, a day unless given, which is longer than most senders try: set it shorter, and process such a message by hand.",
  },
  "nonce-done": {
    means:
      'The same message came before, and its work is done: the repeat is acknowledged, and nothing runs. Only formats with `duplicates: "acknowledge"` say so.',
    callerSaw: "200",
    causes: ["a sender that got no answer, or got it too late", "somebody who tries a copy"],
    cure: "nothing. If it happens often, answer sooner.",
  },
  "network-not-allowed": {
    means:
      "The request is authentic, and came from an address that the record of its app does not have. The line says from which, and from where the app may send.",
    callerSaw: "403",
    causes: [
      "the caller has a new address",
      "a copy that is sent from elsewhere",
      "the address is that of your own proxy, which `trustedProxies` lacks",
      "the proxy is there and names nobody in `X-Forwarded-For`, so the address is not known",
      "a Unix socket",
    ],
    cure: "add the address to `networks` of the app, if it is the caller's. Put your proxies into `trustedProxies`, and have each add its peer to `X-Forwarded-For`.",
  },
  "scope-insufficient": {
    means:
      "The request is authentic, and the app lacks a scope that the route asks for. The line says which it lacks, and which it has.",
    callerSaw: "403",
    causes: [
      "the scope is missing in the app's record, or is spelt otherwise",
      "the method adds to the scopes of its class",
    ],
    cure: "add it to `scopes` of the app, if the app may do this. From an app source it counts after `keyCache.ttlMs` at most, and at once where the source tells of changes.",
  },
  "keys-unavailable": {
    means: "The key look-up failed, or is in doubt. The line has the reason.",
    callerSaw: "503",
    causes: [
      "the database or vault behind `apps` is down or slow",
      "`keyCache.timeoutMs`",
      "a flood of unknown ids",
    ],
    cure: "mend what the reason names. It ends by itself with the next look-up that is answered.",
  },
  "app-unreadable": {
    means:
      "The record of this one app cannot be read. A line of its own says what is wrong with it.",
    callerSaw: "503",
    causes: [
      "a record that cannot be decrypted",
      "a key with a line end",
      "`scopes` that is a text",
      "a field that is not known",
    ],
    cure: "mend the record as that line says. Other apps are served meanwhile.",
  },
  "nonces-unavailable": {
    means: "The nonce store failed, or did not answer in time. The line has the reason.",
    callerSaw: "503",
    causes: [
      "Redis or PostgreSQL is down, slow or out of connections",
      "`claimTimeoutMs`",
      "an overload",
    ],
    cure: "mend what the reason names (`docs/operations.md`).",
  },
  "nonces-full": {
    means: "The nonce store has no room.",
    callerSaw: "503",
    causes: ["`nonceCapacity` of the memory store", "Redis at its `maxmemory`"],
    cure: "raise it for the requests of `maxAge` seconds and more (`docs/operations.md`).",
  },
  "nonces-starting": {
    means:
      "The memory of nonces begins too late to know whether this request ran before. The line says how many seconds are left.",
    callerSaw: "503, with `Retry-After`",
    causes: [
      "the process has just started: the *boot fence* of a memory store lasts `futureSkew` + 1 seconds. A shared store has just begun, or has lost its memory",
    ],
    cure: "wait; clients of Lacre do so by themselves. In tests, where nothing can have run before, set `bootFence: false`.",
  },
  "clock-off": {
    means:
      "The clocks of this process and of its nonce store are further apart than `clockSpread`.",
    callerSaw: "503",
    causes: ["a machine without NTP", "a virtual machine that slept"],
    cure: "set the clock that is wrong; if all processes say so, it is the store's.",
  },
  "verifier-failed": {
    means:
      "Something unexpected failed here, and nothing was let through. The line has the error and where it was thrown.",
    callerSaw: "503",
    causes: ["an error in a scheme, a store or a clock of the application's own, or in Lacre"],
    cure: "read the stack. If it is ours, please report it.",
  },
};
