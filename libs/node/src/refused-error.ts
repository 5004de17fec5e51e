import type { RefusalAnswer } from "./answers/refusal-answers.js";

/**
 * A refused request as an error: what readers of its content are told, and what Express and Fastify answer with. It says
 * no more than the answer does; why the request was refused is in `answer.refusal`, for the server's own eyes.
 */
export class RefusedError extends Error {
  override readonly name = "RefusedError";
  readonly statusCode: RefusalAnswer["status"];
  readonly #answer: RefusalAnswer;

  constructor(answer: RefusalAnswer) {
    super(answer.body.message);
    this.statusCode = answer.status;
    this.#answer = answer;
    this.stack = `${this.name}: ${this.message}`; // Express shows the stack to callers
  }

  /** Status, headers and body, and why. */
  get answer(): RefusalAnswer {
    return this.#answer;
  }
}
