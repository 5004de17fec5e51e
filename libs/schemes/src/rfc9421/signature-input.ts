import {
  type BareItem,
  type Dictionary,
  type HeaderLines,
  type InnerList,
  isAppIdText,
  isInnerList,
  type Item,
  Refusal,
  serialiseMember,
} from "@lacre/core/scheme";
import { Fields } from "./message.js";
import type { Rules } from "./options.js";

/*
 * RFC 9421 §4: the fields Signature-Input and Signature, which hold one or more signatures under labels.
 */

/** The one algorithm (RFC 9421 §3.3.3). The key says so; a signature may only agree. */
export const ALGORITHM = "hmac-sha256";

/** Our own signature, where no label is agreed on. */
export const DEFAULT_LABEL = "sig";

/** What one signature says of itself (RFC 9421 §2.3), well-formed. */
export interface SignatureInput {
  readonly label: string;
  readonly components: readonly Item[];
  readonly createdSeconds: number;
  readonly expiresSeconds: number | undefined;
  readonly nonce: string | undefined;
  readonly appId: string;
  /** The whole member, written anew: the last line of the signature base. */
  readonly text: string;
}

/** Reads what the signature of a head says, once however many ask. It throws what `readSignatureInput` throws. */
export type InputReader = (headers: HeaderLines) => SignatureInput;

export function inputReader(rules: Rules): InputReader {
  const read: InputReader = (headers) => readSignatureInput(headers, rules);
  return (headers) => headers.readOnce(read);
}

/** Beside our own, proxies may have signed. */
const MAX_LABELS = 4;
const MAX_LENGTH = 8192;
const PARAMETER_TYPES: ReadonlyMap<string, BareItem["type"]> = new Map([
  ["created", "integer"],
  ["expires", "integer"],
  ["nonce", "string"],
  ["alg", "string"],
  ["keyid", "string"],
  ["tag", "string"],
]);
const TIMESTAMP = /^[1-9][0-9]{9}$/;
const NONCE = /^[!-~]{1,128}$/;

/**
 * Chooses the signature that is ours and reads what it says. A label means nothing: it is not signed.
 * @throws Refusal
 */
export function readSignatureInput(headers: HeaderLines, rules: Rules): SignatureInput {
  const [label, input] = choose(readInputs(headers), rules);
  const { parameters } = input;
  for (const [name, { type }] of parameters)
    if (PARAMETER_TYPES.get(name) !== type) throw malformed(`the parameter ${name}`);
  const alg = textOf(input, "alg");
  if (alg !== undefined && alg !== ALGORITHM) throw malformed(`alg is not ${ALGORITHM}`);
  const appId = textOf(input, "keyid") ?? rules.appId;
  if (appId === undefined) throw malformed("there is no keyid");
  if (!isAppIdText(appId)) throw new Refusal("app-id-malformed");
  return {
    label,
    components: input.items,
    appId,
    ...timesOf(input),
    ...nonceOf(input, rules),
    text: serialiseMember(input),
  };
}

/**
 * The signature of this label, as the message writes it: the base64 of 32 bytes.
 * @throws Refusal `credentials-malformed`, `signature-malformed`
 */
export function readSignature(headers: HeaderLines, label: string): string {
  const signatures = readDictionary(headers, "signature");
  const inputs = readDictionary(headers, "signature-input");
  // RFC 9421 §4.2: each label is in both.
  if (signatures.size !== inputs.size || ![...inputs.keys()].every((each) => signatures.has(each)))
    throw malformed("Signature and Signature-Input have not the same labels");
  const member = signatures.get(label);
  const isRight =
    member !== undefined &&
    !isInnerList(member) &&
    member.item.type === "bytes" &&
    member.parameters.size === 0 &&
    /^.{43}=$/.test(member.item.value);
  if (!isRight) throw new Refusal("signature-malformed");
  return member.item.value as string;
}

function readInputs(headers: HeaderLines): readonly (readonly [string, InnerList])[] {
  return Array.from(readDictionary(headers, "signature-input"), ([label, member]) => {
    if (!isInnerList(member)) throw malformed("a signature without a list of components");
    return [label, member] as const;
  });
}

