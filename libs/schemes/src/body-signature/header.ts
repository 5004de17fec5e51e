import {
  checkListed,
  type Claims,
  ConfigurationError,
  type ContentClaim,
  type ContentUse,
  type Draft,
  type Form,
  type HeaderEntry,
  type HeaderLines,
  isSafe,
  type MacRecipe,
  type Moment,
  type Reading,
  Refusal,
  secondOf,
  type Signatory,
  type SignableRequest,
  type UnsignedRequest,
} from "@lacre/core/scheme";
import { MAC_SPELLINGS } from "./mac-spelling.js";
import { checkId, findParameter, type ReadContent, readContent, textOf } from "./message.js";
import type { Settings } from "./settings.js";
import type { Signatures } from "./signature-field.js";
import { TIME_SPELLINGS } from "./time-format.js";

/*
 * Signature, time and id: in headers, or in the content. What is in the content is read once it is there (`finish`).
 */

/** What the head of a message says. */
interface Head {
  readonly appId: string;
  /** The digest that stands for the content. */
  readonly digest: string | undefined;
  /** None where they are in the content. */
  readonly signatures: Signatures | undefined;
}

const isGiven = (name: string | undefined): name is string => name !== undefined;
const MAX_SIGNATURES = 16;
/** The types of content that can be read. */
const READABLE = /^application\/(?:x-www-form-urlencoded|(?:[a-z0-9.-]+\+)?json)(?:$|[ \t]*;)/i;

/** The form of a format. */
export class MessageForm implements Form {
  readonly #settings: Settings;
  readonly mostMacs: number;
  readonly #recipe: MacRecipe;
  /** The headers that must be there, beside those with signatures. */
  readonly #listed: readonly string[];
  readonly #signedHeaders: readonly string[];

  constructor(settings: Settings) {
    const { algorithm, encoding, template, timestampHeader, idHeader, sender } = settings;
    this.#settings = settings;
    this.mostMacs = settings.field.most;
    this.#recipe = { algorithm, encoding: MAC_SPELLINGS[encoding].encoding };
    this.#listed = [timestampHeader, idHeader, sender.header, ...template.headers].filter(isGiven);
    const signedId = template.has("id") ? idHeader : undefined;
    this.#signedHeaders = [timestampHeader, signedId, ...template.headers].filter(isGiven);
  }

  recognises({ method, headers }: SignableRequest): boolean {
    const { signatureHeader, prefix } = this.#settings;
    if (signatureHeader !== undefined)
      return signatureHeader.some((name) =>
        name === "authorization"
          ? headers.all(name).some((value) => value.startsWith(prefix))
          : headers.has(name),
      );
    // Those in the content are seen when it is there; what stands in Authorization is another's.
    const type = headers.only("content-type") ?? "";
    return !isSafe(method) && !headers.has("authorization") && READABLE.test(type);
  }

  contentUse(request: SignableRequest): ContentUse {
    const { readsContent, template } = this.#settings;
    const isHashed =
      !(readsContent || template.has("body")) || this.#digestOf(request) !== undefined;
    return isHashed ? "sha256" : "bytes";
  }

  read(request: SignableRequest): Reading {
    const { headers } = request;
    const { sender, signatureHeader = [], readsContent } = this.#settings;
    checkListed(headers, [...signatureHeader.filter((name) => headers.has(name)), ...this.#listed]);
    const head = {
      appId: sender.of(request),
      digest: this.#digestOf(request),
      signatures: this.#signaturesIn(headers),
    };
    if (!readsContent || head.digest !== undefined) return this.#readingOf(request, head);
    return {
      claims: this.#claimsOf(request, head, secondOf(this.#settings.clock.nowMs())),
      text: () => "",
      finish: (bytes, maxBytes) =>
        this.#readingOf(request, head, readContent(request, bytes, maxBytes, this.#settings)),
    };
  }

  #readingOf(request: SignableRequest, head: Head, content?: ReadContent): Reading {
    const { isTimed, timestampFormat, clock } = this.#settings;
    const signatures = head.signatures ?? this.#signaturesOf(content);
    const timestamp = isTimed ? this.#timeOf(request, signatures, content) : "";
    const seconds = isTimed
      ? TIME_SPELLINGS[timestampFormat].parse(timestamp)
      : secondOf(clock.nowMs());
    if (seconds === undefined) throw new Refusal("timestamp-malformed");
    const id = this.#idOf(request, content);
    return {
      claims: this.#claimsOf(request, { ...head, signatures }, seconds, id),
      text: (bytes = "") =>
        textOf(request, { id, timestamp }, content ?? { text: bytes }, this.#settings),
    };
  }

  #claimsOf(
    { method }: SignableRequest,
    { appId, digest, signatures }: Head,
    timestampSeconds: number,
    id = "",
  ): Claims {
    const { onceBy, unsignedId, repeatSafe } = this.#settings;
    const [mac = "", ...otherMacs] = signatures?.macs ?? [];
    const once = onceBy === "signature" ? "" : id;
    return {
      appId,
      recipe: this.#recipe,
      timestampSeconds,
      nonce: unsignedId === undefined ? once : "",
      ...(unsignedId !== undefined && once !== "" && { unsignedId: once }),
      ...(repeatSafe && isSafe(method) && { repeatable: true }),
      signedHeaders: this.#signedHeaders,
      mac,
      ...(otherMacs.length > 0 && { otherMacs }),
      content: this.#contentClaim(digest),
    };
  }

  #contentClaim(digest: string | undefined): ContentClaim {
    const { template, contentDigest } = this.#settings;
    if (contentDigest !== undefined && digest !== undefined)
      return { kind: "declared", algorithm: "sha256", encoding: contentDigest.encoding, digest };
    if (template.has("body") || template.has("form")) return { kind: "maced", from: "bytes" };
    return { kind: contentDigest === undefined ? "uncovered" : "none" };
  }

