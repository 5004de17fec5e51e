import type { CheckedRequest, ExplainedRequest } from "lacre/explain";
import { z } from "zod";
import { plain, plainCauses } from "./plain-words.js";

const CauseShape = z.object({
  id: z.string(),
  sentence: z.string(),
  cure: z.string(),
  /** Who can mend it, the likeliest first. */
  concerns: z.array(z.string()),
});

export const ExplainAnswer = z.object({
  outcome: z.enum(["accepted", "refused"]),
  code: z.string().optional(),
  steps: z.array(
    z.object({
      step: z.number(),
      name: z.string(),
      outcome: z.enum(["passed", "failed", "not-reached", "not-checked"]),
      detail: z.string().nullable(),
    }),
  ),
  who: z.object({
    appId: z.string().nullable(),
    keyId: z.string().nullable(),
    scheme: z.string().nullable(),
    proven: z.boolean(),
    /** Unix seconds, as signed. */
    timestamp: z.number().nullable(),
  }),
  canonicalRequest: z.string().nullable(),
  causes: z.array(CauseShape),
  /** For the caller's developer. */
  note: z.string(),
  /** What nobody has said of the server, and how it was taken. */
  assumptions: z.array(z.string()),
  /** False where finding causes took too long. */
  whole: z.boolean(),
});
export type ExplainAnswer = z.output<typeof ExplainAnswer>;
export const CauseList = z.array(CauseShape);

/**
 * What people are told. Whoever pastes a request may have pasted a key: no secret of the app is in it, whatever was sent.
 * @param explained undefined where there was no time to find causes
 */
export function answerOf(
  checked: CheckedRequest,
  explained: ExplainedRequest | undefined,
  secrets: readonly string[],
): ExplainAnswer {
  const { steps, verdict, appId, keyId, scheme, proven, timestamp, canonicalRequest } = checked;
  const answer: ExplainAnswer = {
    outcome: verdict.outcome,
    ...(verdict.outcome === "refused" && { code: verdict.code }),
    steps: steps.map(({ detail, ...step }) => ({ ...step, detail: detail ?? null })),
    who: {
      appId: appId ?? null,
      keyId: keyId ?? null,
      scheme: scheme ?? null,
      proven,
      timestamp: timestamp ?? null,
    },
    canonicalRequest: canonicalRequest ?? null,
    causes: explained === undefined ? [] : causesIn(explained),
    note: explained?.note ?? "",
    assumptions: [...checked.assumptions],
    whole: explained !== undefined,
  };
  return without(answer, secrets.flatMap(formsOf));
}

function causesIn({ checked, causes, likely }: ExplainedRequest): ExplainAnswer["causes"] {
  if (causes.length > 0)
    return causes.map(({ id, says, cure, concerns }) => ({
      ...{ id, sentence: plain(says), cure: plain(cure), concerns: [...concerns] },
    }));
  if (likely === undefined) return [];
  const { verdict } = checked;
  const isDead = verdict.outcome === "refused" && verdict.deadKey !== undefined;
  const told = plainCauses(likely, !isDead);
  const [cure = ""] = told.cures;
  const id = isDead ? "dead-key" : likely.code;
  return told.causes.map((sentence) => ({ id, sentence, cure, concerns: [] }));
}

/** So much of its beginning or its end is enough: a text may be cut off where it is long. */
const TELLING = 12;

/** How a key may be written, in capitals or not. */
function formsOf(apiKey: string): RegExp[] {
  const bare = apiKey.replace(/^(?:lk1_|whsec_)/, "");
  const bytes = [Buffer.from(bare, "base64"), Buffer.from(bare, "hex"), Buffer.from(apiKey)];
  const encoded = (["base64", "base64url", "hex"] as const).flatMap((encoding) =>
    bytes.map((each) => each.toString(encoding).replace(/=+$/, "")),
  );
  return [bare, ...encoded]
    .flatMap((form) => [form, encodeURIComponent(form)])
    .filter((form) => form.length >= 8)
    .map((form) => {
      const [begin, end] = [form.slice(0, TELLING), form.slice(-TELLING)].map(literally);
      return new RegExp(`${begin}[\\w%+/=~-]*|${end}`, "gi");
    });
}

const literally = (text: string): string => text.replaceAll(/\W/g, String.raw`\$&`);

function without<Value>(value: Value, forms: readonly RegExp[]): Value {
  if (typeof value === "string")
    return forms.reduce<string>((text, form) => text.replaceAll(form, "[key]"), value) as Value;
  if (Array.isArray(value)) return value.map((each) => without(each as unknown, forms)) as Value;
  if (typeof value === "object" && value !== null)
    return Object.fromEntries(
      Object.entries(value).map(([name, each]) => [name, without(each as unknown, forms)]),
    ) as Value;
  return value;
}
