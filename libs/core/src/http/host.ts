const HOST = /^(?:[A-Za-z0-9._-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(?::[0-9]{1,5})?$/;
const DEFAULT_PORT = { https: ":443", http: ":80" } as const;

/** The scheme of a URL. */
export type UrlScheme = keyof typeof DEFAULT_PORT;

/** One public origin. */
export interface Origin {
  readonly scheme: UrlScheme;
  /** Host and port in lower case, without the default port of the scheme. */
  readonly authority: string;
}

/** Whether this is a host with an optional port (RFC 9110 §7.2), in US-ASCII. */
export const isHost = (host: string): boolean => HOST.test(host);

/** Lower case, without the default port of the scheme: the form of a host that LACRE1 signs. */
export function withoutDefaultPort(host: string, scheme: UrlScheme): string {
  const lower = host.toLowerCase();
  return lower.endsWith(DEFAULT_PORT[scheme])
    ? lower.slice(0, -DEFAULT_PORT[scheme].length)
    : lower;
}

/** Every spelling of a host without its default port: with that port too. */
export const spellingsOf = ({ scheme, authority }: Origin): readonly string[] =>
  /:\d+$/.test(authority) ? [authority] : [authority, authority + DEFAULT_PORT[scheme]];