  /** From all headers that are there: any right signature will do. Undefined where they are in the content. */
  #signaturesIn(headers: HeaderLines): Signatures | undefined {
    const { signatureHeader, field } = this.#settings;
    if (signatureHeader === undefined) return undefined;
    const values = signatureHeader.map((name) => headers.only(name)).filter(isGiven);
    const read = values.map((value) => field.read(value));
    const [first, ...others] = read.flatMap(({ macs }) => macs);
    if (first === undefined) throw new Refusal("credentials-malformed");
    if (others.length >= MAX_SIGNATURES)
      throw new Refusal("credentials-malformed", `more than ${MAX_SIGNATURES} signatures`);
    const timestamp = read[0]?.timestamp;
    if (read.some((each) => each.timestamp !== timestamp))
      throw new Refusal("credentials-malformed", "two timestamps");
    return { macs: [first, ...others], timestamp };
  }

  #signaturesOf(content: ReadContent | undefined): Signatures {
    const { signatureField, field } = this.#settings;
    const value = signatureField && content?.fields?.valueOf(signatureField);
    if (value === undefined)
      throw new Refusal("credentials-missing", `no ${signatureField?.name} in the content`);
    return field.read(value);
  }

  #timeOf({ headers }: SignableRequest, { timestamp }: Signatures, content?: ReadContent): string {
    const { timestampHeader, timestampField } = this.#settings;
    if (timestampHeader !== undefined) return headers.only(timestampHeader) ?? "";
    if (timestampField !== undefined) return content?.fields?.valueOf(timestampField) ?? "";
    return timestamp ?? "";
  }

  #idOf({ headers }: SignableRequest, content?: ReadContent): string | undefined {
    const { idHeader, idField } = this.#settings;
    if (idHeader === undefined && idField === undefined) return undefined;
    const id =
      idHeader === undefined
        ? idField && content?.fields?.valueOf(idField)
        : headers.only(idHeader);
    return checkId(id, this.#settings);
  }

  #digestOf({ target, headers }: SignableRequest): string | undefined {
    const { contentDigest } = this.#settings;
    if (contentDigest === undefined) return undefined;
    const { header, query = "" } = contentDigest;
    return header === undefined ? findParameter(target, query) : headers.only(header);
  }

  write(request: UnsignedRequest, { appId }: Signatory, moment: Moment): Draft {
    const { signatureHeader, sender, timestampFormat, field } = this.#settings;
    const [signed] = signatureHeader ?? [];
    if (signed === undefined)
      throw new ConfigurationError(
        "scheme",
        "has its signature in the content, which is made before it is signed.",
        "Sign what the sender's documents say with its own library.",
      );
    sender.check(request, appId);
    const timestamp = TIME_SPELLINGS[timestampFormat].write(moment.timestampSeconds);
    const set = this.#entries(request, appId, timestamp, moment.nonce);
    const headers = set.reduce((all, [name, value]) => all.with(name, value), request.headers);
    checkListed(headers.with(signed, ""), [signed, ...this.#listed]);
    const head = { ...request, headers };
    const digest = this.#digestOf(head);
    checkDigest(request, digest, this.#settings);
    const bytes = digest === undefined ? this.#bytesOf(request) : "";
    const { readsContent } = this.#settings;
    const content =
      readsContent && digest === undefined
        ? readContent(head, bytes, Infinity, this.#settings)
        : undefined;
    const signatures = { macs: [""], timestamp } as const;
    const { claims, text } = this.#readingOf(head, { appId, digest, signatures }, content);
    return {
      claims,
      canonicalRequest: text(bytes),
      signedWith: (...made) => ({ headers: [...set, [signed, field.write(made, timestamp)]] }),
    };
  }

  /** What is set beside the signature. */
  #entries(
    { headers, contentSha256 }: UnsignedRequest,
    appId: string,
    timestamp: string,
    nonce: string,
  ): HeaderEntry[] {
    const { sender, idHeader, timestampHeader, contentDigest } = this.#settings;
    const set: HeaderEntry[] = [];
    if (sender.header !== undefined) set.push([sender.header, appId]);
    // A message that is sent again keeps its id.
    if (idHeader !== undefined) set.push([idHeader, headers.only(idHeader) ?? nonce]);
    if (timestampHeader !== undefined) set.push([timestampHeader, timestamp]);
    if (contentDigest?.header !== undefined && contentSha256 !== undefined)
      set.push([contentDigest.header, contentSha256(contentDigest.encoding)]);
    return set;
  }

  /** The content that is to be signed, a code point for each byte. */
  #bytesOf({ content, contentSha256 }: UnsignedRequest): string {
    const { readsContent, template } = this.#settings;
    if (!readsContent && !template.has("body")) return "";
    if (content === undefined && contentSha256 !== undefined)
      throw new ConfigurationError(
        "content",
        "is given by its hash alone, and this scheme signs the content itself.",
        "Give the bytes, not a Blob or a hash.",
      );
    return Buffer.from(content ?? []).toString("latin1");
  }
}

/** A digest in the URL is the caller's to write, since signing changes no URL. */
function checkDigest(
  { contentSha256 }: UnsignedRequest,
  digest: string | undefined,
  { contentDigest, template }: Settings,
): void {
  if (contentDigest?.query === undefined) return;
  const expected = contentSha256?.(contentDigest.encoding);
  const isNeeded = !template.has("body") && !template.has("form");
  if (digest === undefined ? isNeeded && expected !== undefined : digest !== expected)
    throw new ConfigurationError(
      "url",
      `must have the SHA-256 of the content as its parameter ${contentDigest.query}.`,
      "Put it into the URL before it is signed.",
    );
}
