import {
  APP_ID_CURE,
  checkListed,
  type Claims,
  type Clock,
  ConfigurationError,
  type DigestEncoding,
  type HeaderEntry,
  isAppId,
  isAppIdText,
  isSafe,
  type KeyEncoding,
  type KeyLength,
  type KeyTerms,
  type MacAlgorithm,
  readHeaderName,
  readKeyTerms,
  readSchemeName,
  Refusal,
  type Scheme,
  secondOf,
  type SignableRequest,
  systemClock,
  type UnsignedRequest,
  WEAK_KEYS,
} from "@lacre/core/scheme";
import { SignatureField } from "./signature-field.js";
import { Template } from "./template.js";

/** For how long messages are good. */
export interface MessageWindow {
  /** How old a message may be, in seconds. */
  readonly maxAgeSeconds?: number;
  /**
   * How far ahead of the server's clock a message may be, in seconds; as the module says unless said here. After a start
   * a memory store refuses messages for as long.
   */
  readonly futureSkewSeconds?: number;
}

/** A format in which the content of a request is signed, and little else. */
export interface BodySignatureOptions extends KeyTerms, MessageWindow {
  /** The name by which configuration and routes speak of it, such as `acme-webhooks`. */
  readonly name: string;
  /** Who the sender is, where the request does not say it. */
  readonly appId?: string;
  /** The header that says who the sender is. Give this or `appId`. */
  readonly appIdHeader?: string;
  /** The header with the signature. */
  readonly signatureHeader: string;
  /** What stands before the signature: `sha256=`, `v1,`. Nothing unless said otherwise. */
  readonly prefix?: string;
  /** What stands between several signatures, where there may be some. Those with another prefix are skipped. */
  readonly separator?: " " | ",";
  /** `hex` unless said otherwise. */
  readonly encoding?: DigestEncoding;
  /** `sha256` unless said otherwise. */
  readonly algorithm?: MacAlgorithm;
  /** The header with the time of signing, in Unix seconds. */
  readonly timestampHeader?: string;
  /** Where the time stands in the list of signatures: behind this, such as `t=`. */
  readonly timestampPrefix?: string;
  /** The header with the message's id. */
  readonly idHeader?: string;
  /** What is signed: text with `{body}`, and `{timestamp}` and `{id}` where there are such. */
  readonly template: string;
  /**
   * What is good once: a message of this id, or exactly what was signed. `id` where there is an id, unless said
   * otherwise. With `signature`, a message that is sent again later, with its id and another time, is taken again.
   */
  readonly onceBy?: "id" | "signature";
  /**
   * Lets GET and HEAD be repeated within their time. Insecure: the method is not signed, so whoever overhears a request,
   * whatever its method, can send it again as GET until it is too old. False unless said otherwise.
   */
  readonly repeatSafe?: boolean;
  /** How keys are written, the usual encoding first; `text`, `base64`, `hex` unless said otherwise. */
  readonly keyEncodings?: readonly KeyEncoding[];
  /** Says that you know what this format does not protect from, so that it is not said at every start. */
  readonly acknowledgeWeakness?: boolean;
  /** Where no time is signed: what says when a message came. Give the module's, where it has one. */
  readonly clock?: Clock;
}

/** What else a format of this package has that others cannot ask for. */
interface Custom {
  readonly keyLength?: KeyLength;
  readonly weaknesses?: readonly string[];
}

/**
 * A format for webhooks, or of one's own: a MAC over the content, with a time and an id where it has them. Method,
 * target, host and other headers are not covered.
 * @throws ConfigurationError
 */
export function bodySignature(options: BodySignatureOptions): Scheme {
  return bodySignatureScheme(options, "bodySignature");
}

