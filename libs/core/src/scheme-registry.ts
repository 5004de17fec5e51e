import { ConfigurationError, Refusal } from "./errors.js";
import type { SignableRequest } from "./http/signable-request.js";
import { lacre1 } from "./lacre1/lacre1.js";
import type { Scheme } from "./scheme/scheme.js";

/** The schemes that need no options, by name. */
const BY_NAME = { lacre1 } as const satisfies Record<string, Scheme>;

/** A scheme by its name, or one that was made with options, such as `awsSigV4({ region, service })`. */
export type SchemeOption = keyof typeof BY_NAME | Scheme;

/**
 * Reads the list of enabled schemes.
 * @throws ConfigurationError
 */
export function readSchemes(
  options: readonly SchemeOption[] = ["lacre1"],
  at = "schemes",
): readonly Scheme[] {
  if (!Array.isArray(options) || options.length === 0)
    throw new ConfigurationError(at, "is no list of schemes.", 'Write schemes: ["lacre1"].');
  const schemes = options.map((option, i): Scheme => {
    if (typeof option === "object" && option !== null && typeof option.canonicalise === "function")
      return ownNamed(option as Scheme, `${at}[${i}]`);
    if (typeof option === "string" && Object.hasOwn(BY_NAME, option))
      return BY_NAME[option as keyof typeof BY_NAME];
    throw new ConfigurationError(
      `${at}[${i}]`,
      `${JSON.stringify(option)} is not a scheme.`,
      `Name one of ${Object.keys(BY_NAME).join(", ")}, or make one: awsSigV4({ region, service }).`,
    );
  });
  if (new Set(schemes.map(({ name }) => name)).size < schemes.length)
    throw new ConfigurationError(
      at,
      "names a scheme twice.",
      'Give each once, or one of them a name of its own: name: "…".',
    );
  return schemes;
}

/** Keys, routes and clients take what has such a name for the scheme of that name. */
function ownNamed(scheme: Scheme, at: string): Scheme {
  const { name } = scheme;
  if (Object.hasOwn(BY_NAME, name) && BY_NAME[name as keyof typeof BY_NAME] !== scheme)
    throw new ConfigurationError(
      `${at}.name`,
      `"${name}" is the name of another scheme.`,
      "Give it a name of its own.",
    );
  return scheme;
}

/**
 * The scheme whose credentials the request carries. Only those of `names` compete: what else the request carries is
 * for others.
 * @throws Refusal `credentials-repeated` when it carries more than one kind, or two lines; `scheme-refused` when it
 *   carries those of another scheme alone; `credentials-missing`
 */
export function chooseScheme(
  request: SignableRequest,
  schemes: readonly Scheme[],
  names: readonly string[],
): Scheme {
  // RFC 9110 §11.6.2: Authorization is no list, so a second line is never part of the first.
  if (request.headers.isRepeated("authorization"))
    throw new Refusal("credentials-repeated", "two Authorization lines");
  let chosen: Scheme | undefined;
  let stranger: Scheme | undefined;
  for (const scheme of schemes) {
    if (!scheme.recognises(request)) continue;
    if (!names.includes(scheme.name)) stranger ??= scheme;
    else if (chosen === undefined) chosen = scheme;
    else throw new Refusal("credentials-repeated", "credentials of two schemes");
  }
  if (chosen !== undefined) return chosen;
  const taken = `the route takes ${names.join(", ")}`;
  if (stranger !== undefined)
    throw new Refusal("scheme-refused", stranger.name, { scheme: stranger.name, note: taken });
  const seen = signOfCredentials(request);
  const note = seen === undefined ? taken : `the request has ${seen}, and ${taken}`;
  throw new Refusal("credentials-missing", undefined, { note });
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
