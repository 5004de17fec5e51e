import {
  checkMinimum,
  ConfigurationError,
  type Form,
  type Reading,
  Refusal,
  REFUSED_WHEN_UNSIGNABLE,
  type SignableRequest,
  type UnsignedRequest,
} from "@lacre/core/scheme";
import { type AspnetBodyHash, digestOf } from "./body-hash.js";
import { algorithmParts, type Credentials, readCredentials } from "./credentials.js";
import type { Settings } from "./options.js";
import { textOf } from "./text.js";

/** The header form of HmacAuthentication. */
export function headerForm({ dialect, mixedCaseTargets, bodyHashes, parts }: Settings): Form {
  const counts = dialect === "amx" ? [4] : [4, 6];
  const word = dialect === "amx" ? "amx" : "Hmac";

  const readingOf = (request: SignableRequest, credentials: Credentials): Reading => {
    checkMinimum(request.headers, [], REFUSED_WHEN_UNSIGNABLE);
    if (!mixedCaseTargets) refuseMixedCase(request.target);
    const { appId, algorithm, timestamp, nonce, signature, bodyHash } = credentials;
    return {
      claims: {
        appId,
        recipe: { algorithm, encoding: "base64" },
        timestampSeconds: Number(timestamp),
        nonce,
        signedHeaders: ["host"],
        mac: signature,
        content: { kind: "maced", from: "bytes" },
      },
      text(content = "") {
        const digest = digestOf(Buffer.from(content, "latin1"), bodyHash);
        return textOf(request, credentials, digest, dialect);
      },
    };
  };

  return {
    recognises({ headers }) {
      const header = headers.only("authorization");
      return header?.split(" ", 1)[0]?.toLowerCase() === dialect;
    },

    contentUse: () => "bytes",

    read(request) {
      const header = request.headers.only("authorization") ?? "";
      return readingOf(request, readCredentials(header, counts, bodyHashes));
    },

    write(request, { appId, algorithm }, { timestampSeconds, nonce: uuid }) {
      if (parts === 4 && algorithm !== "sha256")
        throw new ConfigurationError(
          "aspnetHmac.parts",
          "the four-part form is HMAC-SHA256 alone.",
          "Say parts: 6, or use a key for sha256.",
        );
      const bodyHash = parts === 4 ? "MD5" : "SHA256";
      const nonce = uuid.replaceAll("-", ""); // as .NET's Guid "N"
      const timestamp = String(timestampSeconds);
      const unsigned = { algorithm, bodyHash, appId, signature: "", nonce, timestamp } as const;
      const { claims } = readingOf(request, unsigned);
      const names = parts === 4 ? "" : algorithmParts(unsigned);
      const digest = digestToSign(request, bodyHash);
      return {
        claims,
        canonicalRequest: textOf(request, unsigned, digest, dialect),
        signedWith: (mac) => ({
          headers: [["authorization", `${word} ${names}${appId}:${mac}:${nonce}:${timestamp}`]],
        }),
      };
    },
  };
}

function digestToSign(request: UnsignedRequest, bodyHash: AspnetBodyHash): string {
  if (request.content !== undefined) return digestOf(request.content, bodyHash);
  if (request.contentSha256 === undefined) return "";
  if (bodyHash !== "SHA256")
    throw new Refusal("content-unread", "the four-part form needs the bytes, not their SHA-256");
  return request.contentSha256("base64");
}

/** Letters in lower case and escapes in upper case: of such targets, no two are the same in lower case. */
const ONE_CASE = /^(?:[^A-Z%]|%[0-9A-F]{2})*$/;

function refuseMixedCase(target: string): void {
  if (!ONE_CASE.test(target))
    throw new Refusal(
      "target-malformed",
      "has a second spelling under the same signature: say mixedCaseTargets to take it",
    );
}