/** @param at what messages call the options */
export function bodySignatureScheme(
  options: BodySignatureOptions,
  at: string,
  custom: Custom = {},
): Scheme {
  const { algorithm = "sha256", encoding = "hex", clock = systemClock } = options;
  const { repeatSafe = false, keyEncodings = ["text", "base64", "hex"] } = options;
  const name = readSchemeName(options.name, at);
  if (typeof repeatSafe !== "boolean")
    throw new ConfigurationError(
      `${at}.repeatSafe`,
      "must be a boolean.",
      "Write true, or leave it out.",
    );
  const headers = readHeaders(options, at);
  const field = new SignatureField(
    {
      algorithm,
      encoding,
      prefix: options.prefix ?? "",
      separator: options.separator,
      timestampPrefix: options.timestampPrefix,
    },
    at,
  );
  const template = new Template(options.template, `${at}.template`);
  const isTimed = headers.timestamp !== undefined || options.timestampPrefix !== undefined;
  checkTemplate(template, headers, isTimed, at);
  const isOnceById = readOnceBy(options, headers.id, at);
  const window = readWindow(options, at);
  const listed = [headers.signature, headers.timestamp, headers.id, headers.appId].filter(
    (header) => header !== undefined,
  );
  const signedHeaders = [headers.timestamp, headers.id].filter((header) => header !== undefined);

  const canonicalise = ({ headers: lines }: SignableRequest, claims: Claims, body = ""): string =>
    template.of({
      id: headers.id === undefined ? "" : (lines.only(headers.id) ?? ""),
      timestamp: String(claims.timestampSeconds),
      body,
    });

  return {
    name,
    challenges: [],
    keyEncodings,
    keyAlgorithms: [algorithm],
    keyLength: custom.keyLength ?? readKeyTerms(options, at),
    ...(window !== undefined && { window }),
    takesSeveralMacs: true,
    weaknesses:
      options.acknowledgeWeakness === true
        ? []
        : [
            ...(custom.weaknesses ?? []),
            ...(isTimed ? [] : [NO_TIME]),
            ...(repeatSafe ? [REPEATED] : []),
            ...(options.weakKeys === true ? [WEAK_KEYS] : []),
          ],

    recognises: (request) => request.headers.has(headers.signature),

    contentUse: () => "bytes",

    parse({ method, headers: lines }) {
      checkListed(lines, listed);
      const appId = headers.appId === undefined ? options.appId : lines.only(headers.appId);
      if (appId === undefined || !isAppIdText(appId)) throw new Refusal("app-id-malformed");
      const { macs, timestamp } = field.read(lines.only(headers.signature) ?? "");
      const id = headers.id === undefined ? undefined : (lines.only(headers.id) ?? "");
      if (id !== undefined && !template.takesId(id)) throw new Refusal("nonce-malformed");
      const [mac, ...otherMacs] = macs;
      return {
        scheme: name,
        appId,
        algorithm,
        timestampSeconds: isTimed
          ? parseTimestamp(timestamp ?? lines.only(headers.timestamp ?? ""))
          : secondOf(clock.nowMs()),
        nonce: isOnceById && id !== undefined ? id : "",
        ...(repeatSafe && { repeatable: isSafe(method) }),
        signedHeaders,
        mac,
        ...(otherMacs.length > 0 && { otherMacs }),
        content: { kind: "maced", from: "bytes" },
      };
    },

    canonicalise,

    mac: (secret, _claims, canonicalRequest) =>
      secret.mac(algorithm, Buffer.from(canonicalRequest, "latin1"), encoding),

    draft(request, { appId }, { timestampSeconds, nonce }) {
      const timestamp = String(timestampSeconds);
      const set: HeaderEntry[] = [];
      if (headers.appId !== undefined) set.push([headers.appId, appId]);
      // A message that is sent again keeps its id.
      if (headers.id !== undefined)
        set.push([headers.id, request.headers.only(headers.id) ?? nonce]);
      if (headers.timestamp !== undefined) set.push([headers.timestamp, timestamp]);
      const lines = set.reduce((all, [header, value]) => all.with(header, value), request.headers);
      checkListed(lines.with(headers.signature, ""), listed);
      if (headers.id !== undefined && !template.takesId(lines.only(headers.id) ?? ""))
        throw new Refusal("nonce-malformed", headers.id);
      const claims: Claims = {
        scheme: name,
        appId,
        algorithm,
        timestampSeconds,
        nonce: "",
        signedHeaders,
        mac: "",
        content: { kind: "maced", from: "bytes" },
      };
      return {
        claims,
        canonicalRequest: canonicalise({ ...request, headers: lines }, claims, bytesOf(request)),
        headersWith: (mac) => [...set, [headers.signature, field.write(mac, timestamp)]],
      };
    },
  };
}

