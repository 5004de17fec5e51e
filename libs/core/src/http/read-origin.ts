import { ConfigurationError } from "../errors.js";
import { isHost, withoutDefaultPort, type Origin, type UrlScheme } from "./host.js";

/** One entry of `origins`: an origin, or all whose host has one label more. */
export interface OriginEntry extends Origin {
  /** Whether `authority` is what stands behind one label: `.example.com:8443`. */
  readonly isWildcard: boolean;
}

/** What to write as `origins`. */
export const ORIGINS_CURE =
  'List what callers write before the path, for example origins: ["https://api.example.com"], or say "*" to take any host.';

/**
 * Reads one entry of `origins`.
 * @throws ConfigurationError
 */
export function readOrigin(text: unknown, option: string): OriginEntry {
  if (typeof text !== "string")
    throw new ConfigurationError(option, "must be a text.", ORIGINS_CURE);
  const [, scheme, host] = /^(https?):\/\/([^/?#\\]*)$/.exec(text) ?? [];
  if (scheme === undefined || host === undefined) throw noOrigin(text, option);
  if (host.includes("*")) return readWildcard(text, scheme as UrlScheme, option);
  if (!isHost(host) || Number(/:(\d+)$/.exec(host)?.[1] ?? 0) > 65_535)
    throw noOrigin(text, option);
  return {
    scheme: scheme as UrlScheme,
    authority: withoutDefaultPort(host, scheme as UrlScheme),
    isWildcard: false,
  };
}

/** `https://*.example.com`: the star is the whole first label, and a name stands behind it. */
function readWildcard(text: string, scheme: UrlScheme, option: string): OriginEntry {
  const [, suffix = ""] =
    /^https?:\/\/\*((?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)+(?::\d{1,5})?)$/i.exec(text) ?? [];
  const [name = "", port = "0"] = suffix.split(":");
  const isAddress = /\.\d+$/.test(name); // *.0.0.1 would be every 127
  if (name === "" || isAddress || Number(port) > 65_535)
    throw new ConfigurationError(
      option,
      `${JSON.stringify(text)} has a * in the wrong place.`,
      'A * stands for the whole first label of a name, as in "https://*.example.com"; "*" alone, in place of the list, takes any host.',
    );
  return { scheme, authority: withoutDefaultPort(suffix, scheme), isWildcard: true };
}

/** Says what is wrong with what is not an origin. */
function noOrigin(text: string, option: string): ConfigurationError {
  const slip = SLIPS.find(({ pattern }) => pattern.test(text));
  // Not the text where it has a user: a password may stand there.
  const shown = slip?.hides === true ? "the origin" : JSON.stringify(text.slice(0, 200));
  const [problem, cure] =
    slip === undefined ? ["is not an origin.", ORIGINS_CURE] : [slip.problem, slip.cure(text)];
  return new ConfigurationError(option, `${shown} ${problem}`, cure);
}

interface Slip {
  readonly pattern: RegExp;
  readonly problem: string;
  readonly cure: (text: string) => string;
  readonly hides?: true;
}

const SLIPS: readonly Slip[] = [
  {
    pattern: /@/,
    problem: "has a user name or a password.",
    cure: () => "Remove what stands before the @, and the @.",
    hides: true,
  },
  {
    pattern: /^\*$/,
    problem: "stands in a list.",
    cure: () => 'Say origins: "*", without the list, to take any host.',
  },
  { pattern: /\s/, problem: "has a blank or a line end.", cure: () => "Remove it." },
  {
    pattern: /^https?:\/\/[^/?#]+\/$/i,
    problem: 'ends with "/".',
    cure: (text) => `Remove it: origins: [${JSON.stringify(text.slice(0, -1))}].`,
  },
  {
    pattern: /^https?:\/\/[^/?#]+\//i,
    problem: "has a path.",
    cure: (text) =>
      `Remove the path; pathPrefix is for that, where a proxy strips it: origins: [${JSON.stringify(beforePath(text))}].`,
  },
  {
    pattern: /^https?:\/\/[^/?#]+[?#]/i,
    problem: "has a query or a fragment.",
    cure: (text) => `Remove it: origins: [${JSON.stringify(beforePath(text))}].`,
  },
  {
    pattern: /^https?:\/\/.*[^\u0021-\u007e]/i,
    problem: "has a host that is not written in ASCII.",
    cure: (text) => `Write the host as clients send it: ${asciiOf(text)}.`,
  },
  {
    pattern: /^(?=[a-z]*[A-Z])[Hh][Tt][Tt][Pp][Ss]?:\/\//,
    problem: "has a scheme in capitals.",
    cure: (text) => `Write it in small letters: origins: [${JSON.stringify(text.toLowerCase())}].`,
  },
  {
    pattern: /^(?!https?:)[a-z][a-z0-9+.-]*:\/\//i,
    problem: "begins with neither https:// nor http://.",
    cure: () =>
      "Write the scheme that callers use; that of ws:// is http://, that of wss:// https://.",
  },
  {
    pattern: /^[a-z0-9.-]+(?::\d+)?(?:\/|$)/i,
    problem: "has no scheme.",
    cure: (text) =>
      `Write it as callers do: origins: [${JSON.stringify(`https://${beforePath(text)}`)}].`,
  },
];

/** What stands before the path, the query and the fragment. */
const beforePath = (text: string): string => /^(?:[a-z]+:\/\/)?[^/?#]*/i.exec(text)?.[0] ?? text;

function asciiOf(text: string): string {
  try {
    return JSON.stringify(new URL(text).origin);
  } catch {
    return "its name in punycode begins with xn--";
  }
}
