import type { Clock, Scheme } from "@lacre/core";
import { adyen } from "@lacre/schemes/adyen";
import { bitbucket } from "@lacre/schemes/bitbucket";
import { box } from "@lacre/schemes/box";
import { calendly } from "@lacre/schemes/calendly";
import { docusign } from "@lacre/schemes/docusign";
import { github } from "@lacre/schemes/github";
import { gitlab } from "@lacre/schemes/gitlab";
import { hubspot } from "@lacre/schemes/hubspot";
import { intercom } from "@lacre/schemes/intercom";
import { line } from "@lacre/schemes/line";
import { linear } from "@lacre/schemes/linear";
import { mailgun } from "@lacre/schemes/mailgun";
import { mercadoPago } from "@lacre/schemes/mercado-pago";
import { meta } from "@lacre/schemes/meta";
import { mux } from "@lacre/schemes/mux";
import { notion } from "@lacre/schemes/notion";
import { paddle } from "@lacre/schemes/paddle";
import { razorpay } from "@lacre/schemes/razorpay";
import { shopify } from "@lacre/schemes/shopify";
import { slack } from "@lacre/schemes/slack";
import { square } from "@lacre/schemes/square";
import { stripe } from "@lacre/schemes/stripe";
import { svix } from "@lacre/schemes/svix";
import { twilio } from "@lacre/schemes/twilio";
import { twitch } from "@lacre/schemes/twitch";
import { typeform } from "@lacre/schemes/typeform";
import { woocommerce } from "@lacre/schemes/woocommerce";
import { workos } from "@lacre/schemes/workos";
import { zendesk } from "@lacre/schemes/zendesk";
import { zoom } from "@lacre/schemes/zoom";
import type { SenderName } from "./scheme-names.js";
import type { SchemeTerms } from "./scheme-terms.js";

/** Who sends, and what time it is. */
interface World {
  readonly appId: string | undefined;
  readonly clock: Clock;
}

/** A preset of a sender, as this program speaks it. */
export interface SenderPreset {
  readonly make: (terms: SchemeTerms, world: World) => Scheme;
  /** What it signs, where that is the content with a time or an id. */
  readonly template?: string;
  /** How it writes the time in that text; `seconds` unless given. */
  readonly timestampFormat?: string;
  /** The header by which a request shows it, where no other preset has the same. */
  readonly header?: string;
}

const WHO = ["appIdHeader", "appIdPath"];

function preset(
  make: (options: never) => Scheme,
  shown: Omit<SenderPreset, "make">,
  hasClock: boolean,
): SenderPreset {
  return {
    ...shown,
    make: (terms, { appId, clock }) =>
      make({
        ...(!WHO.some((option) => terms[option] !== undefined) && { appId }),
        ...(hasClock && { clock }),
        acknowledgeWeakness: true,
        ...terms,
      } as never),
  };
}

/** One that signs no time, but the content where nothing else is said. */
const timeless = (
  make: (options: never) => Scheme,
  header?: string,
  template = "{body}",
): SenderPreset => preset(make, { template, ...(header !== undefined && { header }) }, true);

/** One that signs a time. */
const timed = (
  make: (options: never) => Scheme,
  header?: string,
  template?: string,
  timestampFormat?: string,
): SenderPreset =>
  preset(
    make,
    {
      ...(template !== undefined && { template }),
      ...(timestampFormat !== undefined && { timestampFormat }),
      ...(header !== undefined && { header }),
    },
    false,
  );

/** The presets of senders, by the names of their schemes. */
export const SENDERS: Readonly<Record<SenderName, SenderPreset>> = {
  adyen: preset(adyen, { header: "hmacsignature" }, true),
  bitbucket: timeless(bitbucket),
  box: timed(box, "box-delivery-timestamp", "{body}{timestamp}", "iso"),
  calendly: timed(calendly, "calendly-webhook-signature", "{timestamp}.{body}"),
  docusign: timeless(docusign, "x-docusign-signature-1"),
  github: timeless(github, "x-hub-signature-256"), // Meta's, too
  gitlab: timed(gitlab, undefined, "{id}.{timestamp}.{body}"),
  hubspot: timed(
    hubspot,
    "x-hubspot-signature-v3",
    "{method}{url}{body}{timestamp}",
    "milliseconds",
  ),
  intercom: timeless(intercom),
  line: timeless(line, "x-line-signature"),
  linear: timed(linear, "linear-signature", "{body}"),
  mailgun: timed(mailgun),
  "mercado-pago": timed(mercadoPago),
  meta: timeless(meta),
  mux: timed(mux, "mux-signature", "{timestamp}.{body}"),
  notion: timeless(notion, "x-notion-signature"),
  paddle: timed(paddle, "paddle-signature", "{timestamp}:{body}"),
  razorpay: timeless(razorpay, "x-razorpay-signature"),
  shopify: timeless(shopify, "x-shopify-hmac-sha256"),
  slack: timed(slack, "x-slack-signature", "v0:{timestamp}:{body}"),
  square: timeless(square, "x-square-hmacsha256-signature", "{url}{body}"),
  stripe: timed(stripe, "stripe-signature", "{timestamp}.{body}"),
  svix: timed(svix, undefined, "{id}.{timestamp}.{body}"),
  twilio: preset(twilio, { header: "x-twilio-signature" }, true),
  twitch: timed(twitch, "twitch-eventsub-message-signature", "{id}{timestamp}{body}", "iso"),
  typeform: timeless(typeform, "typeform-signature"),
  woocommerce: timeless(woocommerce, "x-wc-webhook-signature"),
  workos: timed(workos, "workos-signature", "{timestamp}.{body}", "milliseconds"),
  zendesk: timed(zendesk, "x-zendesk-webhook-signature", "{timestamp}{body}", "iso"),
  zoom: timed(zoom, "x-zm-signature", "v0:{timestamp}:{body}"),
};
