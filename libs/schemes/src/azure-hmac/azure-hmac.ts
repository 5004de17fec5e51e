import { hash } from "node:crypto";
import {
  APP_ID_CURE,
  checkListed,
  checkMinimum,
  type Claims,
  ConfigurationError,
  type ContentClaim,
  decodeStrictly,
  formatHttpDate,
  type HeaderLines,
  isAppId,
  isAppIdText,
  isSafe,
  isUnsignable,
  type Moment,
  onlyLine,
  parseHttpDate,
  readSchemeName,
  readSchemeWindow,
  Refusal,
  type RequestDraft,
  type Scheme,
  type SchemeName,
  type SchemeWindow,
  type Secret,
  type SignableRequest,
  type Signatory,
  SIGNED_WHEN_PRESENT,
  type UnsignedRequest,
} from "@lacre/core/scheme";

const WORD = "HMAC-SHA256";
const DIGEST = "x-ms-content-sha256";
const EMPTY_SHA256 = hash("sha256", "", "base64");
const MAX_LENGTH = 4096;
/** With `&` between the parameters, or `, ` as some of Microsoft's own samples have it. */
const PARAMETERS =
  /^HMAC-SHA256 (?:Credential=([^&, ]*)(&|, )(?=SignedHeaders=[^&, ]*\2))?SignedHeaders=([^&, ]*)(?:&|, )Signature=([^&, ]*)$/;
const NAME = /^[a-z][a-z0-9-]{0,63}$/;
const QUARTER_OF_AN_HOUR = 900; // seconds, as at Azure

/** Which of the services that sign like this it is. */
export interface AzureHmacOptions extends SchemeWindow, SchemeName {
  /**
   * Whose the requests are, where they carry no `Credential`: those of Communication Services, and webhooks that are
   * signed like them. Without it, each must carry one, like those for App Configuration.
   */
  readonly appId?: string;
  /**
   * The headers that may be signed after the three that must be, in this order: one that is signed comes after all of
   * those before it. `["content-type"]` unless said otherwise.
   */
  readonly furtherHeaders?: readonly string[];
  /** The weaknesses are known: nothing is said of them at the start. */
  readonly acknowledgeWeakness?: boolean;
}

/**
 * The HMAC-SHA256 of Azure's App Configuration and Communication Services. What it does not sign is the names of the
 * headers, so each name has its place here, and no signed value may hold the separator.
 * @throws ConfigurationError
 * @see https://learn.microsoft.com/azure/azure-app-configuration/rest-api-authentication-hmac
 */
export function azureHmac(options: AzureHmacOptions = {}): Scheme {
  const { name, appId, furtherHeaders, window, acknowledged } = readOptions(options);
  // The content's type is the one of them that Azure's own clients send, and none of them signs it.
  const mustBeSigned = [
    "x-ms-date", // where there is one, Date is not read
    ...SIGNED_WHEN_PRESENT.filter((name) => name !== "content-type"),
  ];

  return {
    name,
    challenges: [WORD],
    keyEncodings: ["base64", "text"],
    keyAlgorithms: ["sha256"],
    keyLength: { min: 32, max: 128 }, // a base64 text of 64 bytes that is itself the key has 88
    window,
    weaknesses: acknowledged
      ? []
      : [
          "Content-Type is covered only where the caller signs it, and Azure's own clients do not: content can be passed off as another type.",
        ],

    recognises({ headers }) {
      return /^HMAC-SHA256(?: |$)/i.test(headers.only("authorization") ?? "");
    },

    contentUse: () => "sha256",

    parse(request) {
      const { headers } = request;
      const [credential, list, signature] = parameters(headers, appId !== undefined);
      const claimed = appId ?? credential;
      if (!isAppIdText(claimed)) throw new Refusal("app-id-malformed");
      const names = list.split(";", 3 + furtherHeaders.length + 1);
      const dateHeader = dateIn(names, furtherHeaders);
      if (!isBase64Of32Bytes(signature)) throw new Refusal("signature-malformed");
      checkValues(request, names);
      checkMinimum(headers, names, mustBeSigned);
      return {
        scheme: name,
        appId: claimed,
        algorithm: "sha256",
        timestampSeconds: parseHttpDate(onlyLine(headers, dateHeader), dateHeader),
        nonce: hash("sha256", signature), // not itself: a principal is shown around, and a MAC is not
        repeatable: isSafe(request.method),
        signedHeaders: names,
        mac: signature,
        content: contentClaim(headers),
      };
    },

    canonicalise({ method, target, headers, host }, { signedHeaders }) {
      const values = signedHeaders.map((name) =>
        name === "host" ? host : (headers.only(name) ?? ""),
      );
      return `${method}\n${target}\n${values.join(";")}`;
    },

    mac(secret: Secret, _claims: Claims, canonicalRequest: string) {
      return secret.mac("sha256", canonicalRequest, "base64");
    },

    draft(
      request: UnsignedRequest,
      signatory: Signatory,
      { timestampSeconds }: Moment,
    ): RequestDraft {
      const date = formatHttpDate(timestampSeconds);
      const digest = request.contentSha256?.("base64") ?? EMPTY_SHA256;
      const headers = request.headers.with("x-ms-date", date).with(DIGEST, digest);
      const covered = { ...request, headers };
      const signedHeaders = ["x-ms-date", "host", DIGEST];
      for (const name of furtherHeaders) {
        if (headers.only(name)?.includes(";") !== false) break; // none, two, or one that cannot be signed
        signedHeaders.push(name);
      }
      checkValues(covered, signedHeaders);
      checkMinimum(headers, signedHeaders, mustBeSigned);
      const claims: Claims = {
        scheme: name,
        appId: signatory.appId,
        algorithm: "sha256",
        timestampSeconds,
        nonce: "",
        signedHeaders,
        mac: "",
        content: contentClaim(headers),
      };
      const credential = appId === undefined ? `Credential=${signatory.appId}&` : "";
      const beginning = `${WORD} ${credential}SignedHeaders=${signedHeaders.join(";")}&Signature=`;
      return {
        claims,
        canonicalRequest: this.canonicalise(covered, claims),
        headersWith: (mac) => [
          ["x-ms-date", date],
          [DIGEST, digest],
          ["authorization", beginning + mac],
        ],
      };
    },
  };
}

