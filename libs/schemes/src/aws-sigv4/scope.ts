import {
  consistsOf,
  isAppIdText,
  isoSecond,
  LOWER_HEX,
  type MacRecipe,
  parseUtc,
  Refusal,
  type RefusalCode,
} from "@lacre/core/scheme";
import type { Setting } from "./options.js";

/*
 * What both forms of SigV4 share: the scope of a credential, the date, and how the MAC is made.
 */

export const ALGORITHM = "AWS4-HMAC-SHA256";
const TERMINATOR = "aws4_request";
const AMZ_DATE = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/;
const ISO_SECOND = "$1-$2-$3T$4:$5:$6Z";

/** The scope of a credential: day, region, service. */
export const scopeOf = ({ region, service }: Setting, amzDate: string): string =>
  `${amzDate.slice(0, 8)}/${region}/${service}/${TERMINATOR}`;

/**
 * The AppId of a credential whose scope is ours, on the day of the date.
 * @param refuse makes the refusal
 * @throws Refusal `app-id-malformed`, `scope-wrong`
 */
export function readCredential(
  credential: string,
  setting: Setting,
  amzDate: string,
  refuse: (code: RefusalCode, detail?: string) => Refusal,
): string {
  const slash = credential.indexOf("/");
  const appId = credential.slice(0, Math.max(slash, 0));
  if (!isAppIdText(appId)) throw refuse("app-id-malformed");
  const { region, service } = setting;
  if (credential.slice(slash + 1) !== scopeOf(setting, amzDate))
    throw refuse("scope-wrong", `expected date/${region}/${service}/${TERMINATOR}`);
  return appId;
}

/** The signing key is derived along the scope; the string to sign holds the hash of the canonical request. */
export function recipeOf(setting: Setting, amzDate: string): MacRecipe {
  const scope = scopeOf(setting, amzDate);
  return {
    algorithm: "sha256",
    encoding: "hex",
    derivation: { prefix: "AWS4", steps: scope },
    beforeDigest: `${ALGORITHM}\n${amzDate}\n${scope}\n`,
  };
}

export const isSha256Hex = (text: string): boolean =>
  text.length === 64 && consistsOf(text, LOWER_HEX);

/** @throws Refusal `timestamp-malformed` */
export function parseAmzDate(text: string): number {
  const ms = AMZ_DATE.test(text) ? parseUtc(text.replace(AMZ_DATE, ISO_SECOND), isoSecond) : NaN;
  if (Number.isNaN(ms)) throw new Refusal("timestamp-malformed", "x-amz-date");
  return ms / 1000;
}

export function formatAmzDate(seconds: number): string {
  const iso = new Date(seconds * 1000).toISOString(); // 2015-08-30T12:36:00.000Z
  return `${iso.slice(0, 4)}${iso.slice(5, 7)}${iso.slice(8, 13)}${iso.slice(14, 16)}${iso.slice(17, 19)}Z`;
}
