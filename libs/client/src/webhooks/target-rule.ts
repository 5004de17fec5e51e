import { lookup as systemLookup, type LookupAddress } from "node:dns";
import { isIP, type LookupFunction, type Socket } from "node:net";
import type { Networks } from "@lacre/core";
import { isPublicAddress } from "./public-address.js";

/** Where messages may be sent. */
export interface TargetRule {
  /** Networks that are not public and may be sent to. */
  readonly allowedNetworks: Networks;
  /** Lets them go without TLS. */
  readonly allowHttp: boolean;
}

/** A target that the rule forbids. Its message may be shown to whoever owns the endpoint. */
export class WebhookTargetError extends Error {
  override readonly name = "WebhookTargetError";

  /**
   * @param isForbidden whether another rule would allow it
   * @param detail what is for the log alone: it tells of names and addresses
   */
  constructor(
    message: string,
    readonly isForbidden = false,
    readonly detail?: string,
  ) {
    super(message);
  }
}

/** The same whether there is no such name or it is a private one: else whoever adds endpoints could ask for names. */
const nowhere = (detail: string): WebhookTargetError =>
  new WebhookTargetError("The host of the URL has no address that is public.", true, detail);

const notAllowed = (address: string): string => `${address} is not public, nor in allowedNetworks`;

const mayBeSentTo = (address: string, { allowedNetworks }: TargetRule): boolean =>
  isPublicAddress(address) || allowedNetworks.has(address);

/**
 * Reads the URL of a target. What its name will mean when it is connected to, `guardedLookup` judges.
 * @throws WebhookTargetError
 */
export function readTarget(text: string, rule: TargetRule): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol))
    throw new WebhookTargetError("The URL must be an absolute https URL.");
  if (url.protocol === "http:" && !rule.allowHttp)
    throw new WebhookTargetError(
      "The URL must begin with https.",
      true,
      "without allowHttp: true, no URL may be without TLS",
    );
  if (url.username !== "" || url.password !== "")
    throw new WebhookTargetError("The URL must not hold a user or a password.");
  if (url.hash !== "") throw new WebhookTargetError("The URL must not have a fragment.");
  const host = url.hostname.replace(/^\[|\]$/g, ""); // as a socket takes it
  if (isIP(host) !== 0 && !mayBeSentTo(host, rule))
    throw new WebhookTargetError(
      `The address ${host} is not one of the public internet.`,
      true,
      notAllowed(host),
    );
  return url;
}

/**
 * A look-up for sockets: what comes out of it is what is connected to, so that a name cannot mean one address when it is
 * judged and another one when it is used. One forbidden address among allowed ones refuses all.
 */
export function guardedLookup(rule: TargetRule, lookup: LookupFunction = systemLookup) {
  const guarded: LookupFunction = (name, options, done) => {
    lookup(name, { ...options, all: true }, (error, found) => {
      if (error !== null) return done(nowhere(error.message), "", 0);
      const addresses = (typeof found === "string" ? [] : found) as LookupAddress[];
      if (addresses.length === 0 || !addresses.every((a) => mayBeSentTo(a.address, rule))) {
        const told = addresses.map(({ address }) => address).join(", ") || "nothing";
        return done(nowhere(`${name} is ${told}: not public, nor in allowedNetworks`), "", 0);
      }
      if (options.all === true) return done(null, addresses);
      const [{ address, family } = { address: "", family: 0 }] = addresses;
      return done(null, address, family);
    });
  };
  return guarded;
}

/** Once more on what is really connected to: a host that is an address is never looked up. */
export function guardSocket(socket: Socket, rule: TargetRule): void {
  socket.once("connect", () => {
    const address = socket.remoteAddress ?? "";
    if (!mayBeSentTo(address, rule)) socket.destroy(nowhere(notAllowed(address)));
  });
}