const NO_TIME =
  "No time is signed: a message that was overheard can be sent again once it is no longer remembered.";

const REPEATED =
  "GET and HEAD may be repeated, and the method is not signed: whoever overhears a request can send it again as GET until it is too old.";

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

interface Headers {
  readonly signature: string;
  readonly timestamp: string | undefined;
  readonly id: string | undefined;
  readonly appId: string | undefined;
}

function readHeaders(options: BodySignatureOptions, at: string): Headers {
  const { appId, appIdHeader, timestampHeader, timestampPrefix, idHeader } = options;
  if ((appId === undefined) === (appIdHeader === undefined))
    throw new ConfigurationError(
      `${at}.appId`,
      "or appIdHeader must say who the sender is, and not both.",
      'Write appId: "…", the AppId of the sender.',
    );
  if (appId !== undefined && !isAppId(appId))
    throw new ConfigurationError(`${at}.appId`, "is not an AppId.", APP_ID_CURE);
  if (timestampHeader !== undefined && timestampPrefix !== undefined)
    throw new ConfigurationError(
      `${at}.timestampPrefix`,
      "stands beside timestampHeader.",
      "Give one.",
    );
  const optional = (header: string | undefined, option: string): string | undefined =>
    header === undefined ? undefined : readHeaderName(header, `${at}.${option}`);
  const headers = {
    signature: readHeaderName(options.signatureHeader, `${at}.signatureHeader`),
    timestamp: optional(timestampHeader, "timestampHeader"),
    id: optional(idHeader, "idHeader"),
    appId: optional(appIdHeader, "appIdHeader"),
  };
  const given = Object.values(headers).filter((header) => header !== undefined);
  if (new Set(given).size < given.length)
    throw new ConfigurationError(
      `${at}.signatureHeader`,
      "is the name of two headers.",
      "Give each its own.",
    );
  return headers;
}

/** What is read must be signed, and what is signed must be read. */
function checkTemplate(template: Template, headers: Headers, isTimed: boolean, at: string): void {
  for (const [field, isRead, option] of [
    ["timestamp", isTimed, "timestampHeader"],
    ["id", headers.id !== undefined, "idHeader"],
  ] as const)
    if (template.has(field) !== isRead)
      throw new ConfigurationError(
        `${at}.template`,
        isRead ? `does not sign {${field}}.` : `signs {${field}}, which stands nowhere.`,
        isRead ? `Put {${field}} into it.` : `Name its ${option}.`,
      );
}

function readOnceBy(
  { onceBy }: BodySignatureOptions,
  idHeader: string | undefined,
  at: string,
): boolean {
  if (onceBy !== undefined && onceBy !== "id" && onceBy !== "signature")
    throw new ConfigurationError(`${at}.onceBy`, "is not known.", 'Use "id" or "signature".');
  if (onceBy === "id" && idHeader === undefined)
    throw new ConfigurationError(`${at}.onceBy`, "needs an id.", "Name its idHeader.");
  return onceBy !== "signature";
}

const YEAR_SECONDS = 31_536_000;

function readWindow(
  { maxAgeSeconds, futureSkewSeconds }: MessageWindow,
  at: string,
): Scheme["window"] {
  for (const [name, seconds, least] of [
    ["maxAgeSeconds", maxAgeSeconds, 1],
    ["futureSkewSeconds", futureSkewSeconds, 0],
  ] as const)
    if (
      seconds !== undefined &&
      !(Number.isSafeInteger(seconds) && seconds >= least && seconds <= YEAR_SECONDS)
    )
      throw new ConfigurationError(
        `${at}.${name}`,
        `${String(seconds)} will not do.`,
        `Give whole seconds, ${least} or more.`,
      );
  if (maxAgeSeconds === undefined && futureSkewSeconds === undefined) return undefined;
  return {
    ...(maxAgeSeconds !== undefined && { maxAgeSeconds }),
    ...(futureSkewSeconds !== undefined && { futureSkewSeconds }),
  };
}
