// Lacre's own schemes, each with a key and with what makes a request of it unique.
import { randomBytes } from "node:crypto";
import { generateApiKey, lacre1 } from "@lacre/core";
import { acquia2 } from "@lacre/schemes/acquia2";
import { aspnetHmac } from "@lacre/schemes/aspnet";
import { awsSigV4 } from "@lacre/schemes/aws-sigv4";
import { azureHmac } from "@lacre/schemes/azure-hmac";
import { azureSharedKey } from "@lacre/schemes/azure-shared-key";
import { bodySignature } from "@lacre/schemes/body-signature";
import { github } from "@lacre/schemes/github";
import { hawk } from "@lacre/schemes/hawk";
import { rfc9421 } from "@lacre/schemes/rfc9421";
import { sharedKey } from "@lacre/schemes/shared-key";
import { slack } from "@lacre/schemes/slack";
import { standardWebhooks } from "@lacre/schemes/standard-webhooks";
import { stripe } from "@lacre/schemes/stripe";
import { timestampBody } from "@lacre/schemes/timestamp-body";

export const REGION = "eu-central-1";
export const SERVICE = "execute-api";

const text = () => ({ encoding: "text", apiKey: randomBytes(30).toString("base64") });
const base64 = (bytes = 32) => ({
  encoding: "base64",
  apiKey: randomBytes(bytes).toString("base64"),
});
const known = { acknowledgeWeakness: true };
// What signs no nonce is unique by its target, or by its content where the target is not signed.
const byTarget = { own: { ownTarget: true } };
const byContent = { own: { ownContent: true }, methods: ["POST"] };

export const SCHEMES = {
  lacre1: { scheme: lacre1, encoding: "lk1", apiKey: generateApiKey() },
  rfc9421: { scheme: rfc9421(), ...text() },
  "aws-sigv4": { scheme: awsSigV4({ region: REGION, service: SERVICE }), ...text(), ...byTarget },
  acquia2: { scheme: acquia2({ realm: "orders" }), ...base64() },
  hawk: { scheme: hawk(), ...text() },
  "azure-hmac": { scheme: azureHmac(known), ...base64(), ...byTarget },
  "azure-shared-key": { scheme: azureSharedKey(known), ...base64(64), ...byTarget },
  "aspnet-hmac": { scheme: aspnetHmac({ ...known, mixedCaseTargets: true }), ...base64() },
  "shared-key": { scheme: sharedKey(known), ...text(), ...byTarget, methods: ["GET"] },
  "timestamp-body": {
    scheme: timestampBody({ ...known, appId: "orders" }),
    ...text(),
    ...byContent,
  },
  "standard-webhooks": {
    scheme: standardWebhooks({ appId: "orders" }),
    encoding: "whsec",
    apiKey: `whsec_${randomBytes(32).toString("base64")}`,
    ...byContent,
  },
  stripe: { scheme: stripe({ appId: "orders" }), ...text(), ...byContent },
  slack: { scheme: slack({ appId: "orders" }), ...text(), ...byContent },
  github: { scheme: github({ ...known, appId: "orders" }), ...text(), ...byContent },
  "body-signature": {
    scheme: bodySignature({
      ...known,
      name: "own",
      appId: "orders",
      signatureHeader: "x-signature",
      timestampHeader: "x-time",
      template: "{timestamp}.{body}",
    }),
    ...text(),
    ...byContent,
  },
};
