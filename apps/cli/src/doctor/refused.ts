import type { Finding } from "./finding.js";
import type { Dose, Patient, Reaction } from "./patient.js";

/** Something that must not get in. */
export interface Attempt {
  readonly name: string;
  readonly sent: string;
  readonly dose: Dose;
  readonly cure: string;
  /** Refusals of those who stand before the application, such as a proxy or a parser. */
  readonly orElse?: readonly number[];
}

/** Sends what must not get in. */
export async function mustBeRefused(patient: Patient, attempt: Attempt): Promise<Finding> {
  const { name, sent, dose, cure, orElse = [] } = attempt;
  const expected =
    orElse.length === 0 ? "401" : `401 (or ${orElse.join(", ")} from whoever stands before it)`;
  const reaction = await patient.give(dose);
  return { name, sent, expected, ...judged(reaction, [401, ...orElse], cure) };
}

/** Sends what must get in: anything but 401 says that the signature was taken. */
export async function mustGetIn(
  patient: Patient,
  { name, sent, dose, cure }: Attempt,
): Promise<Finding> {
  const reaction = await patient.give(dose);
  const { status, words } = reaction;
  const expected = "anything but 401 or a fault of the server";
  if (isBusy(status))
    return { name, sent, expected, seen: words, verdict: "not checked", cure: BUSY };
  const isIn = status >= 200 && status < 500 && status !== 401;
  return isIn
    ? { name, sent, expected, seen: words, verdict: "good" }
    : { name, sent, expected, seen: words, verdict: "bad", cure };
}

const BUSY = "The server is busy or in doubt (503, 429): look at its log, and run this again.";

/** What says nothing of whether the request was taken. */
const isBusy = (status: number): boolean => status === 429 || status === 503;

function judged(
  { status, words }: Reaction,
  good: readonly number[],
  cure: string,
): Pick<Finding, "seen" | "verdict" | "cure"> {
  if (good.includes(status)) return { seen: words, verdict: "good" };
  if (isBusy(status)) return { seen: words, verdict: "not checked", cure: BUSY };
  return { seen: words, verdict: "bad", cure };
}
