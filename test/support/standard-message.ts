import { createHmac } from "node:crypto";
import type { WireRequest } from "./wire.js";

/** The key of the app "billing". */
export const BILLING_KEY: Buffer = Buffer.from(Array.from({ length: 32 }, (_, i) => 7 * i + 1));

/** The app that sends Standard Webhooks. */
export const BILLING = {
  appId: "billing",
  apiKey: `whsec_${BILLING_KEY.toString("base64")}`,
  encoding: "whsec" as const,
  schemes: ["standard-webhooks"],
};

/** What a message is made of. */
export interface MessageParts {
  readonly id?: string;
  readonly atMs?: number;
  /** Behind `/hooks`. */
  readonly path?: string;
  readonly body?: string;
  readonly key?: Uint8Array;
}

/** A message by the specification of Standard Webhooks, to `/hooks`. */
export function messageOf(
  { port }: { readonly port: number },
  {
    id = "msg_1",
    atMs = Date.now(),
    path = "",
    body = '{"type":"paid"}',
    key = BILLING_KEY,
  }: MessageParts = {},
): WireRequest {
  const time = String(Math.floor(atMs / 1000));
  const mac = createHmac("sha256", key).update(`${id}.${time}.${body}`).digest("base64");
  return {
    method: "POST",
    target: `/hooks${path}`,
    headers: [
      ["Host", `127.0.0.1:${port}`],
      ["Content-Type", "application/json"],
      ["webhook-id", id],
      ["webhook-timestamp", time],
      ["webhook-signature", `v1,${mac}`],
    ],
    body: Buffer.from(body),
  };
}
