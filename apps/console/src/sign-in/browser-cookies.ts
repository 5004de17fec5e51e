import type { Request, Response } from "express";

/** How long a browser stays known after a complete sign-in, in seconds. */
export const BROWSER_SECONDS = 90 * 86_400;

type Name = "refresh" | "browser";

/**
 * On https `__Host-` binds a cookie to this host: no neighbour under the same domain can set it. That prefix asks for
 * the path `/`. Without https, on one's own machine, the path is the API's.
 */
const nameOf = (name: Name, origin: string): string =>
  `${isSecure(origin) ? "__Host-" : ""}lacre-${name}`;
const isSecure = (origin: string): boolean => origin.startsWith("https:");

/** A cookie of this browser. On https one without the prefix is none: a neighbour may have set it. */
export function readCookie(request: Request, origin: string, name: Name): string | undefined {
  for (const pair of (request.headers.cookie ?? "").split(";")) {
    const [key, value] = pair.trim().split("=", 2);
    if (key === nameOf(name, origin) && value !== undefined) return value;
  }
  return undefined;
}

/** Gives a browser a cookie that no script can read and no other site can make it send. */
export function setCookie(
  response: Response,
  origin: string,
  name: Name,
  value: string,
  seconds: number,
): void {
  const secure = isSecure(origin);
  response.cookie(nameOf(name, origin), value, {
    httpOnly: true,
    sameSite: "strict",
    secure,
    path: secure ? "/" : "/v1",
    maxAge: seconds * 1000,
  });
}
