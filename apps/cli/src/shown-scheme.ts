import { UsageError } from "./exit.js";
import type { SchemeTerms } from "./scheme-terms.js";
import { SENDERS } from "./senders.js";

/** What of a recorded request tells how it was signed. */
export interface ShownRequest {
  readonly target?: string;
  readonly headers: readonly (readonly [string, string])[];
}

type Sight = (request: ShownRequest) => boolean;

const valuesOf = ({ headers }: ShownRequest, wanted: string): string[] =>
  headers.flatMap(([name, value]) => (name.toLowerCase() === wanted ? [value.trim()] : []));

const authorization =
  (start: RegExp): Sight =>
  (request) =>
    valuesOf(request, "authorization").some((value) => start.test(value));
const header =
  (name: string): Sight =>
  (request) =>
    valuesOf(request, name).length > 0;
const query =
  (parameter: RegExp): Sight =>
  ({ target = "" }) =>
    parameter.test(target);
const either =
  (...sights: readonly Sight[]): Sight =>
  (request) =>
    sights.some((sight) => sight(request));

/** How a request shows its scheme. Those that choose their headers by options show nothing. */
const SIGHTS: Readonly<Record<string, Sight>> = {
  lacre1: either(authorization(/^LACRE1-/i), query(/[?&]Lacre-Signature=/i)),
  acquia2: authorization(/^acquia-http-hmac\s/i),
  "aws-sigv4": either(
    authorization(/^AWS4-HMAC-SHA256\s/i),
    query(/[?&]X-Amz-Algorithm=AWS4-HMAC-SHA256(?:&|$)/i),
  ),
  "azure-hmac": authorization(/^HMAC-SHA256\s.*SignedHeaders=/i),
  "azure-shared-key": authorization(/^SharedKey(?:Lite)?\s/i),
  hawk: either(authorization(/^Hawk\s/i), query(/[?&]bewit=/)),
  rfc9421: header("signature-input"),
  "standard-webhooks": either(header("webhook-signature"), header("svix-signature")),
  ...Object.fromEntries(
    Object.entries(SENDERS).flatMap(([name, sender]) =>
      sender.header === undefined ? [] : [[name, header(sender.header)]],
    ),
  ),
};

/** The schemes that a request shows, by name. */
export const shownSchemes = (request: ShownRequest): string[] =>
  Object.keys(SIGHTS).filter((name) => SIGHTS[name]?.(request));

/**
 * The scheme to read a request by where nobody named one; undefined for that which is always taken then.
 * @throws UsageError where a request shows several
 */
export function schemeShownBy(request: ShownRequest): string | undefined {
  const shown = shownSchemes(request);
  if (shown.length === 0 || shown.includes("lacre1")) return undefined;
  if (shown.length > 1)
    throw new UsageError(
      `The request is signed as ${shown.join(" and as ")}. Name the one to look at: --scheme.`,
    );
  return shown[0];
}

/** Options of a scheme that a request of it tells, as its signer had them. */
export function termsShownBy(name: string, request: ShownRequest): SchemeTerms {
  return TERMS[name]?.(request) ?? {};
}

const TERMS: Readonly<Record<string, (request: ShownRequest) => SchemeTerms>> = {
  acquia2(request) {
    const [, realm] = /\brealm="([^"]*)"/i.exec(valuesOf(request, "authorization")[0] ?? "") ?? [];
    return realm === undefined ? {} : { realm: decoded(realm) };
  },
  "aws-sigv4"(request) {
    const [, inQuery] = /[?&]X-Amz-Credential=([^&]*)/i.exec(request.target ?? "") ?? [];
    const [, inHeader] =
      /\bCredential=([^,\s]*)/i.exec(valuesOf(request, "authorization")[0] ?? "") ?? [];
    const scope = inHeader ?? decoded(inQuery ?? "");
    const [, region, service] = /\/\d{8}\/([\w.-]+)\/([\w.-]+)\/aws4_request$/.exec(scope) ?? [];
    return region === undefined ? {} : { region, service };
  },
};

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
