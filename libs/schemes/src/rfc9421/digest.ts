import {
  type ContentClaim,
  type ContentUse,
  type DigestAlgorithm,
  type HeaderLines,
  isInnerList,
  type Member,
  parseDictionary,
  Refusal,
} from "@lacre/core/scheme";

/*
 * Content-Digest (RFC 9530 §2) with any number of digests, of which the strongest counts. The other algorithms of the
 * registry are for accidents alone: beside a strong one they say nothing, and by themselves they are refused.
 */

interface Digest {
  readonly algorithm: DigestAlgorithm;
  readonly digest: string;
}

/** The strongest first: name, hash, and how its base64 looks. */
const STRONG: readonly (readonly [string, DigestAlgorithm, RegExp])[] = [
  ["sha-512", "sha512", /^.{86}==$/],
  ["sha-256", "sha256", /^.{43}=$/],
];
const MAX_LENGTH = 1024;

/** The hash that will be asked for, nothing checked. */
export function contentUseOf(headers: HeaderLines): ContentUse {
  return headers.readOnce(strongestIn)?.algorithm ?? "sha256";
}

/**
 * What a Content-Digest field says of the content.
 * @throws Refusal `digest-malformed`
 */
export function contentClaimOf(headers: HeaderLines): ContentClaim {
  if (!headers.has("content-digest")) return { kind: "none" };
  const strongest = headers.readOnce(strongestIn);
  if (strongest === undefined)
    throw new Refusal("digest-malformed", "Content-Digest has no sound sha-256 or sha-512");
  return { kind: "declared", encoding: "base64", ...strongest };
}

function strongestIn(headers: HeaderLines): Digest | undefined {
  const field = headers.only("content-digest");
  if (field === undefined || field.length > MAX_LENGTH) return undefined;
  const digests = parseDictionary(field, "one-spelling");
  for (const [name, algorithm, shape] of STRONG) {
    const member = digests?.get(name);
    if (member === undefined) continue;
    const digest = bytesOf(member);
    return digest !== undefined && shape.test(digest) ? { algorithm, digest } : undefined;
  }
  return undefined;
}

/** The base64 of a member that is bytes and nothing else. */
function bytesOf(member: Member): string | undefined {
  return !isInnerList(member) && member.item.type === "bytes" && member.parameters.size === 0
    ? member.item.value
    : undefined;
}
