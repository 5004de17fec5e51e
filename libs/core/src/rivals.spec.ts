import { describe, expect, it } from "@jest/globals";
import { rivalsAmong } from "./rivals.js";
import { acquia2 } from "./schemes/acquia2.js";
import { aspnetHmac } from "./schemes/aspnet/aspnet-hmac.js";
import { awsSigV4 } from "./schemes/aws-sigv4/aws-sigv4.js";
import { azureHmac } from "./schemes/azure-hmac.js";
import { azureSharedKey } from "./schemes/azure-shared-key.js";
import { github } from "./schemes/body-signature/github.js";
import { slack } from "./schemes/body-signature/slack.js";
import { standardWebhooks } from "./schemes/body-signature/standard-webhooks.js";
import { stripe } from "./schemes/body-signature/stripe.js";
import { timestampBody } from "./schemes/body-signature/timestamp-body.js";
import { hawk } from "./schemes/hawk/hawk.js";
import { lacre1 } from "./schemes/lacre1/lacre1.js";
import { rfc9421 } from "./schemes/rfc9421/rfc9421.js";
import type { Scheme } from "./schemes/scheme.js";
import { sharedKey } from "./schemes/shared-key.js";

const appId = "sender";
const MAKERS: Record<string, (name?: string) => Scheme> = {
  acquia2: (name) => acquia2({ realm: "r", ...(name !== undefined && { name }) }),
  aspnet: (name) => aspnetHmac(name === undefined ? {} : { name }),
  aws: (name) => awsSigV4({ region: "r", service: "s", ...(name !== undefined && { name }) }),
  azureHmac: (name) => azureHmac(name === undefined ? {} : { name }),
  azureSharedKey: (name) => azureSharedKey(name === undefined ? {} : { name }),
  github: (name) => github({ appId, ...(name !== undefined && { name }) }),
  hawk: (name) => hawk(name === undefined ? {} : { name }),
  rfc9421: (name) => rfc9421(name === undefined ? {} : { name }),
  sharedKey: (name) => sharedKey(name === undefined ? {} : { name }),
  slack: (name) => slack({ appId, ...(name !== undefined && { name }) }),
  standardWebhooks: (name) => standardWebhooks({ appId, ...(name !== undefined && { name }) }),
  stripe: (name) => stripe({ appId, ...(name !== undefined && { name }) }),
  timestampBody: (name) => timestampBody({ appId, ...(name !== undefined && { name }) }),
};

describe("rivalsAmong", () => {
  it("finds none among the schemes of this package, each enabled once", () => {
    expect(rivalsAmong([lacre1, ...Object.values(MAKERS).map((make) => make())])).toBeUndefined();
    expect(rivalsAmong([])).toBeUndefined();
  });

  it.each(Object.keys(MAKERS))("finds %s twice", (maker) => {
    const make = MAKERS[maker] as (name?: string) => Scheme;
    const [one, other] = [make(), make("other")];
    expect(rivalsAmong([lacre1, one, other])).toEqual([one, other]);
  });
});
