import {
  checkListed,
  type Claims,
  ConfigurationError,
  type Form,
  type HeaderEntry,
  type HeaderLines,
  isAppIdText,
  isSafe,
  type MacRecipe,
  type Reading,
  Refusal,
  secondOf,
  type UnsignedRequest,
} from "@lacre/core/scheme";
import type { Settings } from "./options.js";

/*
 * Signature, time and id, each in a header.
 */

/** What the headers say, or will say. */
interface Message {
  readonly appId: string;
  readonly timestampSeconds: number;
  readonly id: string | undefined;
  /** Whether it has an id that makes it good once. */
  readonly nonce: string;
  readonly isRepeatable: boolean;
  /** None before one is made. */
  readonly macs: readonly string[];
}

/** The header form of a format. */
export function headerForm(settings: Settings): Form {
  const { algorithm, encoding, template, field, isTimed, clock, repeatSafe, onceBy } = settings;
  const { appIdHeader, signatureHeader, timestampHeader, idHeader } = settings;
  const recipe: MacRecipe = { algorithm, encoding };
  const isGiven = (header: string | undefined): header is string => header !== undefined;
  const listed = [signatureHeader, timestampHeader, idHeader, appIdHeader].filter(isGiven);
  const signedHeaders = [timestampHeader, idHeader].filter(isGiven);

  const idIn = (headers: HeaderLines): string | undefined => {
    const id = idHeader === undefined ? undefined : (headers.only(idHeader) ?? "");
    if (id !== undefined && !template.takesId(id)) throw new Refusal("nonce-malformed", idHeader);
    return id;
  };

  const readingOf = ({ appId, timestampSeconds, id, macs, ...more }: Message): Reading => {
    const [mac = "", ...otherMacs] = macs;
    const claims: Claims = {
      appId,
      recipe,
      timestampSeconds,
      nonce: more.nonce,
      ...(more.isRepeatable && { repeatable: true }),
      signedHeaders,
      mac,
      ...(otherMacs.length > 0 && { otherMacs }),
      content: { kind: "maced", from: "bytes" },
    };
    const timestamp = String(timestampSeconds);
    return { claims, text: (body = "") => template.of({ id: id ?? "", timestamp, body }) };
  };

  return {
    recognises: ({ headers }) => headers.has(signatureHeader),

    contentUse: () => "bytes",

    mostMacs: field.most,

    read({ method, headers }) {
      checkListed(headers, listed);
      const appId = appIdHeader === undefined ? settings.appId : headers.only(appIdHeader);
      if (appId === undefined || !isAppIdText(appId)) throw new Refusal("app-id-malformed");
      const { macs, timestamp } = field.read(headers.only(signatureHeader) ?? "");
      const id = idIn(headers);
      return readingOf({
        appId,
        timestampSeconds: isTimed
          ? parseTimestamp(timestamp ?? headers.only(timestampHeader ?? ""))
          : secondOf(clock.nowMs()),
        id,
        nonce: onceBy === "signature" ? "" : (id ?? ""),
        isRepeatable: repeatSafe && isSafe(method),
        macs,
      });
    },

    write(request, { appId }, { timestampSeconds, nonce }) {
      const timestamp = String(timestampSeconds);
      const set: HeaderEntry[] = [];
      if (appIdHeader !== undefined) set.push([appIdHeader, appId]);
      // A message that is sent again keeps its id.
      if (idHeader !== undefined) set.push([idHeader, request.headers.only(idHeader) ?? nonce]);
      if (timestampHeader !== undefined) set.push([timestampHeader, timestamp]);
      const headers = set.reduce((all, [name, value]) => all.with(name, value), request.headers);
      checkListed(headers.with(signatureHeader, ""), listed);
      const id = idIn(headers);
      const isRepeatable = repeatSafe && isSafe(request.method);
      const message = { appId, timestampSeconds, id, nonce: "", isRepeatable, macs: [] };
      const { claims, text } = readingOf(message);
      return {
        claims,
        canonicalRequest: text(bytesOf(request)),
        signedWith: (...made) => ({
          headers: [...set, [signatureHeader, field.write(made, timestamp)]],
        }),
      };
    },
  };
}

/** Ten digits (until 2286), so that no digit can move from here into the content beside it, or back. */
function parseTimestamp(text = ""): number {
  if (!/^[1-9][0-9]{9}$/.test(text)) throw new Refusal("timestamp-malformed");
  return Number(text);
}

/** The content that is to be signed, a code point for each byte. */
function bytesOf({ content, contentSha256 }: UnsignedRequest): string {
  if (content === undefined && contentSha256 !== undefined)
    throw new ConfigurationError(
      "content",
      "is given by its hash alone, and this scheme signs the content itself.",
      "Give the bytes, not a Blob or a hash.",
    );
  return Buffer.from(content ?? []).toString("latin1");
}
