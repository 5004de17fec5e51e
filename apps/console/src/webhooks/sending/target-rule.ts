import { lookup as systemLookup, type LookupAddress } from "node:dns";
import { isIP, type LookupFunction } from "node:net";
import { isPublicAddress } from "./address-rule.js";

/** Where messages may be sent. */
export interface TargetRule {
  /** Lets them go to private addresses, and without TLS. */
  readonly allowPrivate: boolean;
}

/** The cure, for whoever runs the console. */
const UNLESS = " For a network of its own the console has CONSOLE_WEBHOOKS_PRIVATE=allow.";

/** A target that the rule forbids. */
export class TargetRefused extends Error {
  override readonly name = "TargetRefused";
  /** @param detail what is for the log alone */
  constructor(
    message: string,
    readonly detail?: string,
  ) {
    super(message);
  }
}

/** The same whether there is no such name or it is a private one: else whoever adds endpoints could ask for names. */
const nowhere = (detail: string): TargetRefused =>
  new TargetRefused("The host of the URL has no address that is public.", detail);

/**
 * Reads the URL of a target. What its name will mean when it is connected to, `guardedLookup` judges.
 * @throws TargetRefused
 */
export function readTarget(text: string, { allowPrivate }: TargetRule): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol))
    throw new TargetRefused("The URL must be an absolute https URL.");
  if (url.protocol === "http:" && !allowPrivate)
    throw new TargetRefused(`The URL must begin with https.${UNLESS}`);
  if (url.username !== "" || url.password !== "")
    throw new TargetRefused("The URL must not hold a user or a password.");
  if (url.hash !== "") throw new TargetRefused("The URL must not have a fragment.");
  const host = hostOf(url);
  if (!allowPrivate && isIP(host) !== 0 && !isPublicAddress(host))
    throw new TargetRefused(`The address ${host} is not one of the public internet.${UNLESS}`);
  return url;
}

/** As a socket takes it: an IPv6 address without brackets. */
const hostOf = ({ hostname }: URL): string => hostname.replace(/^\[|\]$/g, "");

/** Judges what is really connected to. @throws TargetRefused */
export function refusePrivate(address: string): void {
  if (!isPublicAddress(address)) throw nowhere(`${address} is not public`);
}

/**
 * A look-up for sockets: what comes out of it is what is connected to, so that a name cannot mean one address when it is
 * judged and another one when it is used. One private address among public ones refuses all.
 */
export function guardedLookup(
  { allowPrivate }: TargetRule,
  lookup: LookupFunction = systemLookup,
): LookupFunction {
  if (allowPrivate) return lookup;
  return (name, options, done) => {
    lookup(name, { ...options, all: true }, (error, found) => {
      if (error !== null) return done(nowhere(error.message), "", 0);
      const addresses = (typeof found === "string" ? [] : found) as LookupAddress[];
      const isPublic = addresses.length > 0 && addresses.every((a) => isPublicAddress(a.address));
      if (!isPublic) {
        const told = addresses.map(({ address }) => address).join(", ") || "nothing";
        return done(nowhere(`${name} is ${told}: not public`), "", 0);
      }
      if (options.all === true) return done(null, addresses);
      const [{ address, family } = { address: "", family: 0 }] = addresses;
      return done(null, address, family);
    });
  };
}
