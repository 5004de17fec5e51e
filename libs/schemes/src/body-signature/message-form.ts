import {
  checkListed,
  ConfigurationError,
  type ContentUse,
  type Draft,
  type Form,
  type HeaderEntry,
  isSafe,
  type Moment,
  type Reading,
  secondOf,
  type Signatory,
  type SignableRequest,
  type UnsignedRequest,
} from "@lacre/core/scheme";
import { readContent } from "./message.js";
import { isGiven, MessageReader } from "./message-reader.js";
import type { Settings } from "./settings.js";
import { TIME_SPELLINGS } from "./spelling/time-format.js";

/*
 * Signature, time and id: in headers, or in the content. What is in the content is read once it is there (`finish`).
 */

/** The form of a format. */
export class MessageForm implements Form {
  readonly #settings: Settings;
  readonly mostMacs: number;
  readonly isInContent: boolean;
  readonly place: string;
  readonly #reader: MessageReader;
  /** The headers that must be there, beside those with signatures. */
  readonly #listed: readonly string[];
  /** Those that are looked at where they are there. */
  readonly #optional: readonly string[];

  constructor(settings: Settings) {
    const { template, timestampHeader, idHeader, sender } = settings;
    this.#settings = settings;
    const places = settings.signatureHeader?.length ?? 1;
    this.mostMacs = places > 1 ? places : settings.field.most;
    this.isInContent = settings.signatureHeader === undefined;
    this.place =
      settings.signatureHeader === undefined
        ? `${settings.signatureField?.name} in JSON or a form, never in multipart content`
        : `header ${settings.signatureHeader.join(" or ")}`;
    this.#reader = new MessageReader(settings);
    this.#listed = [timestampHeader, idHeader, sender.header, ...template.headers].filter(isGiven);
    this.#optional = [...(settings.signatureHeader ?? []), ...template.optionalHeaders];
  }

  recognises({ method, headers }: SignableRequest): boolean {
    const { signatureHeader, prefix, types } = this.#settings;
    if (signatureHeader !== undefined)
      return signatureHeader.some((name) =>
        name === "authorization"
          ? headers.all(name).some((value) => value.startsWith(prefix))
          : headers.has(name),
      );
    // Those in the content are seen when it is there; what stands in Authorization is another's.
    return !isSafe(method) && !headers.has("authorization") && types.hasFields(headers);
  }

  contentUse(request: SignableRequest): ContentUse {
    const { readsContent, template } = this.#settings;
    const isHashed =
      !(readsContent || template.has("body")) || this.#reader.digestOf(request) !== undefined;
    return isHashed ? "sha256" : "bytes";
  }

  read(request: SignableRequest): Reading {
    const { headers } = request;
    const { sender, readsContent, types } = this.#settings;
    checkListed(headers, [...this.#optional.filter((name) => headers.has(name)), ...this.#listed]);
    const head = {
      appId: sender.of(request),
      digest: this.#reader.digestOf(request),
      signatures: this.#reader.signaturesIn(headers),
    };
    if (head.digest !== undefined) types.checkType(headers);
    if (!readsContent || head.digest !== undefined) return this.#reader.readingOf(request, head);
    return {
      claims: this.#reader.claimsOf(request, head, secondOf(this.#settings.clock.nowMs())),
      text: () => "",
      finish: (bytes, maxBytes) =>
        this.#reader.readingOf(
          request,
          head,
          readContent(request, bytes, maxBytes, this.#settings),
        ),
    };
  }

  write(request: UnsignedRequest, { appId }: Signatory, moment: Moment): Draft {
    const { signatureHeader, sender, timestampFormat, field, template } = this.#settings;
    const [signed, ...more] = signatureHeader ?? [];
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
    const optional = template.optionalHeaders.filter((name) => headers.has(name));
    checkListed(headers.with(signed, ""), [signed, ...optional, ...this.#listed]);
    const head = { ...request, headers };
    const digest = this.#reader.digestOf(head);
    checkDigest(request, digest, this.#settings);
    const bytes = digest === undefined ? this.#bytesOf(request) : "";
    const { readsContent } = this.#settings;
    // Which types are taken is for whoever takes the message, unless it must be read here.
    const content =
      readsContent && digest === undefined
        ? readContent(head, bytes, Infinity, this.#settings)
        : { text: bytes };
    const signatures = { macs: [""], timestamp } as const;
    const { claims, text } = this.#reader.readingOf(head, { appId, digest, signatures }, content);
    return {
      claims,
      canonicalRequest: text(bytes),
      // Where each key has a header of its own, each has its MAC there.
      signedWith: (...made) => ({
        headers:
          more.length === 0
            ? [...set, [signed, field.write(made, timestamp)]]
            : [
                ...set,
                ...made.map((mac, i): HeaderEntry => [
                  [signed, ...more][i] ?? signed,
                  field.write([mac], timestamp),
                ]),
              ],
      }),
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
