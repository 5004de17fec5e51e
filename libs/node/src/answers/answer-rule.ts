/** What is done with the answers of a route. */
export interface AnswerRule {
  readonly signed: boolean;
  /** The route promises signed answers, so something must verify its requests. */
  readonly demanded: boolean;
  /** Headers to sign beside those that must be, where the answer has them. In lower case. */
  readonly headers: readonly string[];
}