/** Credential, list of headers, signature: each once, in this order, none else. */
function parameters(
  headers: HeaderLines,
  withoutCredential: boolean,
): readonly [credential: string, list: string, signature: string] {
  const header = headers.only("authorization") ?? "";
  if (header.length > MAX_LENGTH) throw malformed("longer than 4096 bytes");
  const [match, credential, , list = "", signature = ""] = PARAMETERS.exec(header) ?? [];
  if (match === undefined || (credential === undefined) !== withoutCredential)
    throw malformed(
      `expected ${withoutCredential ? "no Credential, " : "Credential, "}SignedHeaders, Signature`,
    );
  return [credential ?? "", list, signature];
}

/**
 * The header that tells the time. The names are not signed, so a name is good in its own place alone: the three that
 * must be come first, in any order, since no value of one can be that of another; then the further ones.
 */
function dateIn(names: readonly string[], further: readonly string[]): "x-ms-date" | "date" {
  const refuse = (detail: string): Refusal => new Refusal("signed-headers-malformed", detail);
  if (!names.every((name) => NAME.test(name))) throw refuse("not a list of header names");
  const first = names.slice(0, 3);
  const unsigned = ["host", DIGEST].find((name) => !first.includes(name));
  if (unsigned !== undefined) throw new Refusal("header-unsigned", unsigned);
  const date = first.find((name) => name === "x-ms-date" || name === "date");
  if (date === undefined) throw new Refusal("header-unsigned", "x-ms-date");
  if (names.slice(3).some((name, i) => name !== further[i]))
    throw refuse(`after the three that must be: ${further.join(", ") || "none"}, in this order`);
  return date as "x-ms-date" | "date";
}

/** The values are joined with ";", so none may hold one. */
function checkValues({ headers }: SignableRequest, names: readonly string[]): void {
  checkListed(headers, names, "host"); // counted when the request was received
  const divided = names.find((name) => name !== "host" && onlyLine(headers, name).includes(";"));
  if (divided !== undefined)
    throw new Refusal(
      "header-malformed",
      `${divided} has a semicolon, which divides signed values`,
    );
}

function contentClaim(headers: HeaderLines): ContentClaim {
  const digest = onlyLine(headers, DIGEST);
  if (!isBase64Of32Bytes(digest)) throw new Refusal("digest-malformed", DIGEST);
  return { kind: "declared", algorithm: "sha256", encoding: "base64", digest };
}

const isBase64Of32Bytes = (text: string): boolean =>
  text.length === 44 && decodeStrictly(text, "base64")?.byteLength === 32;

const malformed = (detail: string): Refusal => new Refusal("credentials-malformed", detail);

interface Settings {
  readonly name: string;
  readonly appId: string | undefined;
  readonly furtherHeaders: readonly string[];
  readonly window: SchemeWindow;
  readonly acknowledged: boolean;
}

function readOptions(options: AzureHmacOptions): Settings {
  const { name = "azure-hmac", appId, furtherHeaders = ["content-type"] } = options;
  if (appId !== undefined && !isAppId(appId))
    throw new ConfigurationError("azureHmac.appId", "is not an AppId.", APP_ID_CURE);
  const names = Array.isArray(furtherHeaders) ? furtherHeaders : [""];
  const bad = names.find((name, i) => !maySign(name) || names.indexOf(name) < i);
  if (bad !== undefined)
    throw new ConfigurationError(
      "azureHmac.furtherHeaders",
      `${JSON.stringify(bad)} cannot stand in it.`,
      'List names in lower case, each once, but for those that are signed anyway or that proxies change: ["content-type"].',
    );
  return {
    name: readSchemeName(name, "azureHmac"),
    appId,
    furtherHeaders: [...names],
    window: readSchemeWindow(options, QUARTER_OF_AN_HOUR, "azureHmac"),
    acknowledged: options.acknowledgeWeakness === true,
  };
}

const ALWAYS_SIGNED = ["x-ms-date", "date", "host", DIGEST];

const maySign = (name: unknown): boolean =>
  typeof name === "string" &&
  NAME.test(name) &&
  !isUnsignable(name) &&
  !ALWAYS_SIGNED.includes(name);
