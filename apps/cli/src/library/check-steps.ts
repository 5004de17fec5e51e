import { pageOf, type DeadKey, type RefusalCode, type Scheme } from "@lacre/core";
import { explanationOf } from "../explanations.js";
import { judge, type Judgement } from "../judge.js";
import { stepsOf, type StepOutcome } from "../steps.js";
import { differenceOf, type TextDifference } from "./difference.js";
import { wholeOf, type RecordedRequest } from "./read-request.js";
import { readTerms, type ReadTerms, type Terms } from "./terms.js";

/** A request that was let in, but for its nonce, or was refused. */
export type CheckVerdict =
  | { readonly outcome: "accepted" }
  | {
      readonly outcome: "refused";
      readonly code: RefusalCode;
      /** What the caller would see. */
      readonly status: number;
      /** The code and a detail without secrets. */
      readonly message: string;
      /** What no caller is told. */
      readonly note?: string;
      /** The key of the app that made the MAC and opens nothing now. */
      readonly deadKey?: DeadKey;
      /** What the code means under this scheme, in sentences. */
      readonly explanation: string;
      /** Where the code is explained: `@lacre/core/errors.md#signature-mismatch`. */
      readonly page: string;
      /** The keys that did not make the MAC, eight hex digits each. */
      readonly keyFingerprints?: readonly string[];
    };

/** What was found out about a request. Holds no key, and no MAC but what the request itself shows. */
export interface CheckedRequest {
  /** The twelve steps, in order. */
  readonly steps: readonly StepOutcome[];
  readonly verdict: CheckVerdict;
  /** Whether the MAC was right. Unless it was, all that follows is what a stranger wrote. */
  readonly proven: boolean;
  readonly appId?: string;
  /** The key that signed, where the MAC was right. */
  readonly keyId?: string;
  readonly scheme?: string;
  readonly signedHeaders?: readonly string[];
  /** Whole seconds since 1970, as signed. */
  readonly timestamp?: number;
  /** The text that the server computed its MAC over, a character for each byte, where it came that far. May hold personal data. */
  readonly canonicalRequest?: string;
  /** Hex SHA-256 of it, as the server's log has it. */
  readonly canonicalSha256?: string;
  /** How the sender's text differs from that, where the terms have one and the server came that far. */
  readonly difference?: TextDifference;
  /** What nobody has said of the server, and how it was taken: for people. */
  readonly assumptions: readonly string[];
}

/**
 * Judges a request as a server that stands so would, as if it came for the first time, and says what came of each step.
 * Claims no nonce, so the request can still be sent.
 * @throws ConfigurationError, as a rejection, for terms that no server could have; UsageError for a `signedText` that
 *   is none of the request's scheme
 */
export async function checkSteps(request: RecordedRequest, terms: Terms): Promise<CheckedRequest> {
  const read = readTerms(terms, request);
  const seen = await judge(wholeOf(request), read.bench);
  return checkedOf(seen, read, terms.signedText);
}

/** @throws UsageError */
export function checkedOf(
  seen: Judgement,
  { bench, formats, assumptions }: ReadTerms,
  signedText: string | undefined,
): CheckedRequest {
  const { verdict, scheme, claims, proof } = seen;
  const { canonicalRequest, canonicalSha256 } = verdict;
  const format = formats.find((each) => each.scheme === scheme);
  return {
    steps: stepsOf(seen, bench),
    verdict: verdictOf(seen, scheme),
    proven: proof !== undefined,
    ...(proof !== undefined && { keyId: proof.key.id }),
    ...(scheme !== undefined && { scheme: scheme.name }),
    ...(claims !== undefined && {
      appId: claims.appId,
      signedHeaders: claims.signedHeaders,
      timestamp: claims.timestampSeconds,
    }),
    ...(canonicalRequest !== undefined && { canonicalRequest, canonicalSha256 }),
    ...(signedText !== undefined &&
      canonicalRequest !== undefined &&
      format !== undefined && {
        difference: differenceOf(signedText, canonicalRequest, format.layout),
      }),
    assumptions,
  };
}

function verdictOf({ verdict }: Judgement, scheme: Scheme | undefined): CheckVerdict {
  if (verdict.outcome === "accepted") return { outcome: "accepted" };
  const { outcome, code, status, message, note, keyFingerprints, deadKey } = verdict;
  return {
    outcome,
    code,
    status,
    message,
    ...(note !== undefined && { note }),
    ...(deadKey !== undefined && { deadKey }),
    explanation: explanationOf(code, scheme),
    page: pageOf(code),
    ...(keyFingerprints !== undefined && { keyFingerprints }),
  };
}
