import { Refusal } from "../errors.js";
import type { SignableRequest } from "../http/signable-request.js";
import { formOf, type Form, type Scheme } from "../scheme/scheme.js";

/** A scheme, and the form in which a request carries its credentials. */
export interface Chosen {
  readonly scheme: Scheme;
  readonly form: Form;
}

/**
 * The scheme whose credentials the request carries. Only those of `names` compete: what else the request carries is
 * for others.
 * @throws Refusal `credentials-repeated` when it carries more than one kind, or two lines; `scheme-refused` when it
 *   carries those of another scheme alone, as its head shows; `credentials-missing`
 */
export function chooseScheme(
  request: SignableRequest,
  schemes: readonly Scheme[],
  names: readonly string[],
): Chosen {
  // RFC 9110 §11.6.2: Authorization is no list, so a second line is never part of the first.
  if (request.headers.isRepeated("authorization"))
    throw new Refusal("credentials-repeated", "two Authorization lines");
  let chosen: Chosen | undefined;
  let stranger: Scheme | undefined;
  for (const scheme of schemes) {
    const form = formOf(scheme, request);
    if (form === undefined) continue;
    if (!names.includes(scheme.name)) {
      if (form.isInContent !== true) stranger ??= scheme;
    } else if (chosen === undefined) chosen = { scheme, form };
    else throw new Refusal("credentials-repeated", "credentials of two schemes");
  }
  if (chosen !== undefined) return chosen;
  const taken = `the route takes ${names.map((name) => withPlace(name, schemes)).join(", ")}`;
  if (stranger !== undefined)
    throw new Refusal("scheme-refused", stranger.name, { scheme: stranger.name, note: taken });
  const seen = signOfCredentials(request);
  const note = seen === undefined ? taken : `the request has ${seen}, and ${taken}`;
  throw new Refusal("credentials-missing", undefined, { note });
}

/** The name of a scheme, and where it has its credentials. */
function withPlace(name: string, schemes: readonly Scheme[]): string {
  const place = schemes.find((scheme) => scheme.name === name)?.header.place;
  return place === undefined ? name : `${name} (${place})`;
}

// A short word with something behind it names a scheme (RFC 9110 §11.4). Alone, or longer, it may be the credentials.
const AUTH_SCHEME = /^([a-z][a-z0-9-]{1,23}) +[^ ]/i;
const SIGNATURE_FIELD = /^[a-z0-9-]{0,32}(?:signature|hmac)[a-z0-9-]{0,16}$/;
const SIGNATURE_PARAM = /[?&]([a-z0-9-]{0,32}signature)=/i;

/** Where the request seems to carry credentials of a scheme that nobody here reads: names, never values. */
function signOfCredentials({ headers, target }: SignableRequest): string | undefined {
  const line = headers.only("authorization");
  if (line !== undefined) {
    const [, word] = AUTH_SCHEME.exec(line) ?? [];
    return word === undefined ? "an Authorization line without a scheme" : `Authorization: ${word}`;
  }
  for (const name of headers.names()) if (SIGNATURE_FIELD.test(name)) return `the header ${name}`;
  const [, param] = SIGNATURE_PARAM.exec(target) ?? [];
  return param === undefined ? undefined : `the parameter ${param}`;
}
