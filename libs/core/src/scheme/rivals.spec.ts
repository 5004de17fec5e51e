import { describe, expect, it } from "@jest/globals";
import { rivalsAmong } from "./rivals.js";
import { acquia2 } from "@lacre/schemes/acquia2";
import { aspnetHmac } from "@lacre/schemes/aspnet";
import { awsSigV4 } from "@lacre/schemes/aws-sigv4";
import { azureHmac } from "@lacre/schemes/azure-hmac";
import { azureSharedKey } from "@lacre/schemes/azure-shared-key";
import { github } from "@lacre/schemes/github";
import { slack } from "@lacre/schemes/slack";
import { standardWebhooks } from "@lacre/schemes/standard-webhooks";
import { stripe } from "@lacre/schemes/stripe";
import { timestampBody } from "@lacre/schemes/timestamp-body";
import { hawk } from "@lacre/schemes/hawk";
import { lacre1 } from "../lacre1/lacre1.js";
import { rfc9421 } from "@lacre/schemes/rfc9421";
import type { Scheme } from "./scheme.js";
import { sharedKey } from "@lacre/schemes/shared-key";

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
