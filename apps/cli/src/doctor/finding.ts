import type { Patient } from "./patient.js";

/** What one check came to. */
export interface Finding {
  readonly name: string;
  /** In words. */
  readonly sent: string;
  readonly expected: string;
  readonly seen: string;
  /** A `hint` is no fault; what is `not checked` is neither. */
  readonly verdict: "good" | "bad" | "hint" | "not checked";
  /** What to do about it. */
  readonly cure?: string;
}

/** One thing that is looked at from outside, without knowing how the server is made. */
export type Check = (patient: Patient) => Promise<readonly Finding[]>;
