import { hash } from "node:crypto";
import {
  checkListed,
  decodeStrictly,
  type DigestEncoding,
  type Form,
  type HeaderEntry,
  isAppIdText,
  type MacRecipe,
  pathOf,
  type Reading,
  Refusal,
  type SignableRequest,
} from "@lacre/core/scheme";
import { formatDate, parseDate } from "./date.js";
import type { Settings } from "./options.js";

const SHA256_BYTES = 32;

/** What the headers say. */
interface Credentials {
  readonly appId: string;
  readonly date: string;
  readonly timestampSeconds: number;
  readonly id: string;
}

/** The header form of Shared Key authentication: an id, a login and a date. */
export function headerForm(settings: Settings): Form {
  const { idHeader, loginHeader, dateHeader, encoding, allowUnsignedContent } = settings;
  const listed = [idHeader, loginHeader, dateHeader];
  const recipe: MacRecipe = {
    algorithm: "sha256",
    encoding,
    construction: settings.insecureHash ? "sha256-suffix" : "hmac",
  };

  const readingOf = (
    request: SignableRequest,
    { appId, date, timestampSeconds, id }: Credentials,
  ): Reading => ({
    claims: {
      appId,
      recipe,
      timestampSeconds,
      nonce: id === "" ? "" : hash("sha256", id), // not itself: a principal is shown around, and a MAC is not
      signedHeaders: [dateHeader],
      mac: id,
      content: { kind: allowUnsignedContent ? "uncovered" : "none" },
    },
    text: () => textOf(request, date, settings),
  });

  return {
    recognises: ({ headers }) => headers.has(idHeader),

    contentUse: () => "sha256",

    read(request) {
      const { headers } = request;
      checkListed(headers, listed);
      const appId = headers.only(loginHeader) ?? "";
      if (!isAppIdText(appId)) throw new Refusal("app-id-malformed", loginHeader);
      const date = headers.only(dateHeader) ?? "";
      const timestampSeconds = parseDate(date, dateHeader);
      const id = headers.only(idHeader) ?? "";
      if (!isId(id, encoding)) throw new Refusal("signature-malformed", idHeader);
      return readingOf(request, { appId, date, timestampSeconds, id });
    },

    write(request, { appId }, { timestampSeconds, nonce }) {
      if (request.contentSha256 !== undefined && !allowUnsignedContent)
        throw new Refusal("content-undigested", "shared-key does not sign content");
      const date = formatDate(timestampSeconds, nonce);
      const set: HeaderEntry[] = [
        [loginHeader, appId],
        [dateHeader, date],
      ];
      const sent: HeaderEntry[] = [...set, [idHeader, ""]];
      const headers = sent.reduce((all, [name, value]) => all.with(name, value), request.headers);
      checkListed(headers, listed);
      const { claims, text } = readingOf(request, { appId, date, timestampSeconds, id: "" });
      return {
        claims,
        canonicalRequest: text(),
        signedWith: (mac) => ({ headers: [...set, [idHeader, mac]] }),
      };
    },
  };
}

/** What is MACed. The plain hash has the key on a line of its own. */
function textOf(
  request: SignableRequest,
  date: string,
  { uri, insecureHash }: Pick<Settings, "uri" | "insecureHash">,
): string {
  const text = `${uriOf(request, uri)}\n${request.method}\n${date}`;
  return insecureHash ? `${text}\n` : text;
}

function uriOf({ urlScheme, authority, target }: SignableRequest, uri: Settings["uri"]): string {
  if (uri === "path") return pathOf(target);
  return uri === "absolute" ? `${urlScheme}://${authority}${target}` : target;
}

const isId = (text: string, encoding: DigestEncoding): boolean =>
  text.length === (encoding === "hex" ? 64 : 44) &&
  decodeStrictly(text, encoding)?.length === SHA256_BYTES;
