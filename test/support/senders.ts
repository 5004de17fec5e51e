import { createHmac } from "node:crypto";
import {
  bodySignature,
  type BodySignatureOptions,
  type Handshake,
} from "@lacre/schemes/body-signature";
import type { AppDefinition, Scheme } from "@lacre/core";
import { send, type WireRequest, type WireResponse } from "./wire.js";

/*
 * What senders send before their messages, as they document it, and `bodySignature` with the options that say so. MACs are
 * made by Node alone.
 */

export const keyOf = (name: string): string => `${name}-secret-0123456789abcdef0123456789`;

export const appOf = (name: string, more: object = {}): AppDefinition => ({
  appId: name,
  apiKey: keyOf(name),
  encoding: "text",
  schemes: [name],
  ...more,
});

export const macOf = (
  name: string,
  text: string,
  encoding: "hex" | "base64" = "hex",
  key = keyOf(name),
): string => createHmac("sha256", key).update(text).digest(encoding);

/** A format with a first contact: the header `x-<name>-signature`, and what is said beside it. */
export const sender = (
  name: string,
  handshake: Handshake | readonly Handshake[] | undefined,
  more: Partial<BodySignatureOptions> = {},
): Scheme =>
  bodySignature({
    name,
    appId: name,
    acknowledgeWeakness: true,
    signatureHeader: `x-${name}-signature`,
    template: "{body}",
    keyEncodings: ["text"],
    ...(handshake !== undefined && { handshake }),
    ...more,
  });

export const WOO: Handshake = { name: "ping", signed: false, form: { webhook_id: "{digits}" } };

export const META_TOKEN = "a verify token of ours";
export const META: Handshake = {
  name: "challenge",
  signed: false,
  method: "GET",
  query: {
    "hub.mode": "subscribe",
    "hub.challenge": "{token}",
    "hub.verify_token": META_TOKEN,
  },
  answer: { text: "{query:hub.challenge}" },
};

export const SLACK: Handshake = {
  name: "url_verification",
  signed: true,
  fields: { type: "url_verification", challenge: "{token}" },
  answer: { text: "{field:challenge}" },
};

export const ZOOM: Handshake = {
  name: "url_validation",
  signed: true,
  fields: { event: "endpoint.url_validation", "payload.plainToken": "{token}" },
  answer: {
    json: {
      plainToken: "{field:payload.plainToken}",
      encryptedToken: "{mac:field:payload.plainToken}",
    },
  },
};

export const LINE: Handshake = { name: "verify", signed: true, fields: { events: [] } };

export const TWITCH: Handshake = {
  name: "webhook_callback_verification",
  signed: true,
  fields: {
    challenge: "{token}",
    "subscription.status": "webhook_callback_verification_pending",
  },
  answer: { text: "{field:challenge}" },
};

/** X asks unsigned, and wants a word signed. */
export const CRC: Handshake = {
  name: "crc",
  signed: false,
  method: "GET",
  query: { crc_token: "{token}" },
  answer: { json: { response_token: "sha256={mac:query:crc_token}" } },
};

export const GRAPH: Handshake = {
  name: "validationToken",
  signed: false,
  query: { validationToken: "{line}" },
  answer: { text: "{query:validationToken}" },
};

export const OKTA: Handshake = {
  name: "verification",
  signed: false,
  method: "GET",
  headers: { "x-okta-verification-challenge": "{token}" },
  answer: { json: { verification: "{header:x-okta-verification-challenge}" } },
};

/** A request to a server of the test, by its parts. */
export const ask = (
  port: number,
  method: string,
  target: string,
  headers: Readonly<Record<string, string>> = {},
  body?: string,
): Promise<WireResponse> => {
  const request: WireRequest = {
    method,
    target,
    headers: [["Host", "hooks.example"], ...Object.entries(headers)],
    ...(body !== undefined && { body: Buffer.from(body) }),
  };
  return send(port, request);
};

export const JSON_TYPE = { "Content-Type": "application/json" };
export const FORM_TYPE = { "Content-Type": "application/x-www-form-urlencoded" };

/** A signed POST of such a format. */
export const post = (
  port: number,
  target: string,
  name: string,
  body: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<WireResponse> =>
  ask(
    port,
    "POST",
    target,
    { ...JSON_TYPE, [`X-${name}-Signature`]: macOf(name, body), ...headers },
    body,
  );
