import { z } from "zod";
import { GivenMoment, Moment } from "../conventions/moment.js";
import { pageOf, PageQuery } from "../conventions/page.js";
import { EVENT_NAMES } from "../events/event-types.js";

export const DELIVERY_STATES = ["waiting", "delivered", "failed"] as const;

export const Endpoint = z.object({
  id: z.string(),
  url: z.string(),
  events: z.array(z.string()),
  active: z.boolean(),
  /** Why the console has switched it off by itself. */
  offReason: z.string().nullable(),
  /** Until when the secret before signs too; null outside of a rotation. */
  oldSecretUntil: Moment.nullable(),
  createdAt: Moment,
  version: z.number(),
});
export type EndpointView = z.output<typeof Endpoint>;
export const EndpointList = z.object({ items: z.array(Endpoint) });

/** A reader of URLs drops blanks at its ends, and the ends of lines anywhere: what was meant is not guessed. */
const Url = z
  .string()
  .max(2000)
  .regex(/^[^\s\p{Cc}]*$/u, "must have no blanks");
const Events = z
  .array(z.enum(EVENT_NAMES))
  .min(1)
  .max(EVENT_NAMES.length)
  .transform((names) => [...new Set(names)]);

export const NewEndpoint = z.strictObject({ url: Url, events: Events });
export const EndpointChange = z
  .strictObject({ url: Url, events: Events, active: z.boolean() })
  .partial();
export const NewlyMade = z.object({ endpoint: Endpoint, secret: z.string() });

export const OVERLAPS = { now: 0, "1h": 1, "24h": 24, "7d": 168 } as const;
export const SecretRotation = z.strictObject({
  overlap: z.enum(["now", "1h", "24h", "7d"]).default("24h"),
});
export const NewSecret = z.object({
  secret: z.string(),
  /** Until when the one before signs too; null where it has ended. */
  oldSecretUntil: Moment.nullable(),
});

export const Delivery = z.object({
  id: z.string(),
  endpointId: z.string(),
  event: z.object({ id: z.string(), type: z.string(), at: Moment }),
  state: z.enum(DELIVERY_STATES),
  tries: z.number(),
  /** The last of them, the oldest first, and those from before it was sent again. */
  tried: z.array(
    z.object({
      at: Moment,
      status: z.number().nullable(),
      error: z.string().nullable(),
      /** Null where nothing was connected to. */
      ms: z.number().nullable(),
    }),
  ),
  nextAt: Moment.nullable(),
  lastStatus: z.number().nullable(),
  lastError: z.string().nullable(),
  lastTriedAt: Moment.nullable(),
  createdAt: Moment,
  doneAt: Moment.nullable(),
});
export type DeliveryView = z.output<typeof Delivery>;
export const DeliveryPage = pageOf(Delivery);
export const DeliveryQuery = PageQuery.extend({ state: z.enum(DELIVERY_STATES).optional() });

export const FailedSince = z.strictObject({ since: GivenMoment });
export const Replayed = z.object({ count: z.number() });
export const EventTypeList = z.object({
  items: z.array(
    z.object({
      type: z.string(),
      description: z.string(),
      example: z.record(z.string(), z.unknown()),
    }),
  ),
});