/** A dictionary on any number of lines (RFC 9651 §3): a proxy that signs too may have added its own. */
function readDictionary(headers: HeaderLines, name: string): Dictionary {
  const fields = Fields.of(headers);
  const dictionary = fields.text(name).length > MAX_LENGTH ? undefined : fields.dictionary(name);
  if (dictionary === undefined || dictionary.size === 0)
    throw malformed(`${name} is no dictionary`);
  if (dictionary.size > MAX_LABELS) throw malformed(`more than ${MAX_LABELS} signatures`);
  return dictionary;
}

function choose(
  inputs: readonly (readonly [string, InnerList])[],
  { label, tag, appId }: Rules,
): readonly [string, InnerList] {
  const labelled = inputs.filter(([each]) => label === undefined || each === label);
  if (labelled.length === 0)
    throw new Refusal("credentials-missing", `no signature has the label ${label}`);
  const tagged = labelled.filter(([, each]) => tag === undefined || textOf(each, "tag") === tag);
  if (tagged.length === 0) throw new Refusal("scope-wrong", `no signature has the tag ${tag}`);
  const [chosen, ...others] =
    tagged.length === 1 ? tagged : tagged.filter(([, each]) => mayBeOurs(each, appId));
  if (chosen === undefined)
    throw new Refusal("credentials-missing", "of several signatures, none is ours");
  if (others.length > 0)
    throw new Refusal("credentials-repeated", "several signatures; say which by label or tag");
  return chosen;
}

/** What tells our own signature from others' where there are several. */
function mayBeOurs(input: InnerList, appId: string | undefined): boolean {
  const signer = textOf(input, "keyid") ?? appId;
  const alg = textOf(input, "alg") ?? ALGORITHM;
  return signer !== undefined && isAppIdText(signer) && alg === ALGORITHM;
}

/** A parameter that is a string; undefined where it is absent or something else, which is refused apart. */
function textOf({ parameters }: InnerList, name: string): string | undefined {
  const item = parameters.get(name);
  return item?.type === "string" ? item.value : undefined;
}

function timesOf({
  parameters,
}: InnerList): Pick<SignatureInput, "createdSeconds" | "expiresSeconds"> {
  const [created, expires] = [parameters.get("created"), parameters.get("expires")];
  if (created === undefined) throw malformed("created is missing");
  for (const time of [created, expires])
    if (time !== undefined && !TIMESTAMP.test(String(time.value)))
      throw new Refusal("timestamp-malformed", "no ten digits");
  const createdSeconds = created.value as number;
  const expiresSeconds = expires?.value as number | undefined;
  if (expiresSeconds !== undefined && expiresSeconds < createdSeconds)
    throw new Refusal("timestamp-malformed", "expires before it was created");
  return { createdSeconds, expiresSeconds };
}

function nonceOf(input: InnerList, rules: Rules): Pick<SignatureInput, "nonce"> {
  const nonce = textOf(input, "nonce");
  if (nonce === undefined && rules.nonce === "required") throw malformed("nonce is missing");
  if (nonce !== undefined && !NONCE.test(nonce)) throw new Refusal("nonce-malformed");
  return { nonce };
}

/** A covered component, as a signer lists it. */
export function componentItem(name: string, parameters: Values = {}): Item {
  return { item: { type: "string", value: name }, parameters: parametersOf(parameters) };
}

/** A list of components with its parameters, in the order given. */
export function writeInput(items: readonly Item[], parameters: Values): InnerList {
  return { items, parameters: parametersOf(parameters) };
}

/** Values by name; those that are undefined are left out. */
type Values = Readonly<Record<string, string | number | true | undefined>>;

function parametersOf(values: Values): ReadonlyMap<string, BareItem> {
  const parameters = new Map<string, BareItem>();
  for (const [name, value] of Object.entries(values)) {
    if (value === true) parameters.set(name, { type: "boolean", value });
    else if (typeof value === "number") parameters.set(name, { type: "integer", value });
    else if (value !== undefined) parameters.set(name, { type: "string", value });
  }
  return parameters;
}

const malformed = (detail: string): Refusal => new Refusal("credentials-malformed", detail);
