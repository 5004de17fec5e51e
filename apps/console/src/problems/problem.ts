/** What may go wrong, for programs: stable words, each with its status and a title for people. */
export const PROBLEMS = {
  "not-found": [404, "There is nothing here"],
  "method-not-allowed": [405, "This method is not allowed here"],
  "invalid-input": [400, "Some of what was sent cannot be used"],
  "not-signed-in": [401, "Sign in first"],
  "sign-in-failed": [401, "Wrong user, password or code, or the user is not active"],
  "slow-down": [429, "Too many tries"],
  "not-allowed": [403, "Your role does not allow this"],
  "not-own-page": [403, "A browser must send this from the console's own page"],
  conflict: [409, "This is in the way of something else"],
  "rotation-open": [409, "A rotation is still open"],
  "changed-meanwhile": [412, "Somebody else has changed it meanwhile"],
  "version-missing": [428, "Say which version you have seen"],
  "too-large": [413, "This is too large"],
  "unsupported-media-type": [415, "This kind of content is not read here"],
  unavailable: [503, "Not available at the moment"],
  internal: [500, "Something went wrong here"],
} as const satisfies Readonly<Record<string, readonly [number, string]>>;

export type ProblemCode = keyof typeof PROBLEMS;

export interface ProblemMore {
  /** What is wrong this time, and what to do about it. */
  readonly detail?: string;
  /** Of `invalid-input`: what is wrong where. */
  readonly faults?: readonly { readonly at: string; readonly problem: string }[];
  readonly retryAfterSeconds?: number;
}

/** An answer that is no success, as application/problem+json. RFC 9457 */
export class Problem extends Error {
  override readonly name = "Problem";
  constructor(
    readonly code: ProblemCode,
    readonly more: ProblemMore = {},
  ) {
    super(more.detail ?? PROBLEMS[code][1]);
  }

  get status(): number {
    return PROBLEMS[this.code][0];
  }

  toJSON(): object {
    const [status, title] = PROBLEMS[this.code];
    const { detail, faults } = this.more;
    return { type: `about:blank#${this.code}`, code: this.code, title, status, detail, faults };
  }
}
