import {
  ConfigurationError,
  count,
  custom,
  milliseconds,
  oneOf,
  text,
  type OptionsOf,
} from "@lacre/core";
import type { DeliveryQuery, DeliveryState } from "./webhook-queue.js";

const ID = /^[\x21-\x7e]{1,128}$/;
const STATES: readonly DeliveryState[] = ["waiting", "delivered", "failed"];
const ENDPOINT_ID = text({
  pattern: ID,
  as: "1 to 128 printable characters without blanks",
  example: "acme",
});

/** @throws RangeError */
export function checkId(id: string, of: string): void {
  if (typeof id !== "string" || !ID.test(id))
    throw new RangeError(
      `the id of the ${of} must be 1 to 128 printable characters without blanks`,
    );
}

/** What may be said of a message. */
export const SEND_OPTIONS = {
  /**
   * The id of the message; drawn unless given. With the id of something of yours it is sent once to an endpoint, however
   * often you say so.
   */
  id: custom(readId, { example: '"order-7-paid"' }),
  /** `application/json` unless given. */
  contentType: text({
    pattern: /^[\x21-\x7e][\x20-\x7e]{0,199}$/,
    as: "a media type, of 1 to 200 printable characters",
    example: "application/json",
    default: "application/json",
  }),
  /** Handed on to the queue: with PostgreSQL the client whose transaction the message is to be part of. */
  transaction: custom((transaction: unknown) => transaction, { example: "client" }),
};

/** What may be said of a message. */
export interface SendTerms extends OptionsOf<typeof SEND_OPTIONS> {}

/** Which deliveries are listed. */
export const LIST_OPTIONS = {
  endpointId: ENDPOINT_ID,
  state: oneOf(STATES, {}),
  limit: count({ from: 1, to: 1000, default: 100 }),
  after: custom(readPlace, { example: "the last delivery of the page before" }),
};

/** Which deliveries are sent again. */
export const REPLAY_OPTIONS = {
  endpointId: ENDPOINT_ID,
  sinceMs: milliseconds({ from: 0, required: true }),
};

function readId(id: string): string {
  checkId(id, "message");
  return id;
}

type Place = NonNullable<DeliveryQuery["after"]>;

function readPlace(after: Place, at: string): Place {
  const { createdAtMs, id } = (after as Partial<Place> | null) ?? {};
  if (Number.isSafeInteger(createdAtMs) && typeof id === "string") return after;
  throw new ConfigurationError(at, "must be a delivery.", "Give the last one of the page before.");
}
