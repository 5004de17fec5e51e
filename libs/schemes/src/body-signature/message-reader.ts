import {
  type Claims,
  type ContentClaim,
  type HeaderLines,
  isSafe,
  type MacRecipe,
  type Reading,
  Refusal,
  secondOf,
  type SignableRequest,
} from "@lacre/core/scheme";
import { refuseToken } from "./handshake/handshake.js";
import { MAC_SPELLINGS } from "./spelling/mac-spelling.js";
import { checkId, findParameter, type ReadContent, textOf } from "./message.js";
import type { Settings } from "./settings.js";
import type { Signatures } from "./spelling/signature-field.js";
import { TIME_SPELLINGS } from "./spelling/time-format.js";

/** What the head of a message says. */
export interface Head {
  readonly appId: string;
  /** The digest that stands for the content. */
  readonly digest: string | undefined;
  /** None where they are in the content. */
  readonly signatures: Signatures | undefined;
}

export const isGiven = (name: string | undefined): name is string => name !== undefined;
const MAX_SIGNATURES = 16;

/** The headers that every message has signed. */
export const signedHeadersOf = ({ template, timestampHeader, idHeader }: Settings): string[] =>
  [timestampHeader, template.has("id") ? idHeader : undefined, ...template.headers].filter(isGiven);

/** Reads what a message says of itself, wherever that stands. */
export class MessageReader {
  readonly #settings: Settings;
  readonly #recipe: MacRecipe;
  /** Those that are signed always. */
  readonly #signedHeaders: readonly string[];
  /** Those that are signed where they are there. */
  readonly #optionalHeaders: readonly string[];

  constructor(settings: Settings) {
    const { algorithm, encoding, template } = settings;
    this.#settings = settings;
    this.#recipe = { algorithm, encoding: MAC_SPELLINGS[encoding].encoding };
    this.#signedHeaders = signedHeadersOf(settings);
    this.#optionalHeaders = template.optionalHeaders;
  }

  /** @param content where it is there, and something is read of it */
  readingOf(request: SignableRequest, head: Head, content?: ReadContent): Reading {
    const { isTimed, timestampFormat, clock } = this.#settings;
    const signatures = head.signatures ?? this.#signaturesOf(content);
    const timestamp = isTimed ? this.#timeOf(request, signatures, content) : "";
    const seconds = isTimed
      ? TIME_SPELLINGS[timestampFormat].parse(timestamp)
      : secondOf(clock.nowMs());
    if (seconds === undefined) throw this.#noTime();
    const id = this.#idOf(request, content);
    return {
      claims: this.claimsOf(request, { ...head, signatures }, seconds, id),
      text: (bytes = "") => {
        const read = content ?? this.#unread(request, bytes);
        const text = textOf(request, { id, timestamp }, read, this.#settings);
        if (this.#settings.handshakes.signsTokens) refuseToken(text);
        return text;
      },
    };
  }

  /** Content of which nothing is read, but that is signed. */
  #unread({ headers }: SignableRequest, bytes: string): ReadContent {
    const { template, types } = this.#settings;
    if (template.has("body")) types.kindOf(headers, bytes);
    return { text: bytes };
  }

  /** What a message says of itself, as far as that is known. */
  claimsOf(
    { method, headers }: SignableRequest,
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
      signedHeaders: this.#signedIn(headers),
      mac,
      ...(otherMacs.length > 0 && { otherMacs }),
      content: this.#contentClaim(digest),
    };
  }

  #signedIn(headers: HeaderLines): readonly string[] {
    if (this.#optionalHeaders.length === 0) return this.#signedHeaders;
    return [...this.#signedHeaders, ...this.#optionalHeaders.filter((name) => headers.has(name))];
  }

  #contentClaim(digest: string | undefined): ContentClaim {
    const { template, contentDigest } = this.#settings;
    if (contentDigest !== undefined && digest !== undefined)
      return { kind: "declared", algorithm: "sha256", encoding: contentDigest.encoding, digest };
    if (template.has("body") || template.has("form")) return { kind: "maced", from: "bytes" };
    return { kind: contentDigest === undefined ? "uncovered" : "none" };
  }

  /** From all headers that are there: any right signature will do. Undefined where they are in the content. */
  signaturesIn(headers: HeaderLines): Signatures | undefined {
    const { signatureHeader, field } = this.#settings;
    if (signatureHeader === undefined) return undefined;
    const read = signatureHeader.flatMap((name) => {
      const value = headers.only(name);
      return value === undefined ? [] : [field.read(value, name)];
    });
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
    const value = signatureField && content?.found?.get(signatureField.name);
    if (value === undefined)
      throw new Refusal("credentials-missing", `no ${signatureField?.name} in the content`);
    return field.read(value, `${signatureField?.name} in the content`);
  }

  #timeOf({ headers }: SignableRequest, { timestamp }: Signatures, content?: ReadContent): string {
    const { timestampHeader, timestampField } = this.#settings;
    if (timestampHeader !== undefined) return headers.only(timestampHeader) ?? "";
    if (timestampField !== undefined) return content?.found?.get(timestampField.name) ?? "";
    return timestamp ?? "";
  }

  #noTime(): Refusal {
    const { timestampHeader, timestampField, timestampPrefix, timestampFormat, ...others } =
      this.#settings;
    const place =
      timestampHeader ??
      (timestampField === undefined
        ? `${timestampPrefix} in ${others.signatureHeader?.join(" or ") ?? "the signature"}`
        : `${timestampField.name} in the content`);
    const note = `it must be ${TIME_SPELLINGS[timestampFormat].words}`;
    return new Refusal("timestamp-malformed", place, { note });
  }

  #idOf({ headers }: SignableRequest, content?: ReadContent): string | undefined {
    const { idHeader, idField } = this.#settings;
    if (idHeader === undefined && idField === undefined) return undefined;
    const id =
      idHeader === undefined
        ? idField && content?.found?.get(idField.name)
        : headers.only(idHeader);
    return checkId(id, this.#settings);
  }

  /** What stands for the content; undefined where nothing does. */
  digestOf({ target, headers }: SignableRequest): string | undefined {
    const { contentDigest } = this.#settings;
    if (contentDigest === undefined) return undefined;
    const { header, query = "" } = contentDigest;
    return header === undefined ? findParameter(target, query) : headers.only(header);
  }
}
