import type { KeyEncoding } from "./encoding.js";
import { KeyFault } from "./key-fault.js";

/** What happens to a key on its way from who made it to a configuration. */
interface Slip {
  readonly pattern: RegExp;
  readonly problem: string;
  readonly cure: string;
  /** The encoding in which it may be meant. */
  readonly free?: KeyEncoding;
}

/** What editors, shells, web pages and copying do to a key, whatever its encoding is. */
export function slipIn(text: string, encoding: KeyEncoding): KeyFault | undefined {
  const slip = SLIPS.find(({ pattern, free }) => free !== encoding && pattern.test(text));
  return slip && new KeyFault(slip.problem, slip.cure);
}

const OR_ANOTHER = "Where it belongs to the secret, have another secret made.";

/** Bytes, and what stands round a key. */
const AROUND: readonly Slip[] = [
  {
    pattern: /^\uFEFF/,
    problem: "begins with a byte order mark (BOM).",
    cure: "Save the file as UTF-8 without BOM; the mark is no part of the key.",
  },
  {
    pattern: /[\0\uFFFD]/,
    problem: "comes from bytes that are not UTF-8.",
    cure: "Save the file as UTF-8 or ASCII: some shells write UTF-16.",
  },
  {
    pattern: /[\r\n]$/,
    problem: "ends with a line end.",
    cure: "Take it off: use .trim() on what is read from a file, or write the file with printf '%s'.",
  },
  {
    pattern: /\\[rn]$/,
    problem: "ends with a line end that is written as \\n or \\r.",
    cure: "Take the two characters off; some tools do not read escapes in a .env file.",
  },
  {
    pattern: /[\r\n]/,
    problem: "has a line end in it.",
    cure: "Write it in one line.",
    free: "text",
  },
  {
    pattern: /^\s|\s$/,
    problem: "begins or ends with a blank.",
    cure: `Take it off: use .trim(). ${OR_ANOTHER}`,
  },
  {
    pattern: /^(?:(["'`]).*\1|[“„«].*[”“»]|[‘‚].*[’‘])$/s,
    problem: "stands in quotation marks.",
    cure: "Take them off; some tools keep those of a .env file.",
  },
  {
    pattern: /[\u00AD\u200B-\u200F\u2028\u2029\u2060-\u2064\uFEFF]/,
    problem: "has a character in it that cannot be seen.",
    cure: "Copy it again as plain text: pages and chats put such characters in.",
  },
];

/** What is something else than a key. */
const INSTEAD: readonly Slip[] = [
  {
    pattern: /…|\.{3}$/,
    problem: "was cut: it has … where more was.",
    cure: "Copy it again, whole.",
  },
  {
    pattern: /[•●∙]{3}|\*{6}/,
    problem: "is masked: it has dots or stars where the secret is.",
    cure: "Have it shown first, and copy it then.",
  },
  {
    pattern: /^(?:\$[A-Z][A-Z0-9_]*|\$\{[^{}]*\}|\$?\{\{.*\}\}|%[A-Z][A-Z0-9_]*%)$/,
    problem: "is the name of a variable, not what it holds.",
    cure: "Nothing put the value in its place: read it from the environment.",
  },
  {
    pattern: /^<[^<>]*>$/,
    problem: "is a placeholder in angle brackets.",
    cure: "Give the secret itself.",
  },
  {
    pattern: /^(?:export )?[A-Z][A-Z0-9_]{2,}=[^=]/,
    problem: "begins with a name and =, as a line of a .env file does.",
    cure: "Give what stands behind the =.",
  },
  {
    pattern: /^(?:Bearer|Basic) \S+$/i,
    problem: "begins as an Authorization header does.",
    cure: "Give the secret alone: a signed request does not carry it.",
  },
  {
    pattern: /^-----BEGIN /,
    problem: "is a PEM: a certificate, or a key of two halves.",
    cure: "Give the secret that both sides share.",
  },
  {
    pattern: /^eyJ[\w-]+\.[\w-]+\.[\w-]*$/,
    problem: "is a JSON Web Token.",
    cure: "Give the secret that both sides share.",
  },
  {
    pattern: /^https?:\/\//i,
    problem: "is a URL.",
    cure: "Give the secret of the endpoint, not its address.",
  },
];

const PREFIXES: readonly Slip[] = [
  {
    pattern: /^lk1_lk1_/i,
    problem: "has the prefix lk1_ twice.",
    cure: "Take one off.",
  },
  {
    pattern: /^whsec_whsec_/i,
    problem: "has the prefix whsec_ twice.",
    cure: "Take one off.",
  },
  {
    pattern: /^v1,whsec_/,
    problem: 'begins with "v1," before whsec_.',
    cure: "Take that off: the key begins with whsec_.",
    free: "whsec",
  },
  {
    pattern: /^(?!v1,whsec_)v1a?, ?whsec_/i,
    problem: 'begins with "v1a," or a blank before whsec_.',
    cure: "Take that off: the key begins with whsec_.",
  },
];

const SLIPS: readonly Slip[] = [...AROUND, ...INSTEAD, ...PREFIXES];
