import { HttpException } from "@nestjs/common";
import type { Refusal } from "@lacre/core";
import type { RefusalAnswer } from "@lacre/node";

/**
 * A refused request on its way to Nest's exception filters. Every refusal of one status has the same body; why it
 * was refused is in `refusal`, for filters and logs of the server.
 */
export class HmacException extends HttpException {
  readonly refusal: Refusal;
  /** By which the log knows the refusal. */
  readonly requestId: string;

  constructor({ status, body, refusal, requestId }: RefusalAnswer) {
    super({ ...body }, status);
    this.refusal = refusal;
    this.requestId = requestId;
    // Apollo shows the stack to callers while NODE_ENV is not "production".
    this.stack = `${HmacException.name}: ${this.message}`;
  }
}
