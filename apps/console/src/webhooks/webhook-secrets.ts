import { randomBytes } from "node:crypto";
import { Inject, Injectable } from "@nestjs/common";
import { sealSecret, type SealedSecret } from "@lacre/stores/console";
import { SETTINGS, type ConsoleSettings } from "../start/settings.js";
import { openRecord } from "../vault/open-record.js";

const contextOf = (endpointId: string): string => `webhook:${endpointId}`;

/** What signs messages to an endpoint: made here, shown once, and kept sealed. */
@Injectable()
export class WebhookSecrets {
  constructor(@Inject(SETTINGS) private readonly settings: ConsoleSettings) {}

  /** A new one, as its holder is shown it, and as it is kept. */
  async make(
    endpointId: string,
  ): Promise<{ readonly secret: string; readonly sealed: SealedSecret }> {
    const secret = `whsec_${randomBytes(32).toString("base64")}`;
    const { wrapper } = this.settings;
    return {
      secret,
      sealed: await sealSecret(Buffer.from(secret), contextOf(endpointId), wrapper),
    };
  }

  /** @throws Problem `unavailable` */
  async open(endpointId: string, sealed: SealedSecret): Promise<string> {
    const { wrapper } = this.settings;
    const bytes = await openRecord(sealed, contextOf(endpointId), wrapper, "The webhook's secret");
    return Buffer.from(bytes).toString();
  }
}
