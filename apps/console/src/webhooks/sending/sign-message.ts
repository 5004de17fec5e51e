import { Signer } from "@lacre/core";
import { standardWebhooks } from "@lacre/schemes/standard-webhooks";

const APP_ID = "lacre-console";
const SIGNATURE = "webhook-signature";
const scheme = standardWebhooks({ appId: APP_ID });

/** A message to be told to somebody. */
export interface Message {
  /** Stays the same however often it is sent. */
  readonly id: string;
  /** The exact bytes. */
  readonly content: Uint8Array;
}

/**
 * The headers of Standard Webhooks, signed now.
 * @param secrets `whsec_…`; with several, such as during a rotation, each signs
 */
export function signMessage(
  { id, content }: Message,
  url: URL,
  secrets: readonly string[],
  nowMs: number,
): Record<string, string> {
  const signed = secrets.map((apiKey) => {
    const signer = new Signer({ appId: APP_ID, apiKey, encoding: "whsec", scheme });
    const { headers } = signer.sign(
      { method: "POST", url, headers: [["webhook-id", id]], content },
      nowMs,
    );
    return Object.fromEntries(headers);
  });
  return { ...signed[0], [SIGNATURE]: signed.map((each) => each[SIGNATURE]).join(" ") };
}
