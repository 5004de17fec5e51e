import type { ProblemCode } from "../../../src/problems/problem.js";

/** An answer that is no success, or that no answer came (`unreachable`). */
export class ApiError extends Error {
  override readonly name = "ApiError";
  constructor(
    readonly code: ProblemCode | "unreachable",
    readonly status: number,
    /** What the console says about it, in English. */
    readonly detail: string | undefined,
    /** What is wrong with which part of what was sent. */
    readonly faults: readonly { readonly at: string; readonly problem: string }[],
    readonly retryAfterSeconds: number | undefined,
  ) {
    super(detail ?? code);
  }

  static async of(response: Response): Promise<ApiError> {
    const problem = (await response.json().catch(() => ({}))) as {
      code?: ProblemCode;
      detail?: string;
      faults?: { at: string; problem: string }[];
    };
    const wait = Number(response.headers.get("retry-after") ?? Number.NaN);
    return new ApiError(
      problem.code ?? "internal",
      response.status,
      problem.detail,
      problem.faults ?? [],
      Number.isFinite(wait) ? wait : undefined,
    );
  }

  /** The console has looked at it and said no: asked again, it says the same. */
  get isJudged(): boolean {
    return this.status >= 400 && this.status < 500 && this.status !== 429;
  }
}
