import { HttpException } from "@nestjs/common";
import type { Refusal } from "@lacre/core";

const MESSAGES = {
  401: "Unauthorized",
  403: "Forbidden",
  413: "Payload Too Large",
  503: "Service Unavailable",
} as const;

/** What a caller is told beyond the status, where `diagnostics: "respond"` was asked for. */
export interface Diagnostics {
  readonly code: string;
  readonly detail: string;
  readonly canonicalRequest?: string;
}

/**
 * A refused request on its way to Nest's exception filters. Every refusal of one status has the same body; why it
 * was refused is in `refusal`, for filters and logs of the server.
 */
export class HmacException extends HttpException {
  constructor(
    readonly refusal: Refusal,
    readonly requestId: string,
    diagnostics?: Diagnostics,
  ) {
    const { status } = refusal;
    super({ statusCode: status, message: MESSAGES[status], ...diagnostics }, status);
    // Only where something reads `code`: stack traces of 401s help nobody and cost time.
    this.stack = `${HmacException.name}: ${refusal.message}`;
  }
}
