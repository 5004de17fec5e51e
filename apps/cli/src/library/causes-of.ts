import {
  pageOf,
  Refusal,
  REFUSAL_CODES,
  type DeadKey,
  type RefusalCode,
  type Scheme,
} from "@lacre/core";
import { UsageError } from "../exit.js";
import { explanationOf } from "../explanations.js";
import { REFUSAL_NOTES } from "../refusal-notes.js";
import { schemeForWords } from "../schemes.js";

/** A refusal of which there is no more than what a log or an observer was told. */
export interface KnownRefusal {
  readonly code: RefusalCode;
  /** What only the log may know. */
  readonly note?: string;
  /** The scheme of the request, or its name, for what its format says of the code. */
  readonly scheme?: Scheme | string;
  /** Whether the MAC was right; undefined where nobody says. */
  readonly proven?: boolean;
  /** The keys that did not make the MAC, eight hex digits each. */
  readonly keyFingerprints?: readonly string[];
  /** The key of the app that made the MAC and opens nothing now: then that is the one cause. */
  readonly deadKey?: Pick<DeadKey, "id"> & { readonly why: string };
}

/** What is likely behind a refusal. All texts are whole sentences; code stands between backticks. */
export interface LikelyCauses {
  readonly code: RefusalCode;
  /** Where the code is explained: `@lacre/core/errors.md#signature-mismatch`. */
  readonly page: string;
  /** What the code is answered with when no store is in doubt. */
  readonly status: number;
  /** What the verifier found. */
  readonly means: string;
  /** What the caller saw. */
  readonly callerSaw: string;
  /** What is known of this very refusal beyond its code. */
  readonly known: readonly string[];
  /** The likely first. */
  readonly causes: readonly string[];
  readonly cures: readonly string[];
}

/**
 * What is likely behind a refusal that is known by its code alone. The texts are those of docs/errors.md.
 * @throws UsageError for what is no code
 */
export function causesOf(refusal: KnownRefusal): LikelyCauses {
  const { code, deadKey } = refusal;
  const scheme =
    typeof refusal.scheme === "string" ? schemeForWords(refusal.scheme) : refusal.scheme;
  if (!REFUSAL_CODES.includes(code))
    throw new UsageError("This is no refusal code. docs/errors.md lists all of them.");
  const { means, callerSaw, causes, cure } = REFUSAL_NOTES[code];
  const inScheme = scheme?.explanations?.[code] === undefined ? [] : [explanationOf(code, scheme)];
  return {
    code,
    page: pageOf(code),
    status: new Refusal(code).status,
    means,
    callerSaw: sentence(callerSaw),
    known: [...inScheme, ...knownOf(refusal)],
    causes: deadKey === undefined ? causes.map(sentence) : [causeOfDeadKey(deadKey)],
    cures: [deadKey === undefined ? sentence(cure) : cureOfDeadKey(deadKey)],
  };
}

const WHY_DEAD: Readonly<Record<string, string>> = {
  revoked: "which is revoked",
  "app-disabled": "while the app is disabled",
  ended: "which has ended",
  "not-yet-valid": "which is not valid yet",
  "not-tried": "which is one more than are tried for a request",
};

const causeOfDeadKey = ({ id, why }: NonNullable<KnownRefusal["deadKey"]>): string =>
  `The caller signs with the key ${id} of the app, ${WHY_DEAD[why] ?? "which opens nothing now"}.`;

const cureOfDeadKey = ({ why }: NonNullable<KnownRefusal["deadKey"]>): string =>
  CURES_OF_DEAD[why] ??
  "Give the caller a key of the app that lives. If this one leaked, it may be somebody else who uses it.";

const CURES_OF_DEAD: Readonly<Record<string, string>> = {
  "app-disabled": "Enable the app, if it may call again.",
  "not-yet-valid":
    "Have the caller use its key of before until the new one is valid, or let the new one begin earlier.",
  "not-tried":
    "End or revoke the keys that are no longer used: two live keys are tried for a request.",
};

function knownOf({ note, proven, keyFingerprints = [], deadKey }: KnownRefusal): string[] {
  // Whoever used a key of the app is not anybody, and the other keys are not the cause.
  if (deadKey !== undefined) return note === undefined ? [] : [sentence(note)];
  return [
    ...(note === undefined ? [] : [sentence(note)]),
    ...(proven === undefined ? [] : [proven ? PROVEN : UNPROVEN]),
    ...(keyFingerprints.length === 0
      ? []
      : [
          `The server tried the key ${keyFingerprints.join(" and the key ")}: where the caller's key has another fingerprint, that is the cause.`,
        ]),
  ];
}

const PROVEN = "The signature was right: whoever sent this holds the key.";
const UNPROVEN =
  "The signature was not found to be right: who sent this is what the request says, and may be anybody.";

/** A part of a sentence as one. A name in code keeps its first letter. */
function sentence(part: string): string {
  const whole = part.charAt(0).toUpperCase() + part.slice(1);
  return /[.!?]$/.test(whole) ? whole : `${whole}.`;
}
