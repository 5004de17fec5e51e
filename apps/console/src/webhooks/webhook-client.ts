import { WebhookClient } from "@lacre/client/webhooks";
import type { Clock } from "@lacre/core";
import { standardWebhooks } from "@lacre/schemes/standard-webhooks";
import type { ConsoleSettings } from "../start/settings.js";

const APP_ID = "lacre-console";
const scheme = standardWebhooks({ appId: APP_ID });

/** The cure, for whoever runs the console. */
export const UNLESS = " For a network of its own the console has CONSOLE_WEBHOOKS_PRIVATE=allow.";

/** What sends, and judges where to, as the console's settings say. Nothing is kept of an answer but its status. */
export function webhookClient({ privateWebhooks }: ConsoleSettings, clock: Clock): WebhookClient {
  const isAllowed = privateWebhooks === true;
  return new WebhookClient({
    scheme,
    appId: APP_ID,
    clock,
    allowHttp: isAllowed,
    allowedNetworks: isAllowed ? ["0.0.0.0/0", "::/0"] : [],
    keptAnswerBytes: 0,
  });
}
